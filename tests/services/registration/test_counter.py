"""At the counter: a cabinet without e-mail, a card that works once."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.errors import NotFound
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AccountAccess, AuditEntry, Consent, User
from cabinet.services import (
    limits,
    password_change,
    registration,
    sessions,
    signing_in,
    tokens,
)
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


def signed_in(office, login):
    """Sign in by the number and return who it is."""
    opened = signing_in.sign_in(
        login,
        factories.PASSWORD,
        on_shared_computer=False,
        device="Телефон",
        address="10.0.0.1",
        actor=NOBODY,
        link="http://portal/reset",
        zone=ZoneInfo("Europe/Moscow"),
        pepper=PEPPER,
        now=office.now,
    )
    return sessions.find_signed_in(opened.sid, now=office.now).user_id


def set_password(office, card, password=factories.PASSWORD):
    secret = use(office, card)
    user_id = tokens.get_token(
        secret, TokenPurpose.SET_PASSWORD, now=office.now
    ).user_id
    password_change.set_by_link(
        secret,
        password,
        actor=NOBODY,
        link="http://portal/reset",
        zone=ZoneInfo("Europe/Moscow"),
        pepper=PEPPER,
        now=office.now,
    )
    return user_id


def replace(office, member, number="460000000001"):
    return registration.replace_card(
        member, number, links=LINKS, actor=Actor(member.user_id), now=office.now
    )


def test_a_lost_card_is_replaced_and_signs_in(office, operator):
    lost = open_card(office, operator)
    office.now += timedelta(days=20)
    with pytest.raises(registration.HasCardlessOwnerError):
        open_card(office, operator, key="another key of the counter")
    found = replace(office, operator)
    with pytest.raises(registration.WrongCardError):
        use(office, lost)
    owner = set_password(office, found)
    assert signed_in(office, lost.account_number) == owner
    assert User.select().where(User.email.is_null()).count() == 1
    noted = (
        AuditEntry.select()
        .where(AuditEntry.action == "card.printed")
        .order_by(AuditEntry.id.desc())
        .get()
    )
    assert noted.details == {"user": owner, "reason": "lost"}


def test_a_forgotten_password_gets_a_new_card(office, operator):
    first = open_card(office, operator)
    owner = set_password(office, first, "старая-фраза-про-лес")
    card = replace(office, operator)
    assert card.is_replacement
    assert set_password(office, card) == owner
    assert signed_in(office, first.account_number) == owner


def test_a_spouse_with_e_mail_or_without_does_not_shut_the_owner_out(
    office, operator, alice
):
    card = open_card(office, operator)
    owner = set_password(office, card)
    with pytest.raises(registration.HasCardlessOwnerError):
        open_card(office, operator, key="the key of a spouse")
    assert signed_in(office, card.account_number) == owner


def test_no_card_is_replaced_where_nobody_has_one(office, operator, elsewhere, alice):
    with pytest.raises(NotFound):
        replace(office, operator)
    open_card(office, operator)
    with pytest.raises(NotFound):
        replace(office, elsewhere)


def test_whose_access_ended_gets_no_card_but_a_cabinet(office, operator):
    open_card(office, operator)
    AccountAccess.update(ended_at=office.now).execute()
    open_card(office, operator, key="another key of the counter")
    assert User.select().where(User.email.is_null()).count() == 2


def test_others_are_told_of_each_new_card_and_may_say_no(office, operator, alice):
    open_card(office, operator)
    replace(office, operator)
    replace(office, operator)
    mail, again = office.mails("card_replaced")
    assert mail.recipient == again.recipient == alice.email
    secret = mail.context["link"].rpartition("/")[2]
    registration.dispute(secret, actor=NOBODY, now=office.now)
    with pytest.raises(NotFound):
        replace(office, operator)


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
