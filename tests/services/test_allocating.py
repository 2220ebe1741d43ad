from datetime import UTC, datetime

import peewee
import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.models import Account, Allocation, AuditEntry
from cabinet.services.allocating import (
    EntryNotFound,
    NotAPayment,
    ReasonMissing,
    reallocate,
)
from cabinet.services.audit import Actor
from cabinet.services.history import Recent
from cabinet.services.staff import Member
from cabinet.services.statement import statement
from tests.factories import make_account, make_bill, make_branch, make_staff, post

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)


@pytest.fixture
def operator(db):
    user = make_staff()
    return Member(user.id, Role.OPERATOR)


@pytest.fixture
def payment(account):
    """A payment of 500 when 400 is owed for each of two months."""
    for month in (SEPTEMBER, OCTOBER):
        make_bill(account, str(month), "400,00")
    at = datetime(2026, 11, 5, 9, tzinfo=UTC)
    return post(account, Money(-50000), at=at, month=SEPTEMBER)


@pytest.fixture
def say(operator, payment, now):
    def say(month=OCTOBER, reason="просьба клиента", entry=payment, member=operator):
        reallocate(
            member, entry.id, month, reason, actor=Actor(member.user_id), now=now
        )

    return say


@pytest.fixture
def covered(alice, account, payment, now):
    """What the payment covers, as its payer reads it."""

    def covered():
        rows = statement(alice.id, account.id, Recent.ALL, now=now).rows
        return [(part.month, part.amount.kopecks) for part in rows[-1].covers]

    return covered


def test_without_a_word_the_month_the_payer_named_comes_first(covered):
    assert covered() == [(SEPTEMBER, 40000), (OCTOBER, 10000)]


def test_the_newest_word_wins_and_each_is_kept(say, covered, account):
    balance = Account.get_by_id(account.id).balance
    say(OCTOBER)
    assert covered() == [(OCTOBER, 40000), (SEPTEMBER, 10000)]
    say(SEPTEMBER, "вернули   как было")
    assert covered() == [(SEPTEMBER, 40000), (OCTOBER, 10000)]
    assert [(row.month, row.reason) for row in Allocation.select().order_by("id")] == [
        (OCTOBER, "просьба клиента"),
        (SEPTEMBER, "вернули как было"),
    ]
    assert Account.get_by_id(account.id).balance == balance


def test_each_word_is_noted(say, operator, payment, account, now):
    say()
    (row,) = AuditEntry.select().where(AuditEntry.action == "payment.reallocated")
    assert (row.at, row.actor_id, row.account_id) == (now, operator.user_id, account.id)
    assert (row.subject, row.details) == (f"entry:{payment.id}", {"month": "2026-10"})


def test_what_is_no_payment_is_refused(say, account):
    for kind in set(EntryKind) - {EntryKind.PAYMENT}:
        with pytest.raises(NotAPayment):
            say(entry=post(account, Money(-1), kind=kind))
    assert not Allocation.select().exists()


def test_another_branch_is_as_if_there_were_none(say, db, operator, now):
    other = make_account("460000000008", make_branch("far"))
    for entry_id in (post(other, Money(-1)).id, 10**6):
        with pytest.raises(EntryNotFound):
            reallocate(
                operator,
                entry_id,
                OCTOBER,
                "так",
                actor=Actor(operator.user_id),
                now=now,
            )
    assert not Allocation.select().exists()
    assert (
        not AuditEntry.select()
        .where(AuditEntry.action == "payment.reallocated")
        .exists()
    )


def test_an_admin_is_in_every_branch(say, covered):
    boss = make_staff("boss@example.org", role="admin", branches=())
    say(member=Member(boss.id, Role.ADMIN))
    assert covered()[0] == (OCTOBER, 40000)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 241])
def test_a_reason_is_asked_for(say, reason):
    with pytest.raises(ReasonMissing):
        say(reason=reason)
    assert not Allocation.select().exists()


@pytest.mark.parametrize("act", ["update", "delete"])
def test_a_word_can_be_neither_changed_nor_deleted(say, act):
    say()
    query = Allocation.update(reason="x") if act == "update" else Allocation.delete()
    with pytest.raises(
        (peewee.IntegrityError, peewee.InternalError, peewee.DatabaseError)
    ):
        query.execute()
