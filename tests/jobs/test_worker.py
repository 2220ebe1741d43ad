"""The worker calls every job, and one that fails does not stop the others."""

import os
import signal
from datetime import timedelta
from threading import Event

from cabinet.jobs import mail, reminders, worker
from tests.jobs.conftest import Standing


def test_reminders_are_looked_for_now_and_then(
    app, settings, clock, turns, monkeypatch
):
    called = []
    monkeypatch.setattr(mail, "send_due", lambda *_, **__: called.append("mail"))
    monkeypatch.setattr(reminders, "remind_due", lambda **_: called.append("reminders"))
    turns(timedelta(seconds=1), timedelta(minutes=31), timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    assert called == ["mail", "reminders", "mail", "mail", "reminders"]


def test_a_job_that_fails_is_told_and_the_others_go_on(
    app, settings, clock, turns, monkeypatch, caplog
):
    called = []

    def fail(*_, **__):
        raise OSError

    monkeypatch.setattr(mail, "send_due", fail)
    monkeypatch.setattr(reminders, "remind_due", lambda **_: called.append("reminders"))
    turns(timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    assert called == ["reminders"]
    assert "job failed" in caplog.text


def test_a_signal_at_the_worst_moment_stops_it_too(monkeypatch):
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    stop = Event()
    try:
        worker._stop_by_signal(stop)
        with stop._cond:
            os.kill(os.getpid(), signal.SIGTERM)
            assert not stop._flag
        assert stop.wait(10)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
