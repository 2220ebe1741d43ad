"""Requests to register that wait in the demonstration: one of each kind."""

import uuid
from datetime import datetime, timedelta

from cabinet.domain.money import Money
from cabinet.domain.registration import Fact, RegistrationState
from cabinet.models import Account, Branch, RegistrationRequest
from cabinet.services.registration.facts import last_payments

#: The account, the e-mail, how many hours ago, whether the sum fits.
_REQUESTS = (
    ("990100000017", "brat.marii@example.org", 50, True),
    ("990200000043", "sosed@example.org", 27, False),
    ("990400000059", "anna.lebedeva@example.org", 3, True),
    ("990100009999", "opechatka@example.org", 1, False),
)
_WRONG = Money(777_00)


def add_requests(now: datetime) -> None:
    """Add the requests that are missing, inside the open transaction."""
    branch = Branch.get(Branch.code == "tver")
    for number, email, hours, fits in _REQUESTS:
        key = f"demo:{number}:{email}"
        if RegistrationRequest.select().where(RegistrationRequest.key == key).exists():
            continue
        account = Account.get_or_none(Account.number == number)
        payments = last_payments(account.id, now=now) if account else ()
        amount = payments[0] if fits and payments else _WRONG
        came_at = now - timedelta(hours=hours)
        RegistrationRequest.create(
            public_id=uuid.uuid4(),
            key=key,
            state=RegistrationState.WAITING,
            branch=account.branch if account else branch,
            account_number=number,
            account=account,
            amount=amount,
            email=email,
            matched=[str(Fact.PAYMENT)] if amount in payments else [],
            created_at=came_at,
            confirmed_at=came_at,
        )
