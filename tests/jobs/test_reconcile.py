"""Each morning yesterday is compared, and refunds are followed, by the worker."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.people import Role
from cabinet.jobs import reconcile, refunds, worker
from cabinet.models import AuditEntry, Reconciliation, Refund
from cabinet.services.audit import Actor
from cabinet.services.payments import refunding
from cabinet.services.staff import Member
from tests import factories

#: Six in the morning of the next day in Moscow.
SIX = datetime(2026, 11, 23, 3, tzinfo=UTC)


def test_yesterday_is_compared_once_from_six_in_the_morning(paid, bank, shops):
    paid()
    bank.listed = list(bank.by_id.values())
    early = SIX - timedelta(minutes=1)
    assert reconcile.reconcile_due(shops, now=early) == 0
    assert reconcile.reconcile_due(shops, now=SIX) == 1
    assert reconcile.reconcile_due(shops, now=SIX + timedelta(hours=1)) == 0
    run = Reconciliation.get()
    assert (run.day, run.shop, run.matched) == (date(2026, 11, 22), "kursk-card", 1)


def test_a_silent_bank_is_tried_again_and_noted(paid, bank, shops):
    paid()
    bank.is_deaf = True
    assert reconcile.reconcile_due(shops, now=SIX) == 0
    noted = AuditEntry.get(AuditEntry.action == "reconciliation.failed")
    assert (noted.subject, noted.details["day"]) == ("shop:kursk-card", "2026-11-22")
    bank.is_deaf = False
    assert reconcile.reconcile_due(shops, now=SIX + timedelta(minutes=10)) == 1


@pytest.fixture
def agreed(paid, owed, now):
    olga = Member(user_id=factories.make_staff().id, role=Role.OPERATOR)
    refunding.request_refund(
        olga,
        refunding.RefundWish(
            payment=paid().public_id,
            account=owed.number,
            amount=Money(10_00),
            why="так",
            nonce=factories.uuid.uuid4(),
        ),
        actor=Actor(olga.user_id),
        now=now,
    )
    return Refund.get()


def test_one_turn_sends_what_was_agreed(agreed, shops, now):
    assert refunds.follow(shops, now=now) == 1
    assert Refund.get().state is RefundState.SUCCEEDED
    assert refunds.follow(shops, now=now) == 0


def test_a_follower_of_payments_follows_refunds_too(app, clock, agreed, shops):
    app.extensions["cabinet.shops"] = shops
    left = [1]

    class Stop:
        def is_set(self):
            return not left

        def wait(self, _seconds):
            left.pop()

    class Standing:
        now = staticmethod(clock.get)

    worker._follow_payments(app, Standing(), Stop())
    assert Refund.get().state is RefundState.SUCCEEDED


def test_the_long_loop_compares_days(app, settings, clock, paid, bank, shops):
    paid()
    app.extensions["cabinet.shops"] = shops
    clock.set(SIX)
    left = [1, 1]

    class Stop:
        def is_set(self):
            return not left

        def wait(self, _seconds):
            left.pop()

    class Standing:
        now = staticmethod(clock.get)

    worker._work_long(app, settings, Standing(), Stop())
    assert Reconciliation.select().count() == 1
