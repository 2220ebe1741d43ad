"""Whether somebody follows the payments: told by those that work, of the one that may not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from cabinet.models import Notice, Payment, Refund
from cabinet.models.base import reading

#: The end of a payment is known within two minutes; so late is no longer the usual wait.
LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Lag:
    """How much should have been asked or used LATE ago and was not, and since when."""

    waiting: int
    since: datetime | None


def overdue(now: datetime) -> Lag:
    """Return what nobody has done in time: the worker is away, or a bank is silent."""
    waiting, oldest = 0, []
    for column in (Payment.ask_at, Refund.ask_at, Notice.next_at):
        late = column.model.select(fn.COUNT(column), fn.MIN(column))
        count, since = late.where(column < now - LATE).scalar(as_tuple=True)
        waiting += count
        oldest += [since] if since else []
    return Lag(waiting, min(oldest, default=None))


def check(now: datetime) -> Lag:
    """Return the same, as a use case of its own."""
    with reading():
        return overdue(now)
