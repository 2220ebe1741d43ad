"""A specialist ends somebody's access to an account, and may take it back."""

from datetime import date, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel, EndReason
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Invitation,
    OutboxMessage,
    Subscription,
)
from cabinet.services import access, account_card, account_log, statement
from cabinet.services.access import AccountNotFoundError
from cabinet.services.account_card.finding import AccountNotFound
from cabinet.services.audit import Actor
from cabinet.services.bills.months import bill_months
from cabinet.services.history.shown import Recent
from cabinet.services.staff import Member
from tests import factories

SOON = timedelta(minutes=9)
LATE = timedelta(minutes=10)
MOVED_IN = date(2026, 11, 3)


class Desk:
    """A specialist and the account of Alice, with the arguments that never vary."""

    def __init__(self, account, now):
        user = factories.make_staff()
        self.member = Member(user.id, user.role)
        self.actor = Actor(user.id)
        self.number, self.now = account.number, now

    def end(self, row, reason=EndReason.WRONG_PERSON, holder_since=None, member=None):
        account_card.end_access(
            member or self.member,
            self.number,
            row.id,
            reason,
            holder_since=holder_since,
            actor=self.actor,
            now=self.now,
        )

    def undo(self, row, after=SOON):
        account_card.give_back_access(
            self.member, self.number, row.id, actor=self.actor, now=self.now + after
        )


@pytest.fixture
def desk(account, now):
    return Desk(account, now)


@pytest.fixture
def tenant(account):
    """Somebody who sees the account as its owner, and let a son in."""
    user = factories.make_customer("tenant@example.org")
    row = factories.give_access(user, account)
    son = factories.make_customer("son@example.org")
    factories.give_access(son, account, level=AccessLevel.READINGS, granted_by=user)
    return row


def son_of(row):
    return AccountAccess.get(AccountAccess.granted_by == row.user_id)


def letters(kind):
    query = OutboxMessage.select().where(OutboxMessage.kind == kind)
    return {row.recipient: row for row in query}


def actions():
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_who_has_it_loses_it_with_whom_they_let_in(desk, account, tenant, now):
    Invitation.create(
        account=account,
        invited_by=tenant.user,
        email="friend@example.org",
        level="readings",
        created_at=now,
    )
    factories.subscribe(tenant.user, account, now=now)
    desk.end(tenant)
    for user_id in (tenant.user_id, son_of(tenant).user_id):
        with pytest.raises(AccountNotFoundError):
            access.get_access(user_id, account.id, now=now)
    assert Invitation.get().revoked_at == now
    assert Subscription.get().ended_at == now
    (told,) = letters("access_ended").values()
    assert told.recipient == "tenant@example.org"
    assert told.context == {"tail": account.number[-4:], "reason": "wrong-person"}
    (other,) = letters("delegation_revoked").values()
    assert told.not_before == other.not_before == now + LATE
    entry = AuditEntry.get(AuditEntry.action == "access.removed")
    assert entry.actor_id == desk.member.user_id
    assert entry.details["reason"] == "wrong-person"
    assert entry.details["user"] == tenant.user_id


def test_others_keep_theirs(desk, account, alice, tenant, now):
    desk.end(tenant)
    assert access.get_access(alice.id, account.id, now=now).is_owner


def test_nine_minutes_later_all_of_it_can_be_undone(desk, account, tenant, now):
    Invitation.create(
        account=account,
        invited_by=tenant.user,
        email="friend@example.org",
        level="readings",
        created_at=now,
    )
    factories.subscribe(tenant.user, account, now=now)
    desk.end(tenant, EndReason.MOVED_OUT, MOVED_IN)
    desk.undo(tenant)
    for user_id in (tenant.user_id, son_of(tenant).user_id):
        card = access.get_access(user_id, account.id, now=now)
        assert card.since is None
    assert Invitation.get().revoked_at is None
    assert Subscription.get().ended_at is None
    assert letters("access_ended") == letters("delegation_revoked") == {}
    assert Account.get_by_id(account.id).holder_since is None
    assert actions()[-1] == "access.removal_undone"
    desk.end(tenant)  # and the next time it is as the first
    assert set(letters("access_ended")) == {"tenant@example.org"}


