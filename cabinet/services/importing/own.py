"""Payments that the portal wrote out itself and that come back in a file."""

from collections.abc import Sequence

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.outgoing import own_entry
from cabinet.exchange.registry_rows import PaymentRow
from cabinet.models import Account, LedgerEntry


def own_codes(rows: Sequence[PaymentRow]) -> set[str]:
    """Return the codes that name payments of this portal, of the same account and sum.

    The same code from another portal names another payment.
    """
    named = {
        entry_id: row for row in rows if (entry_id := own_entry(row.code)) is not None
    }
    if not named:
        return set()
    query = (
        LedgerEntry.select(LedgerEntry.id, Account.number, LedgerEntry.amount)
        .join(Account)
        .where(LedgerEntry.id.in_(list(named)), LedgerEntry.kind == EntryKind.PAYMENT)
        .tuples()
    )
    return {
        named[entry_id].code
        for entry_id, number, amount in query
        if (number, -amount) == (named[entry_id].account, named[entry_id].amount)
    }
