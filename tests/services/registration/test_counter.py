"""At the counter: a cabinet without e-mail, a card that works once."""

from datetime import timedelta

import pytest

from cabinet.domain.errors import NotFound
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AuditEntry, Consent, User
from cabinet.services import limits, registration, tokens
from cabinet.services.access import accounts_of
from cabinet.services.audit import Actor
from tests import factories
from tests.services.registration.conftest import LINKS, NOBODY, PEPPER


def open_card(office, member, number="460000000001", key="a key of the counter"):
    return registration.open_at_counter(
        member,
        number,
        key=key,
        links=LINKS,
        actor=Actor(member.user_id),
        now=office.now,
    )


def use(office, card, code=None):
    return registration.use_card(
        card.account_number,
        (card.code if code is None else code).replace(" ", ""),
        address="10.0.0.1",
        actor=NOBODY,
        pepper=PEPPER,
        now=office.now,
    )


def test_a_card_opens_the_account_and_leads_to_a_password(office, operator):
    card = open_card(office, operator)
    secret = use(office, card)
    token = tokens.get_token(secret, TokenPurpose.SET_PASSWORD, now=office.now)
    user = User.get_by_id(token.user_id)
    assert user.email is None
    assert [each.number for each in accounts_of(user.id, now=office.now)] == [
        card.account_number
    ]
    consent = Consent.get()
    assert (consent.user, consent.channel) == (user, "counter")
    assert consent.note == f"staff:{operator.user_id}"
    assert AuditEntry.get(AuditEntry.action == "registration.counter")
    assert AuditEntry.get(AuditEntry.action == "card.used")


def test_a_card_works_once(office, operator):
    card = open_card(office, operator)
    use(office, card)
    with pytest.raises(registration.WrongCardError):
        use(office, card)


def test_a_card_is_old_after_two_weeks(office, operator):
    card = open_card(office, operator)
    office.now += timedelta(days=14)
    with pytest.raises(registration.WrongCardError):
        use(office, card)


def test_a_new_card_voids_the_old_one(office, operator):
    old = open_card(office, operator)
    new = registration.new_card(
        operator, old.public_id, actor=Actor(operator.user_id), now=office.now
    )
    with pytest.raises(registration.WrongCardError):
        use(office, old)
    use(office, new)


def test_the_form_sent_twice_opens_one_cabinet(office, operator):
    before = User.select().count()
    open_card(office, operator)
    open_card(office, operator)
    assert User.select().count() == before + 1


def test_no_card_once_there_is_a_password(office, operator):
    card = open_card(office, operator)
    token = tokens.get_token(
        use(office, card), TokenPurpose.SET_PASSWORD, now=office.now
    )
    User.update(password_hash=factories.password_hash()).where(
        User.id == token.user_id
    ).execute()
    with pytest.raises(registration.AlreadyDecidedError):
        registration.new_card(
            operator, card.public_id, actor=Actor(operator.user_id), now=office.now
        )


def test_an_account_of_another_branch_is_not_there(office, elsewhere):
    with pytest.raises(NotFound):
        open_card(office, elsewhere)
    with pytest.raises(NotFound):
        open_card(office, elsewhere, number="460000009999")


def test_who_sees_the_account_is_told_at_once(office, operator, alice):
    open_card(office, operator)
    (mail,) = office.mails("access_added")
    assert mail.recipient == alice.email
    secret = mail.context["link"].rpartition("/")[2]
    registration.dispute(secret, actor=NOBODY, now=office.now)
    assert office.mails("access_disputed") == []


def test_cards_are_not_guessed(office, operator):
    card = open_card(office, operator)
    for _ in range(limits.CARD_DAY.most):
        with pytest.raises(registration.WrongCardError):
            use(office, card, "000000000000")
    with pytest.raises(limits.TooManyAttemptsError):
        use(office, card)
