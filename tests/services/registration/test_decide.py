"""What a specialist decides, takes back, and what others who see the account hear."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.errors import NotFound
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.domain.registration import Refusal, RegistrationState, TokenPurpose
from cabinet.models import AccountAccess, AuditEntry, Subscription, User
from cabinet.services import limits, outbox, registration, tokens
from cabinet.services.access import accounts_of
from cabinet.services.audit import Actor
from cabinet.services.registration.state import UNDO
from cabinet.services.staff import Member
from tests import factories
from tests.services.registration.conftest import LINKS, PEPPER


def refuse(office, member, asked, reason=Refusal.FACTS_DIFFER, version=None):
    registration.refuse(
        member,
        asked.public_id,
        office.row(asked).version if version is None else version,
        reason,
        links=LINKS,
        actor=Actor(member.user_id),
        now=office.now,
    )


def take_back(office, member, asked):
    registration.take_back(
        member, asked.public_id, actor=Actor(member.user_id), now=office.now
    )


def test_opening_makes_a_cabinet_with_a_link_to_set_a_password(
    office, operator, contract
):
    asked = office.waiting(wants_letters=True)
    office.open(operator, asked)
    user = User.get(User.email == "new@example.org")
    assert user.password_hash is None
    (card,) = accounts_of(user.id, now=office.now)
    assert card.number == contract.number
    assert card.since == contract.opened_on
    (mail,) = office.mails("registration_opened")
    assert mail.is_secret
    assert mail.not_before == office.now + UNDO
    secret = mail.context["link"].rpartition("/")[2]
    token = tokens.get_token(secret, TokenPurpose.SET_PASSWORD, now=mail.not_before)
    assert token.user_id == user.id
    assert token.expires_at == mail.not_before + timedelta(hours=24)
    (wanted,) = Subscription.select()
    assert (wanted.user, wanted.account, wanted.kind) == (user, contract, "reminder")
    entry = AuditEntry.get(AuditEntry.action == "registration.opened")
    assert entry.actor_id == operator.user_id
    assert entry.account_id == contract.id


def test_nothing_leaves_before_the_decision_stands(office, operator):
    office.open(operator, office.waiting())
    sent = outbox.claim(most=50, now=office.now + UNDO - timedelta(seconds=1))
    assert {mail.kind for mail in sent} == {"registration_code"}
    sent = outbox.claim(most=50, now=office.now + UNDO)
    assert {mail.kind for mail in sent} == {"registration_opened", "access_added"}


def test_who_has_a_cabinet_gets_the_account_in_it(office, operator, charlie):
    office.open(operator, office.waiting(email=charlie.email))
    numbers = [card.number for card in accounts_of(charlie.id, now=office.now)]
    assert numbers == ["460000000099", "460000000001"]
    (mail,) = office.mails("registration_opened")
    assert mail.context["has_password"]
    assert mail.context["link"] == LINKS.sign_in
    assert not mail.is_secret


def test_everyone_linked_is_told_and_the_newcomer_is_not(office, operator, alice):
    office.open(operator, office.waiting())
    (mail,) = office.mails("access_added")
    assert mail.recipient == alice.email
    assert mail.is_secret


def test_opening_twice_gives_one_access(office, operator, alice):
    asked = office.waiting(email=alice.email)
    office.open(operator, asked)
    assert AccountAccess.select().where(AccountAccess.user == alice).count() == 1


def test_of_two_specialists_one_decides(office, operator):
    asked = office.waiting()
    version = office.row(asked).version
    office.open(operator, asked)
    with pytest.raises(registration.AlreadyDecidedError):
        refuse(office, operator, asked, version=version)
    assert office.row(asked).state is RegistrationState.OPENED
    assert office.mails("registration_refused") == []


def test_what_changed_meanwhile_is_not_decided_unseen(office, operator):
    asked = office.waiting()
    with pytest.raises(registration.AlreadyDecidedError):
        refuse(office, operator, asked, version=0)
    assert office.row(asked).state is RegistrationState.WAITING


def test_a_request_without_account_cannot_be_opened(office, operator):
    asked = office.waiting(account_number="460000009999")
    with pytest.raises(registration.CannotOpenError):
        office.open(operator, asked)
    assert office.row(asked).state is RegistrationState.WAITING
    assert not User.select().where(User.email == "new@example.org").exists()


def test_staff_do_not_become_customers_by_their_mail(office, operator):
    asked = office.waiting(email="operator@example.org")
    with pytest.raises(registration.CannotOpenError):
        office.open(operator, asked)


def test_another_branch_sees_and_decides_nothing(office, operator, elsewhere):
    asked = office.waiting()
    assert (
        registration.request_queue(elsewhere, actor=Actor(), now=office.now).waiting
        == 0
    )
    with pytest.raises(NotFound):
        office.open(elsewhere, asked)
    with pytest.raises(NotFound):
        registration.request_card(
            elsewhere, asked.public_id, actor=Actor(1), pepper=PEPPER, now=office.now
        )


def test_a_wrongly_chosen_branch_hides_nothing_from_the_accounts_own(
    office, operator, elsewhere
):
    office.waiting(branch="tver")
    assert (
        registration.request_queue(operator, actor=Actor(), now=office.now).waiting == 1
    )
    assert (
        registration.request_queue(elsewhere, actor=Actor(), now=office.now).waiting
        == 1
    )


def test_the_outcome_is_told_when_it_stands(office, operator):
    asked = office.waiting()
    refuse(office, operator, asked)
    told = registration.get_asked(asked.public_id, now=office.now)
    assert (told.state, told.refusal) == (RegistrationState.WAITING, None)
    told = registration.get_asked(asked.public_id, now=office.now + UNDO)
    assert (told.state, told.refusal) == (
        RegistrationState.REFUSED,
        Refusal.FACTS_DIFFER,
    )
    (mail,) = office.mails("registration_refused")
    assert mail.not_before == office.now + UNDO


def test_opening_is_taken_back_without_a_trace_outside(office, operator):
    asked = office.waiting()
    office.open(operator, asked)
    secret = office.mails("registration_opened")[0].context["link"].rpartition("/")[2]
    office.now += UNDO - timedelta(seconds=1)
    take_back(office, operator, asked)
    assert office.row(asked).state is RegistrationState.WAITING
    assert office.mails("registration_opened") == []
    assert office.mails("access_added") == []
    user = User.get(User.email == "new@example.org")
    assert accounts_of(user.id, now=office.now) == ()
    with pytest.raises(NotFound):
        tokens.get_token(secret, TokenPurpose.SET_PASSWORD, now=office.now)
    office.open(operator, asked)
    assert len(accounts_of(user.id, now=office.now)) == 1


def test_a_refusal_is_taken_back(office, operator):
    asked = office.waiting()
    refuse(office, operator, asked)
    take_back(office, operator, asked)
    assert office.mails("registration_refused") == []
    assert office.row(asked).state is RegistrationState.WAITING
    assert office.row(asked).reason == ""


def test_after_ten_minutes_a_decision_stands(office, operator):
    asked = office.waiting()
    refuse(office, operator, asked)
    office.now += UNDO
    with pytest.raises(registration.AlreadyDecidedError):
        take_back(office, operator, asked)


def not_me(office, secret):
    return registration.dispute(secret, actor=Actor(), now=office.now)


@pytest.fixture
def disputed(office, operator):
    """An opened request, ten minutes later, and the secret of Alice's link."""
    asked = office.waiting()
    office.open(operator, asked)
    office.now += UNDO
    link = office.mails("access_added")[0].context["link"]
    return asked, link.rpartition("/")[2]


