"""A request at every stage, and the letters it caused."""

from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.models import OutboxMessage, RegistrationRequest
from cabinet.services import registration
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests import factories

PEPPER = "pepper of the tests"
LINKS = registration.Links(
    password=lambda secret: f"http://portal/password/{secret}",
    not_me=lambda secret: f"http://portal/registration/not-me/{secret}",
    sign_in="http://portal/login",
    again="http://portal/registration",
)
NOBODY = Actor()


class Office:
    """Asks, confirms and decides as people do, with the arguments tests never vary."""

    def __init__(self, now):
        self.now = now
        self.asked = 0

    def wish(self, **values):
        self.asked += 1
        return registration.Wish(
            **{
                "key": f"a key of the form {self.asked}",
                "branch": "kursk",
                "account_number": "460000000001",
                "amount": Money(812_40),
                "receipt_code": "",
                "email": "new@example.org",
                **values,
            }
        )

    def ask(self, address="10.0.0.1", **values):
        return registration.ask(
            self.wish(**values),
            address=address,
            links=LINKS,
            actor=NOBODY,
            pepper=PEPPER,
            now=self.now,
        )

    def confirm(self, asked, code=None):
        return registration.confirm(
            asked.public_id,
            self.code(asked) if code is None else code,
            links=LINKS,
            actor=NOBODY,
            pepper=PEPPER,
            now=self.now,
        )

    def waiting(self, **values):
        return self.confirm(self.ask(**values))

    def open(self, member, asked):
        registration.open_request(
            member,
            asked.public_id,
            self.row(asked).version,
            links=LINKS,
            actor=Actor(member.user_id),
            now=self.now,
        )

    def row(self, asked):
        return RegistrationRequest.get(RegistrationRequest.public_id == asked.public_id)

    def code(self, asked):
        mail = self.mails("registration_code")[-1]
        assert mail.context["number"] == asked.number
        return mail.context["code"]

    @staticmethod
    def mails(kind):
        return list(
            OutboxMessage.select()
            .where(OutboxMessage.kind == kind)
            .order_by(OutboxMessage.id)
        )


@pytest.fixture
def contract(account, now):
    """Alice's account, with a payment that counts as evidence."""
    factories.load_documents()
    factories.post(account, Money(-812_40), at=now - timedelta(days=12))
    return account


@pytest.fixture
def office(contract, now):
    return Office(now)


@pytest.fixture
def operator(db):
    user = factories.make_staff()
    return Member(user.id, user.role)


@pytest.fixture
def elsewhere(db):
    """An operator of another branch."""
    factories.make_branch("tver", name="Тверь")
    user = factories.make_staff("tver@example.org", branches=("tver",))
    return Member(user.id, user.role)
