"""The months an account has bills for."""

from dataclasses import dataclass
from datetime import date, datetime

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.models import Bill
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access

#: How many of the last months a page offers: five years.
MOST = 60


@dataclass(frozen=True, slots=True)
class BillMonth:
    """A month with a bill, and what the month itself added to the debt."""

    month: Month
    added: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BillMonths:
    """Months with a bill, newest first, and when the next one comes."""

    account: AccountCard
    bills: tuple[BillMonth, ...]
    next_month: Month
    next_on: date


def bill_months(user_id: int, account_id: int, *, now: datetime) -> BillMonths:
    """Return the months whose bills the user may see.

    Raises AccountNotFoundError, also for a delegate who may only send readings.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        query = (
            Bill.select(
                Bill.month,
                Bill.charged,
                Bill.recalculated,
                Bill.penalty,
                Bill.benefit,
            )
            .where(Bill.account == account_id, Bill.published_at <= now)
            .order_by(Bill.month.desc())
            .limit(MOST)
        )
        found = tuple(
            BillMonth(month, charged + recalculated + penalty - benefit)
            for month, charged, recalculated, penalty, benefit in query.tuples()
            if is_shown(card, month)
        )
    this = Month.of(local_day(now, card.zone))
    awaited = max(found[0].month.next, this.previous) if found else this
    return BillMonths(
        account=card, bills=found, next_month=awaited, next_on=awaited.ends
    )


def is_shown(card: AccountCard, month: Month) -> bool:
    """Tell whether the month reaches into the time the user may see."""
    return card.since is None or month.ends > card.since
