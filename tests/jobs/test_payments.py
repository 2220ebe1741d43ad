"""Card payments are followed by the worker: notices, questions, in threads of their own."""

from datetime import timedelta

import pytest

from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentState
from cabinet.jobs import payments, worker
from cabinet.models import Notice, Payment
from cabinet.services.payments import notices
from tests.jobs.conftest import Standing


def test_one_turn_uses_notices_and_asks(pay, bank, shops, now):
    told, asked = pay(100_00), pay(200_00)
    for number in (1, 2):
        bank.decide(f"bank-{number}", state=Seen.SUCCEEDED)
    notices.keep("kursk-card", b"bank-1", {}, {}, None, shops=shops, now=now)
    assert payments.follow(shops, now=now + timedelta(seconds=15)) == 2
    for payment in (told, asked):
        assert Payment.get_by_id(payment.id).state is PaymentState.SUCCEEDED
    assert Notice.get().outcome == "step"
    assert payments.follow(shops, now=now + timedelta(seconds=16)) == 0


def test_payments_are_asked_about_whatever_is_wrong_with_a_notice(
    pay, bank, shops, now, monkeypatch
):
    payment = pay(100_00)
    bank.decide("bank-1", state=Seen.SUCCEEDED)

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(notices, "take_due", broken)
    with pytest.raises(ZeroDivisionError):
        payments.follow(shops, now=now + timedelta(seconds=15))
    assert Payment.get_by_id(payment.id).state is PaymentState.SUCCEEDED


def test_a_worker_follows_payments_in_threads(
    app,
    settings,
    clock,
    turns,
    monkeypatch,
):
    started = []
    turns(timedelta(seconds=1))
    monkeypatch.setattr(
        worker, "_follow_payments", lambda *_: started.append("follower")
    )
    worker.work(app, settings, Standing(clock))
    assert len(started) == worker.FOLLOWERS


def test_without_a_shop_there_is_nothing_to_follow(app, clock, shops, monkeypatch):
    followed = []
    monkeypatch.setattr(payments, "follow", lambda *_, **__: followed.append(1))
    worker._follow(app.extensions["cabinet.shops"], Standing(clock))
    assert followed == []
    worker._follow(shops, Standing(clock))
    assert followed == [1]


def test_a_follower_works_until_told_to_stop(
    app,
    clock,
    pay,
    bank,
    shops,
    now,
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    app.extensions["cabinet.shops"] = shops
    clock.set(now + timedelta(seconds=15))
    left = [1]

    class Stop:
        def is_set(self):
            return not left

        def wait(self, _seconds):
            left.pop()

    worker._follow_payments(app, Standing(clock), Stop())
    assert Payment.get_by_id(payment.id).state is PaymentState.SUCCEEDED
