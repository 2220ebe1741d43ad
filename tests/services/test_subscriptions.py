import pytest

from cabinet.domain.errors import NotFound
from cabinet.models import AuditEntry, Subscription
from tests import factories


def actions():
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_on_and_off(alice, account, now):
    factories.subscribe(alice, account, now=now)
    assert factories.reminded_of(alice) == {account.id}
    factories.unsubscribe(alice, account, now=now)
    assert factories.reminded_of(alice) == set()
    assert actions() == ["letters.on", "letters.off"]


def test_twice_is_once(alice, account, now):
    for _ in range(2):
        factories.subscribe(alice, account, now=now)
    for _ in range(2):
        factories.unsubscribe(alice, account, now=now)
    assert actions() == ["letters.on", "letters.off"]


def test_on_again_is_the_same_row(alice, account, now):
    factories.subscribe(alice, account, now=now)
    factories.unsubscribe(alice, account, now=now)
    factories.subscribe(alice, account, now=now)
    assert factories.reminded_of(alice) == {account.id}
    assert Subscription.select().count() == 1


def test_a_delegate_may_be_reminded_too(alice, bob, account, now):
    factories.subscribe(bob, account, now=now)
    assert factories.reminded_of(bob) == {account.id}
    assert factories.reminded_of(alice) == set()


def test_a_stranger_gets_nothing(alice, account, charlie, now):
    with pytest.raises(NotFound):
        factories.subscribe(charlie, account, now=now)
    factories.subscribe(alice, account, now=now)
    with pytest.raises(NotFound):
        factories.unsubscribe(charlie, account, now=now)
    assert factories.reminded_of(alice) == {account.id}
