"""People of the back office, and what they do about money that goes back."""

import uuid

import pytest

from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.models import Refund
from cabinet.services.audit import Actor
from cabinet.services.payments import refunding
from cabinet.services.payments.refunding import RefundWish
from cabinet.services.staff import Member
from tests import factories


@pytest.fixture
def olga(db):
    return Member(user_id=factories.make_staff().id, role=Role.OPERATOR)


@pytest.fixture
def igor(db):
    user = factories.make_staff("igor@example.org")
    return Member(user_id=user.id, role=Role.OPERATOR)


@pytest.fixture
def foreign(db):
    factories.make_branch("tver", name="Тверь")
    user = factories.make_staff("tver@example.org", branches=("tver",))
    return Member(user_id=user.id, role=Role.OPERATOR)


@pytest.fixture
def ask(olga, owed, now):
    """Ask for a part of a payment back."""

    def ask(payment, kopecks, *, by=None, nonce=None, account=None):
        wish = RefundWish(
            payment=payment.public_id,
            account=(account or owed).number,
            amount=Money(kopecks),
            why="Заплачено дважды",
            nonce=nonce or uuid.uuid4(),
        )
        who = by or olga
        made = refunding.request_refund(who, wish, actor=Actor(who.user_id), now=now)
        return Refund.get(Refund.public_id == made)

    return ask
