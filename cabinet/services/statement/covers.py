"""What each payment of an account covered, read from its whole ledger."""

from datetime import date, datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from peewee import Expression

from cabinet.domain.allocation import Part
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.covering import Change, cover
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day
from cabinet.models import Allocation, Bill, LedgerEntry


class _Row(NamedTuple):
    entry_id: int
    kind: EntryKind
    amount: Money
    month: Month | None
    effective_at: datetime
    due_on: date | None


def covers(zone: ZoneInfo, mine: tuple[Expression, ...]) -> dict[int, tuple[Part, ...]]:
    """Return the parts of each payment, by the id of its entry.

    `mine` matches the entries of an account that whoever looks may see: to who came
    later the debts of who was there before are unknown, and so covered by nothing.
    `zone` is that of the branch.
    """
    query = (
        LedgerEntry.select(
            LedgerEntry.id,
            LedgerEntry.kind,
            LedgerEntry.amount,
            LedgerEntry.month,
            LedgerEntry.effective_at,
            Bill.due_on,
        )
        .left_outer_join(Bill, on=(LedgerEntry.bill == Bill.id))
        .where(*mine)
        .order_by(LedgerEntry.effective_at, LedgerEntry.id)
    )
    said = _said(mine)
    return cover(_change(_Row(*row), zone, said) for row in query.tuples())


def _said(mine: tuple[Expression, ...]) -> dict[int, Month]:
    """Return the month that operators gave to payments, the newest word of each."""
    query = (
        Allocation.select(Allocation.entry, Allocation.month)
        .join(LedgerEntry)
        .where(*mine)
        .order_by(Allocation.id)
    )
    return dict(cast("Any", query.tuples()))


def _change(row: _Row, zone: ZoneInfo, said: dict[int, Month]) -> Change:
    day = local_day(row.effective_at, zone)
    is_payment = row.kind is EntryKind.PAYMENT and row.amount < Money(0)
    return Change(
        amount=row.amount,
        month=row.month or Month.of(day),
        due_on=row.due_on or day,
        is_penalty=row.kind is EntryKind.PENALTY,
        key=row.entry_id if is_payment else None,
        named=said.get(row.entry_id, row.month),
        takes_back=row.kind in (EntryKind.REFUND, EntryKind.REVERSAL),
    )
