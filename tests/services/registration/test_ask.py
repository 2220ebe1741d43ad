"""Asking to register: what is kept, what is compared, what never differs."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.registration import RegistrationState
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    Consent,
    OutboxMessage,
    RegistrationRequest,
    User,
)
from cabinet.services import limits, registration
from tests import factories
from tests.services.registration.conftest import LINKS, NOBODY, PEPPER

#: The month of the receipt in hand.
LAST = Month(2026, 10)


def test_a_request_waits_for_the_code_then_for_a_specialist(office, contract):
    asked = office.ask()
    assert asked.state is RegistrationState.DRAFT
    assert asked.answer_by is None
    waiting = office.confirm(asked)
    assert waiting.state is RegistrationState.WAITING
    # Sunday the 22nd: two working days later, at six by the branch's clocks.
    assert waiting.answer_by.isoformat() == "2026-11-24T18:00:00+03:00"
    row = office.row(asked)
    assert row.account == contract
    assert row.matched == ["payment"]
    assert not User.select().where(User.email == "new@example.org").exists()
    told = AuditEntry.select().where(AuditEntry.action.startswith("registration."))
    actions = [entry.action for entry in told.order_by(AuditEntry.id)]
    assert actions == ["registration.asked", "registration.confirmed"]


def test_each_consent_is_a_row_of_its_own(office):
    asked = office.ask(wants_letters=True)
    rows = list(Consent.select().order_by(Consent.id))
    assert [row.document for row in rows] == ["consent-processing", "consent-mail"]
    for row in rows:
        assert row.given
        assert row.version == "2026-11"
        assert len(row.text_hash) == 64
        assert row.registration_id == asked.number
        assert row.user_id is None


def test_letters_nobody_asked_for_are_not_consented_to(office):
    office.ask()
    assert [row.document for row in Consent.select()] == ["consent-processing"]


def test_a_form_sent_twice_is_one_request(office):
    wish = office.wish()
    first, second = (
        registration.ask(
            wish,
            address="10.0.0.1",
            links=LINKS,
            actor=NOBODY,
            pepper=PEPPER,
            now=office.now,
        )
        for _ in range(2)
    )
    assert first == second
    assert RegistrationRequest.select().count() == 1
    assert Consent.select().count() == 1
    assert len(office.mails("registration_code")) == 1


@pytest.mark.parametrize(
    ("values", "matched"),
    [
        ({}, ["payment"]),
        ({"amount": Money(812_41)}, []),
        ({"amount": None, "receipt_code": "RIGHT"}, ["receipt-code"]),
        ({"receipt_code": "RIGHT"}, ["payment", "receipt-code"]),
        ({"amount": None, "receipt_code": "00000000"}, []),
        ({"account_number": "460000009999"}, []),
        ({"account_number": "460000009999", "receipt_code": "RIGHT"}, []),
    ],
)
def test_facts_are_compared(office, values, matched):
    if values.get("receipt_code") == "RIGHT":
        number = values.get("account_number", "460000000001")
        code = registration.receipt_code_of(number, LAST, pepper=PEPPER)
        values = values | {"receipt_code": code}
    assert office.row(office.ask(**values)).matched == matched


@pytest.mark.parametrize(
    ("ago", "kopecks", "fits"),
    [
        (timedelta(hours=24), 60_00, True),
        (timedelta(hours=23, minutes=59), 60_00, False),
        (timedelta(days=3), 50_00, True),
        (timedelta(days=3), 49_99, False),
    ],
)
def test_a_payment_bought_to_be_known_is_no_evidence(
    office, contract, now, ago, kopecks, fits
):
    factories.post(contract, Money(-kopecks), at=now - ago)
    matched = office.row(office.ask(amount=Money(kopecks))).matched
    assert (matched == ["payment"]) is fits


def test_what_was_typed_of_a_code_is_not_kept(office):
    row = office.row(office.ask(receipt_code="12345678"))
    assert "12345678" not in repr(row.__data__)


def test_what_is_answered_does_not_depend_on_the_facts(office):
    right = office.ask()
    wrong = office.ask(account_number="460000009999", email="other@example.org")
    same = replace(
        wrong, public_id=right.public_id, number=right.number, email=right.email
    )
    assert same == right
    mails = office.mails("registration_code")
    assert len(mails) == 2
    assert {frozenset(mail.context) for mail in mails} == {
        frozenset({"number", "code", "minutes"})
    }


def test_both_outcomes_ask_the_database_the_same(office):
    statements = []

    def note(event):
        statements.append(re.sub(r'"s[0-9a-f]{32}"', "a savepoint", event.sql))

    database = RegistrationRequest._meta.database
    database.obj.query_hooks.append(note)
    office.ask()
    right, statements[:] = list(statements), []
    office.ask(account_number="460000009999")
    database.obj.query_hooks.remove(note)
    assert statements == right


@pytest.mark.parametrize(
    ("ago", "fits"), [(0, True), (3, True), (4, False), (-1, False)]
)
def test_a_code_is_of_a_month_and_grows_old(office, contract, ago, fits):
    month = LAST.plus(1 - ago)
    code = registration.receipt_code_of(contract.number, month, pepper=PEPPER)
    asked = office.ask(amount=None, receipt_code=code)
    assert office.row(asked).matched == (["receipt-code"] if fits else [])


def test_over_the_limit_of_an_account_nothing_is_compared(office):
    for _ in range(limits.REGISTRATION_ACCOUNT_DAY.most):
        assert office.row(office.ask()).matched == ["payment"]
    asked = office.ask()
    assert asked.state is RegistrationState.DRAFT
    assert office.row(asked).matched == []
    assert not office.row(asked).is_compared


def test_one_mailbox_gets_three_codes_a_day(office):
    for number in range(5):
        office.ask(account_number=f"46000000010{number}")
    assert len(office.mails("registration_code")) == 3


def test_a_network_that_asks_too_often_is_told_when_to_come_back(office):
    for number in range(limits.REGISTRATION_ADDRESS.most):
        office.ask(account_number=f"4600000{number:05}", email=f"{number}@example.org")
    with pytest.raises(limits.TooManyAttemptsError):
        office.ask()
    office.ask(address="10.0.0.2")


def test_an_unknown_branch_is_refused(office):
    with pytest.raises(registration.BranchUnknownError):
        office.ask(branch="moscow")
    assert not RegistrationRequest.select().exists()
    assert not OutboxMessage.select().exists()


def test_a_wrong_code_counts_and_five_end_it(office):
    asked = office.ask()
    code = office.code(asked)
    wrong = "000000" if code != "000000" else "111111"
    for left in (4, 3, 2, 1, 0, 0):
        with pytest.raises(registration.WrongCodeError) as error:
            office.confirm(asked, wrong)
        assert error.value.tries_left == left
    with pytest.raises(registration.WrongCodeError):
        office.confirm(asked, code)
    again = registration.send_code_again(
        asked.public_id, actor=NOBODY, pepper=PEPPER, now=office.now
    )
    assert office.confirm(again).state is RegistrationState.WAITING


def test_a_code_is_old_after_half_an_hour(office):
    asked = office.ask()
    office.now += timedelta(minutes=30)
    with pytest.raises(registration.WrongCodeError):
        office.confirm(asked)


def test_a_new_code_voids_the_old_one(office):
    asked = office.ask()
    old = office.code(asked)
    registration.send_code_again(
        asked.public_id, actor=NOBODY, pepper=PEPPER, now=office.now
    )
    if office.code(asked) != old:
        with pytest.raises(registration.WrongCodeError):
            office.confirm(asked, old)


def test_codes_are_sent_three_times_an_hour(office):
    asked = office.ask()
    for _ in range(limits.REGISTRATION_CODE_HOUR.most):
        registration.send_code_again(
            asked.public_id, actor=NOBODY, pepper=PEPPER, now=office.now
        )
    with pytest.raises(limits.TooManyAttemptsError):
        registration.send_code_again(
            asked.public_id, actor=NOBODY, pepper=PEPPER, now=office.now
        )


def test_confirming_twice_changes_nothing(office):
    asked = office.ask()
    code = office.code(asked)
    first = office.confirm(asked, code)
    assert office.confirm(asked, code) == first
    assert office.row(asked).version == 2


def test_who_has_a_cabinet_needs_no_code(office, charlie):
    asked = office.ask(user_id=charlie.id, email=charlie.email)
    assert asked.state is RegistrationState.WAITING
    assert office.mails("registration_code") == []
    assert not Consent.select().exists()


@pytest.mark.parametrize(
    ("opens", "code", "is_linked", "opened"),
    [
        (True, True, False, True),
        (False, True, False, False),
        (True, False, False, False),
        (True, True, True, False),
    ],
)
def test_two_facts_open_at_once_where_the_branch_says_so(
    office, contract, opens, code, is_linked, opened
):
    contract.branch.opens_on_match = opens
    contract.branch.save()
    if not is_linked:
        AccountAccess.update(ended_at=office.now).execute()
    right = registration.receipt_code_of(contract.number, LAST, pepper=PEPPER)
    given = right if code else ""
    asked = office.waiting(receipt_code=given)
    assert (asked.state is RegistrationState.OPENED) is opened
    mails = office.mails("registration_opened")
    assert len(mails) == opened
    if opened:
        assert mails[0].not_before == office.now
        assert mails[0].context["link"].startswith(LINKS.password(""))


@pytest.mark.parametrize("opens", [True, False])
def test_another_account_opens_at_once_for_who_has_a_cabinet(
    office, contract, charlie, opens
):
    contract.branch.opens_on_match = opens
    contract.branch.save()
    AccountAccess.update(ended_at=office.now).where(
        AccountAccess.account == contract
    ).execute()
    right = registration.receipt_code_of(contract.number, LAST, pepper=PEPPER)
    asked = office.ask(user_id=charlie.id, email=charlie.email, receipt_code=right)
    assert (asked.state is RegistrationState.OPENED) is opens
    live = AccountAccess.select().where(
        AccountAccess.account == contract,
        AccountAccess.user == charlie,
        AccountAccess.ended_at.is_null(),
    )
    assert live.count() == opens


def test_the_state_is_told_by_number_and_mail(office):
    asked = office.ask()
    found = registration.find_state(
        str(asked.number),
        asked.email,
        address="10.0.0.1",
        pepper=PEPPER,
        now=office.now,
    )
    assert found == asked
    for number, email in (
        (str(asked.number), "other@example.org"),
        (str(asked.number + 1), asked.email),
        ("", asked.email),
        ("٥", asked.email),
        ("9" * 40, asked.email),
    ):
        with pytest.raises(registration.RequestNotFoundError):
            registration.find_state(
                number, email, address="10.0.0.1", pepper=PEPPER, now=office.now
            )


@pytest.mark.parametrize("number", ["460000000001", "460000009999"])
def test_a_full_queue_takes_nobody(office, monkeypatch, number):
    monkeypatch.setattr(limits, "QUEUE", limits.Limit("registration-queue", 2, 86400))
    for turn in range(2):
        office.waiting(email=f"{turn}@example.org")
    with pytest.raises(limits.TooManyAttemptsError):
        office.ask(account_number=number, email="late@example.org")
