"""How a balance moved in a month, read from the ledger.

A charge belongs to the month it is for, whenever it was posted. Everything else belongs
to the month of its effective moment, as the clocks of the branch show it.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from peewee import Expression, fn

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day
from cabinet.models import LedgerEntry
from cabinet.services.taken_back import stands

#: What a bill brings: these name their month.
BILLED = (
    EntryKind.CHARGE,
    EntryKind.RECALCULATION,
    EntryKind.PENALTY,
    EntryKind.BENEFIT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What was owed when the month began, and what came in during it."""

    opening: Money
    paid: Money
    last_paid_on: date | None


def movement(account_id: int, month: Month, zone: tzinfo) -> Movement:
    """Return how the account's balance moved apart from the month's own bill."""
    starts, ends = month.instants(zone)
    mine = (LedgerEntry.account == account_id) & stands()
    billed = LedgerEntry.kind.in_(BILLED)
    opening = _sum(mine, billed, LedgerEntry.month < month) + _sum(
        mine, ~billed, _opens(starts, ends)
    )
    inside = (
        mine,
        ~billed,
        LedgerEntry.kind != EntryKind.OPENING,
        LedgerEntry.effective_at >= starts,
        LedgerEntry.effective_at < ends,
    )
    last = (
        LedgerEntry.select(LedgerEntry.effective_at)
        .where(*inside, LedgerEntry.kind == EntryKind.PAYMENT)
        .order_by(LedgerEntry.effective_at.desc())
        .limit(1)
        .scalar()
    )
    return Movement(
        opening=opening,
        paid=-_sum(*inside),
        last_paid_on=None if last is None else local_day(last, zone),
    )


def _opens(starts: datetime, ends: datetime) -> Expression:
    """Match what was there before the month; an opening balance is, on any day of it."""
    opening = (LedgerEntry.kind == EntryKind.OPENING) & (
        LedgerEntry.effective_at < ends
    )
    return (LedgerEntry.effective_at < starts) | opening


def _sum(*conditions: Expression) -> Money:
    query = LedgerEntry.select(fn.SUM(LedgerEntry.amount)).where(*conditions)
    # Bare kopecks: an int on SQLite, a Decimal on Postgres.
    return Money(int(query.scalar() or 0))
