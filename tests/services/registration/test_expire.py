"""What nobody finished ends, and addresses no longer needed are forgotten."""

from datetime import timedelta

from cabinet.domain.registration import Refusal, RegistrationState
from cabinet.services import registration
from cabinet.services.audit import Actor
from tests.services.registration.conftest import LINKS


def test_a_draft_lives_a_day(office):
    asked = office.ask()
    assert registration.expire(now=office.now + timedelta(hours=23)) == 0
    assert registration.expire(now=office.now + timedelta(hours=24)) == 1
    row = office.row(asked)
    assert row.state is RegistrationState.EXPIRED
    assert (row.email, row.amount, row.code_hash) == ("", None, "")
    assert registration.expire(now=office.now + timedelta(hours=25)) == 0


def test_who_waited_in_vain_is_told(office):
    asked = office.waiting()
    assert registration.expire(now=office.now + timedelta(days=14)) == 1
    assert office.row(asked).state is RegistrationState.EXPIRED
    (mail,) = office.mails("registration_expired")
    assert mail.recipient == "new@example.org"
    assert registration.expire(now=office.now + timedelta(days=15)) == 0


def test_a_refused_address_is_forgotten_after_thirty_days(office, operator):
    asked = office.waiting()
    registration.refuse(
        operator,
        asked.public_id,
        office.row(asked).version,
        Refusal.NOT_HOLDER,
        links=LINKS,
        actor=Actor(operator.user_id),
        now=office.now,
    )
    assert registration.expire(now=office.now + timedelta(days=29)) == 0
    assert registration.expire(now=office.now + timedelta(days=30)) == 1
    assert office.row(asked).email == ""


def test_an_opened_request_stays(office, operator):
    asked = office.waiting()
    office.open(operator, asked)
    assert registration.expire(now=office.now + timedelta(days=400)) == 0
    assert office.row(asked).email == "new@example.org"
