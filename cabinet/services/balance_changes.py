"""The entries of the ledger as changes of a balance, in the order of time."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from peewee import Expression

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.covering import Change
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day
from cabinet.models import Allocation, Bill, LedgerEntry, hot
from cabinet.services.taken_back import stands


class Entry(NamedTuple):
    """An entry as it is read: `due_on` is that of its bill."""

    entry_id: int
    account_id: int
    kind: EntryKind
    amount: Money
    month: Month | None
    effective_at: datetime
    due_on: date | None


def entries(*conditions: Expression) -> Iterator[Entry]:
    """Yield the entries that match, account by account in the order of time."""
    query = (
        LedgerEntry.select(
            LedgerEntry.id,
            LedgerEntry.account,
            LedgerEntry.kind,
            LedgerEntry.amount,
            LedgerEntry.month,
            LedgerEntry.effective_at,
            Bill.due_on,
        )
        .left_outer_join(Bill, on=(LedgerEntry.bill == Bill.id))
        .where(*conditions, stands())
        .order_by(LedgerEntry.account, LedgerEntry.effective_at, LedgerEntry.id)
    )
    yield from hot.read(query, Entry)


def words(*conditions: Expression) -> dict[int, Month]:
    """Return the month that operators gave to payments, the newest word of each."""
    query = (
        Allocation.select(Allocation.entry, Allocation.month)
        .join(LedgerEntry)
        .where(*conditions)
        .order_by(Allocation.id)
    )
    return dict(cast("Any", query.tuples()))


def change_of(entry: Entry, zone: ZoneInfo, said: dict[int, Month]) -> Change:
    """Return the entry as a change; `zone` is that of the branch."""
    day = local_day(entry.effective_at, zone)
    is_payment = entry.kind is EntryKind.PAYMENT and entry.amount < Money(0)
    return Change(
        amount=entry.amount,
        month=entry.month or Month.of(day),
        on=day,
        due_on=entry.due_on or day,
        is_penalty=entry.kind is EntryKind.PENALTY,
        key=entry.entry_id if is_payment else None,
        named=said.get(entry.entry_id, entry.month),
        takes_back=entry.kind in (EntryKind.REFUND, EntryKind.REVERSAL),
    )
