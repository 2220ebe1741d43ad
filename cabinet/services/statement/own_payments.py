"""Which rows of a statement are card payments that the reader made."""

from dataclasses import replace
from uuid import UUID

from cabinet.domain.bookkeeping import EntryKind
from cabinet.models import Payment
from cabinet.services.payments.posting import CHANNEL
from cabinet.services.statement.shown import StatementRow


def with_own_payments(
    rows: tuple[StatementRow, ...], user_id: int
) -> tuple[StatementRow, ...]:
    """Return the rows; those of the user's own card payments name the payment.

    What a relative or a guest paid has no page for this user.
    """
    ids = {row: found for row in rows if (found := _payment_of(row)) is not None}
    if not ids:
        return rows
    own = {
        payment.public_id
        for payment in Payment.select(Payment.public_id).where(
            Payment.user == user_id, Payment.public_id.in_(list(ids.values()))
        )
    }
    return tuple(
        replace(row, payment=ids[row]) if ids.get(row) in own else row for row in rows
    )


def _payment_of(row: StatementRow) -> UUID | None:
    """Return the payment by the cause of its entry, `payment:<id>:<account>`."""
    if row.kind is not EntryKind.PAYMENT or row.channel != CHANNEL:
        return None
    word, _, rest = row.cause.partition(":")
    return UUID(rest.partition(":")[0]) if word == "payment" else None
