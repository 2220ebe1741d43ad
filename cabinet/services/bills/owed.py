"""Which months the sum to pay is made of, as it was when the bill was made.

A bill of our own keeps its debts. One that came by import has them made from the ledger,
as its opening and its payments are.
"""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.covering import Book, Change
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Bill, LedgerEntry
from cabinet.services import balance_changes
from cabinet.services.bills.ledger import BILLED
from cabinet.services.bills.receipt import Balance, MonthOwed

_NOTHING = Money(0)


def months_owed(bill: Bill, balance: Balance, zone: ZoneInfo) -> tuple[MonthOwed, ...]:
    """Return the months with something unpaid, the oldest first; none without a debt."""
    if balance.closing <= _NOTHING:
        return ()
    if not balance.opening and not balance.paid:
        # Nothing stood before and nothing came in: there is the month alone.
        return (MonthOwed(bill.month, balance.closing),)
    owed = _kept(bill) if bill.standing is not None else _booked(bill, balance, zone)
    return tuple(
        MonthOwed(month, amount) for month, amount in sorted(owed) if amount > _NOTHING
    )


def _kept(bill: Bill) -> Iterable[tuple[Month, Money]]:
    """Return what the bill left to the next one; see `billing.standing` for the lists."""
    for code, _due_on, _newest_due_on, main, penalty, _paid in bill.standing["debts"]:
        yield Month.from_code(code), Money(main + penalty)


def _booked(
    bill: Bill, balance: Balance, zone: ZoneInfo
) -> Iterable[tuple[Month, Money]]:
    """Return what the ledger comes to, the bill itself taken as it stands."""
    month: Month = bill.month
    _, ends = month.instants(zone)
    mine = LedgerEntry.account == bill.account_id
    billed = LedgerEntry.kind.in_(BILLED)
    said = balance_changes.words(mine)
    book = Book()
    for entry in balance_changes.entries(
        mine,
        (billed & (LedgerEntry.month < month))
        | (~billed & (LedgerEntry.effective_at < ends)),
    ):
        book.take(balance_changes.change_of(entry, zone, said))
    book.take(
        Change(
            amount=balance.added,
            month=month,
            on=month.ends - timedelta(days=1),
            due_on=bill.due_on,
        )
    )
    for debt in book.debts:
        yield debt.month, debt.main + debt.penalty
