"""The worker calls every job, and one that fails does not stop the others."""

from datetime import timedelta

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