def test_undone_once_and_not_later(desk, tenant):
    desk.end(tenant)
    with pytest.raises(account_card.AccessNotFound):
        desk.undo(tenant, LATE)
    desk.undo(tenant)
    with pytest.raises(account_card.AccessNotFound):
        desk.undo(tenant)


def test_what_the_owner_ended_before_stays_ended(desk, account, tenant, now):
    own = son_of(tenant)
    AccountAccess.update(ended_at=now - LATE).where(
        AccountAccess.id == own.id
    ).execute()
    desk.end(tenant)
    desk.undo(tenant)
    assert AccountAccess.get_by_id(own.id).ended_at == now - LATE


def test_nothing_comes_back_to_who_has_left_or_has_it_anew(desk, account, tenant, now):
    desk.end(tenant)
    factories.give_access(tenant.user, account)
    with pytest.raises(account_card.CannotGiveBack):
        desk.undo(tenant)
    assert AccountAccess.get_by_id(tenant.id).ended_at == now


def test_twice_is_once(desk, tenant):
    desk.end(tenant)
    with pytest.raises(account_card.AccessNotFound):
        desk.end(tenant)
    assert actions().count("access.removed") == 1


def test_an_access_of_another_account_or_branch_is_not_there(desk, tenant, alice):
    other = factories.make_account(number="460000000099")
    foreign = factories.give_access(alice, other)
    with pytest.raises(account_card.AccessNotFound):
        desk.end(foreign)
    factories.make_branch("tver", name="Тверь")
    user = factories.make_staff("tver@example.org", branches=("tver",))
    with pytest.raises(AccountNotFound):
        desk.end(tenant, member=Member(user.id, user.role))


@pytest.mark.parametrize("day", [None, date(2026, 11, 23), date(2019, 12, 31)])
def test_a_new_holder_has_a_first_day(desk, account, tenant, day, now):
    with pytest.raises(account_card.HolderDayUnfit):
        desk.end(tenant, EndReason.MOVED_OUT, day)
    assert access.get_access(tenant.user_id, account.id, now=now)


def test_another_reason_changes_no_holder(desk, account, tenant):
    desk.end(tenant, EndReason.ASKED_FOR, MOVED_IN)
    assert Account.get_by_id(account.id).holder_since is None


def test_a_new_holder_sees_nothing_of_the_former(desk, account, alice, tenant, now):
    """Bills, the ledger, papers and the log begin with the first day; see the log too."""
    for month in ("2026-09", "2026-10"):
        factories.make_bill(account, month)
    AuditEntry.create(
        at=now - timedelta(days=60),
        action="receipt.opened",
        actor_id=tenant.user_id,
        account_id=account.id,
    )
    before = account_log.account_log(alice.id, slug_of(alice), 1, now=now)
    assert [use.action for use in before.uses] == ["receipt.opened"]
    desk.end(tenant, EndReason.MOVED_OUT, MOVED_IN)
    card = access.get_access(alice.id, account.id, now=now)
    assert card.since == MOVED_IN
    report = statement.statement(alice.id, account.id, Recent.ALL, now=now)
    assert report.rows == ()
    assert report.opening == Money(0)
    assert bill_months(alice.id, account.id, now=now).bills == ()
    after = account_log.account_log(alice.id, slug_of(alice), 1, now=now)
    assert [use.why for use in after.uses] == ["owner_left", "staff"]


def test_the_next_holder_is_later_than_the_last(desk, account, alice, tenant):
    desk.end(tenant, EndReason.MOVED_OUT, MOVED_IN)
    hers = AccountAccess.get(AccountAccess.user == alice.id)
    with pytest.raises(account_card.HolderDayUnfit):
        desk.end(hers, EndReason.MOVED_OUT, MOVED_IN - timedelta(days=1))
    desk.end(hers, EndReason.MOVED_OUT, date(2026, 11, 20))
    desk.undo(hers)
    assert Account.get_by_id(account.id).holder_since == MOVED_IN


def slug_of(user):
    return AccountAccess.get(AccountAccess.user == user.id).slug
