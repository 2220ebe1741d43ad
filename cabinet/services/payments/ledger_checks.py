"""What is proved of card payments, told as the other checks of the ledger are."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from cabinet.services.ledger_check import Check, Finding
from cabinet.services.payments import findings, invariants

REMEDY = "compare the payment with the provider's own account of it at /staff/payments"


def of_payments(now: datetime) -> Iterable[Check]:
    """Return the checks of card payments for `cabinet ledger check`."""
    return [partial(_told, check) for check in invariants.checks(now)]


def _told(check: findings.Check) -> Iterator[Finding]:
    for one in check():
        yield Finding(one.code, one.where, one.words, REMEDY)
