"""The worker calls every job, and one that fails does not stop the others."""

import os
import signal
from datetime import timedelta
from threading import Event

from cabinet.jobs import mail, reminders, worker
from cabinet.mailing.send import ServerAwayError
from cabinet.services import beats, retention
from tests.jobs.conftest import Standing


def test_reminders_are_looked_for_now_and_then(
    app, settings, clock, turns, monkeypatch
):
    called = []
    monkeypatch.setattr(retention, "sweep", lambda **_: called.append("sweep"))
    monkeypatch.setattr(reminders, "remind_due", lambda **_: called.append("reminders"))
    turns(*(timedelta(minutes=each) for each in (1, 11, 20)))
    worker.work(app, settings, Standing(clock))
    assert called == ["sweep", "reminders", "sweep"]


def test_a_clock_put_back_makes_no_job_wait(app, settings, clock, turns, monkeypatch):
    called = []
    monkeypatch.setattr(reminders, "remind_due", lambda **_: called.append("reminders"))
    turns(-timedelta(hours=5), timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    assert called == ["reminders", "reminders"]


def test_a_mail_server_that_is_away_is_left_alone_for_a_while(
    app, settings, clock, monkeypatch, caplog
):
    pauses, called = [], []

    class Stop:
        def is_set(self):
            return len(pauses) == 2

        def wait(self, seconds):
            pauses.append(seconds)

    def send_due(*_, **__):
        called.append(1)
        if len(called) == 1:
            raise ServerAwayError("TimeoutError")

    monkeypatch.setattr(mail, "send_due", send_due)
    worker._send_mail(app, settings, Standing(clock), Stop())
    assert pauses == [worker.AWAY_SECONDS, worker.PAUSE_SECONDS]
    assert "mail waits, its server is away: TimeoutError" in caplog.text


def test_a_job_that_fails_is_told_and_the_others_go_on(
    app, settings, clock, turns, monkeypatch, caplog
):
    called = []

    def fail(*_, **__):
        raise OSError

    monkeypatch.setattr(retention, "sweep", fail)
    monkeypatch.setattr(reminders, "remind_due", lambda **_: called.append("reminders"))
    turns(timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    assert called == ["reminders"]
    assert "job failed" in caplog.text


def test_its_parts_say_that_they_live_twice_a_minute(
    app, settings, clock, turns, monkeypatch
):
    noted = []
    keep = beats.note
    follow, count = worker._follow_payments, worker._count_for_others
    send = worker._send_mail

    def note(name, *, now, told=None):
        noted.append((name, now))
        return keep(name, now=now, told=told)

    monkeypatch.setattr(beats, "note", note)
    begun = clock.get()
    seconds = [timedelta(seconds=each) for each in (10, 10, 10, 10)]
    turns(*seconds)
    worker.work(app, settings, Standing(clock))
    assert noted == [("schedule", begun), ("schedule", begun + timedelta(seconds=30))]
    for part, names in ((follow, ["payments", "payments"]), (count, ["window"])):
        noted.clear()
        turns(*seconds)
        part(app, Standing(clock), worker.Event())
        assert [name for name, _ in noted] == names
    noted.clear()
    turns(*seconds)
    send(app, settings, Standing(clock), worker.Event())
    assert [name for name, _ in noted] == ["letters", "letters"]


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