def test_not_me_closes_the_access_and_asks_again(office, operator, disputed):
    asked, secret = disputed
    about = registration.look_at_dispute(secret, now=office.now)
    assert about.account_number == "460000000001"
    user = User.get(User.email == "new@example.org")
    assert len(accounts_of(user.id, now=office.now)) == 1
    assert not_me(office, secret) == about
    assert accounts_of(user.id, now=office.now) == ()
    (row,) = registration.request_queue(operator, actor=Actor(), now=office.now).rows
    assert row.is_disputed
    (mail,) = office.mails("access_disputed")
    assert mail.recipient == "new@example.org"
    assert AuditEntry.get(AuditEntry.action == "registration.disputed")
    with pytest.raises(NotFound):
        not_me(office, secret)
    office.open(operator, asked)
    assert len(accounts_of(user.id, now=office.now)) == 1


@pytest.mark.parametrize(
    "over",
    [{"ended_at": datetime(2026, 11, 1, tzinfo=UTC)}, {"until": date(2026, 11, 22)}],
    ids=["revoked", "lapsed"],
)
def test_who_sees_the_account_no_more_cannot_say_it(office, alice, disputed, over):
    asked, secret = disputed
    mine = AccountAccess.user == alice.id
    AccountAccess.update(**over).where(mine).execute()
    with pytest.raises(NotFound):
        registration.look_at_dispute(secret, now=office.now)
    with pytest.raises(NotFound):
        not_me(office, secret)
    assert office.row(asked).state == "opened"
    # Once it is open again the link works: it was not used up.
    AccountAccess.update(ended_at=None, until=None).where(mine).execute()
    assert not_me(office, secret)


