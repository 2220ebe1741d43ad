"""The worker calls every job, and one that fails does not stop the others."""

from datetime import timedelta

import pytest

from cabinet.jobs import mail, reminders, worker


@pytest.fixture
def turns(monkeypatch, clock):
    """Let the worker make some turns; each takes as long as it is told."""

    def turns(*pauses):
        left = list(pauses)

        class Stop:
            def set(self):
                left.clear()

            def is_set(self):
                return not left

            def wait(self, _seconds):
                clock.set(clock.get() + left.pop(0))

        monkeypatch.setattr(worker, "Event", Stop)
        monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
        # It has a thread and a pace of its own.
        monkeypatch.setattr(worker, "_work_long", lambda *_: None)

    return turns


class Standing:
    def __init__(self, clock):
        self.now = clock.get


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
