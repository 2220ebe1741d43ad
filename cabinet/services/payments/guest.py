"""Paying for an account without signing in: its number is all that is known of it."""

from datetime import datetime

from cabinet.domain.people import AccountKind
from cabinet.models import Account
from cabinet.models.base import writing
from cabinet.services import audit, limits
from cabinet.services.access import AccountNotFoundError
from cabinet.services.audit import Actor


def find_account(
    number: str, *, address: str, actor: Actor, pepper: str, now: datetime
) -> int:
    """Return the account to pay for; a number that is not there counts as a guess.

    Raises AccountNotFoundError, and TooManyAttemptsError before it looks.
    """
    with writing():
        limits.count(limits.GUEST_PAY_HOUR, address, pepper=pepper, now=now)
        limits.count(limits.GUEST_PAY_MISS_HOUR, address, pepper=pepper, now=now)
        found = Account.get_or_none(
            Account.number == number, Account.kind != AccountKind.ORGANISATION
        )
        if found is not None:
            limits.give_back(
                limits.GUEST_PAY_MISS_HOUR, address, pepper=pepper, now=now
            )
            return int(found.id)
        audit.record(actor, "guest_payment.unknown", now=now)
    raise AccountNotFoundError(number)
