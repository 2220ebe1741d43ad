"""Whether an account may have been paid already, so that nobody pays again."""

from peewee import Expression

from cabinet.domain.payments.states import OPEN, PaymentState
from cabinet.models import Payment

#: Nobody knows whether the provider has the payment.
IN_DOUBT = frozenset(
    {PaymentState.SUBMITTING, PaymentState.IN_DOUBT, PaymentState.WAITING}
)


def is_in_doubt(payment: Payment) -> bool:
    """Tell whether the account may have been paid: nobody knows it yet.

    Nobody knows if the provider has the payment, the bank holds the money and has not
    taken it, or what it told cannot be and a specialist looks.
    """
    is_checked = payment.is_suspicious and not payment.verdict
    return payment.state in IN_DOUBT or (payment.state in OPEN and is_checked)


def in_doubt() -> Expression:
    """Match the payments of which `is_in_doubt` is true."""
    is_checked = Payment.is_suspicious & (Payment.verdict == "")
    return Payment.state.in_(sorted(IN_DOUBT)) | (
        Payment.state.in_(sorted(OPEN)) & is_checked
    )