def test_whose_term_is_over_is_told_nothing(office, operator, alice):
    AccountAccess.update(until=date(2026, 11, 22)).where(
        AccountAccess.user == alice.id
    ).execute()
    office.open(operator, office.waiting())
    assert office.mails("access_added") == []


def test_not_me_of_a_request_taken_back_does_nothing(office, operator):
    asked = office.waiting()
    office.open(operator, asked)
    secret = office.mails("access_added")[0].context["link"].rpartition("/")[2]
    take_back(office, operator, asked)
    not_me(office, secret)
    assert office.mails("access_disputed") == []


def test_the_queue_is_oldest_first_and_shows_what_fits(office, operator):
    first = office.waiting()
    office.now += timedelta(minutes=5)
    second = office.waiting(email="b@example.org", receipt_code="00000000")
    queue = registration.request_queue(operator, actor=Actor(), now=office.now)
    assert [row.number for row in queue.rows] == [first.number, second.number]
    assert queue.waiting == 2
    shown = [(str(each.fact), each.fits) for each in queue.rows[1].facts]
    assert shown == [("payment", True), ("receipt-code", False)]
    assert queue.rows[0].linked == 1
    assert not queue.rows[0].is_late
    later = registration.request_queue(
        operator, actor=Actor(), now=office.now + timedelta(days=3)
    )
    assert all(row.is_late for row in later.rows)


def look(office, member, asked):
    return registration.request_card(
        member,
        asked.public_id,
        actor=Actor(member.user_id),
        pepper=PEPPER,
        now=office.now,
    )


@pytest.mark.parametrize("is_right", [True, False])
def test_what_was_not_compared_is_compared_on_the_card(
    office, operator, contract, is_right
):
    for _ in range(limits.REGISTRATION_ACCOUNT_DAY.most):
        office.ask()
    code = registration.receipt_code_of(contract.number, Month(2026, 10), pepper=PEPPER)
    typed = {} if is_right else {"amount": Money(1), "receipt_code": "00000000"}
    asked = office.waiting(
        **{"receipt_code": code, "email": "last@example.org"} | typed
    )
    (row,) = registration.request_queue(operator, actor=Actor(), now=office.now).rows
    assert not row.is_compared
    # Long after, what has been paid since does not hide the payment that was meant.
    office.now += timedelta(days=3)
    for _ in range(2):
        row = look(office, operator, asked).row
        assert row.is_compared
        assert [each.fits for each in row.facts] == [is_right] * 2
    noted = AuditEntry.select().where(AuditEntry.action == "registration.compared")
    assert noted.count() == 1


def test_a_look_at_the_contract_is_in_the_log(office, operator, contract, alice):
    asked = office.waiting()
    card = look(office, operator, asked)
    assert card.holder == contract.holder
    assert [each.email for each in card.linked] == [alice.email]
    entry = AuditEntry.get(AuditEntry.action == "registration.looked")
    assert (entry.actor_id, entry.account_id) == (operator.user_id, contract.id)


def test_an_admin_sees_every_branch(office, db):
    admin = factories.make_staff("admin@example.org", role="admin", branches=())
    office.waiting()
    assert (
        registration.request_queue(
            Member(admin.id, Role.ADMIN), actor=Actor(), now=office.now
        ).waiting
        == 1
    )
