"""«Квитанция готова»: to who asked, once, about what came since."""

from datetime import timedelta

import pytest

from cabinet.models import AccountAccess, AuditEntry, OutboxMessage, Subscription
from cabinet.services import bill_letters
from tests import factories


@pytest.fixture
def wish(alice, account, now):
    return Subscription.create(
        user=alice, account=account, kind="bill", since=now - timedelta(days=30)
    )


def write(now):
    return bill_letters.write_due(lambda month: f"http://x/bills/{month}", now=now)


def bill(account, now, ago=timedelta(hours=1), month="2026-10"):
    return factories.make_bill(account, month, published_at=now - ago)


def test_a_bill_that_came_is_told_once(wish, account, alice, now):
    bill(account, now)
    assert (write(now), write(now)) == (1, 0)
    mail = OutboxMessage.get()
    assert mail.recipient == alice.email
    assert mail.context == {
        "account": account.number,
        "month": "2026-10",
        "link": "http://x/bills/2026-10",
    }
    assert AuditEntry.get().action == "bill.letter_written"


@pytest.mark.parametrize("ago", [timedelta(days=8), timedelta(minutes=-5)])
def test_what_is_old_or_yet_to_come_is_no_news(wish, account, now, ago):
    bill(account, now, ago)
    assert write(now) == 0


def test_what_came_before_it_was_asked_for_is_not_told(wish, account, now):
    bill(account, now, timedelta(days=2))
    Subscription.update(since=now - timedelta(days=1)).execute()
    assert write(now) == 0


def test_nobody_is_told_who_did_not_ask_or_has_lost_the_account(wish, account, now):
    bill(account, now)
    Subscription.update(ended_at=now).execute()
    assert write(now) == 0
    Subscription.update(ended_at=None, kind="reminder").execute()
    assert write(now) == 0
    Subscription.update(kind="bill").execute()
    AccountAccess.update(ended_at=now).execute()
    assert write(now) == 0
    assert not OutboxMessage.select().exists()


def test_who_may_only_send_readings_is_not_told(account, bob, now):
    Subscription.create(
        user=bob, account=account, kind="bill", since=now - timedelta(days=30)
    )
    bill(account, now)
    assert write(now) == 0


def test_many_wishes_come_in_batches(account, now, monkeypatch):
    monkeypatch.setattr(bill_letters, "BATCH", 2)
    for _ in range(5):
        user = factories.make_customer()
        factories.give_access(user, account)
        Subscription.create(
            user=user, account=account, kind="bill", since=now - timedelta(days=30)
        )
    bill(account, now)
    assert write(now) == 5
