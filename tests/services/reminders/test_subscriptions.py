import pytest

from cabinet.domain.errors import NotFound
from cabinet.models import AuditEntry, Subscription
from cabinet.services import reminders


def actions():
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_on_and_off(alice, account, now):
    reminders.subscribe(alice.id, account.id, now=now)
    assert reminders.subscriptions_of(alice.id) == {account.id}
    reminders.unsubscribe(alice.id, account.id, now=now)
    assert reminders.subscriptions_of(alice.id) == frozenset()
    assert actions() == ["reminders.on", "reminders.off"]


def test_twice_is_once(alice, account, now):
    for _ in range(2):
        reminders.subscribe(alice.id, account.id, now=now)
    for _ in range(2):
        reminders.unsubscribe(alice.id, account.id, now=now)
    assert actions() == ["reminders.on", "reminders.off"]


def test_on_again_is_the_same_row(alice, account, now):
    reminders.subscribe(alice.id, account.id, now=now)
    reminders.unsubscribe(alice.id, account.id, now=now)
    reminders.subscribe(alice.id, account.id, now=now)
    assert reminders.subscriptions_of(alice.id) == {account.id}
    assert Subscription.select().count() == 1


def test_a_delegate_may_be_reminded_too(alice, bob, account, now):
    reminders.subscribe(bob.id, account.id, now=now)
    assert reminders.subscriptions_of(bob.id) == {account.id}
    assert reminders.subscriptions_of(alice.id) == frozenset()


def test_a_stranger_gets_nothing(alice, account, charlie, now):
    with pytest.raises(NotFound):
        reminders.subscribe(charlie.id, account.id, now=now)
    reminders.subscribe(alice.id, account.id, now=now)
    with pytest.raises(NotFound):
        reminders.unsubscribe(charlie.id, account.id, now=now)
    assert reminders.subscriptions_of(alice.id) == {account.id}
