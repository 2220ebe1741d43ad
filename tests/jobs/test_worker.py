"""The worker calls every job, and one that fails does not stop the others."""

import os
import signal
from datetime import timedelta
from threading import Event

import pytest

from cabinet.gateways.mailbox import MailboxError
from cabinet.jobs import mail, mailbox, reminders, worker
from cabinet.mailing.send import ServerAwayError
from cabinet.models import Beat
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
    assert [at for name, at in noted if name == "schedule"] == [
        begun,
        begun + timedelta(seconds=30),
    ]
    for part, names in ((follow, ["payments", "payments"]), (count, ["window"])):
        noted.clear()
        turns(*seconds)
        part(app, Standing(clock), worker.Event())
        assert [name for name, _ in noted] == names
    noted.clear()
    turns(*seconds)
    send(app, settings, Standing(clock), worker.Event())
    assert [name for name, _ in noted] == ["letters", "letters"]


def test_what_has_its_turn_says_when_it_went_well(
    app, settings, clock, turns, monkeypatch
):
    """One job of a group that fails, and the group has not succeeded."""
    begun = clock.get()
    turns(timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    parts = (beats.SWEEP, beats.REMINDERS, beats.SEALS)
    assert [times()[part] for part in parts] == [begun] * 3

    def fail(*_, **__):
        raise OSError

    monkeypatch.setattr(retention, "sweep", fail)
    clock.set(begun + timedelta(hours=1))
    turns(timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    later = begun + timedelta(hours=1)
    assert [times()[part] for part in parts] == [begun, later, later]


def times():
    return dict(Beat.select(Beat.name, Beat.at).tuples())


def test_at_its_start_every_part_is_awaited(app, settings, clock, turns):
    turns(timedelta(seconds=1))
    worker.work(app, settings, Standing(clock))
    # No mailbox is set: nobody reads one; and the windows are not counted yet.
    awaited = {*beats.USUAL, beats.LEDGER, beats.BACKUP}
    assert set(times()) == awaited - {beats.MAILBOX, beats.WINDOW}


@pytest.mark.parametrize(
    ("part", "job"),
    [
        (beats.BILLS, "bills.work_on_runs"),
        (beats.LOADS, "imports.load_next"),
        (beats.WORDS, "searching.make_due"),
        (beats.ARCHIVES, "outgoing.make_next"),
    ],
)
def test_who_may_be_busy_for_long_says_so_once_a_minute(
    app, settings, clock, turns, monkeypatch, part, job
):
    works = {
        each: getattr(worker, name)
        for each, name in (
            (beats.BILLS, "_work_on_bills"),
            (beats.LOADS, "_work_on_loads"),
            (beats.WORDS, "_work_on_words"),
            (beats.ARCHIVES, "_work_long"),
        )
    }
    begun = clock.get()
    arguments = (app, settings) if part == beats.ARCHIVES else (app,)

    def run(*seconds):
        turns(*(timedelta(seconds=each) for each in seconds))
        works[part](*arguments, Standing(clock), worker.Event())

    run(10, 10, 10)
    assert times()[part] == begun
    run(60, 1)
    assert times()[part] == begun + timedelta(seconds=90)

    def fail(*_, **__):
        raise OSError

    monkeypatch.setattr(f"cabinet.jobs.worker.{job}", fail)
    run(60, 60)
    assert times()[part] == begun + timedelta(seconds=90)


def test_a_mailbox_that_was_read_is_told_and_one_that_is_silent_not(
    app, settings, clock, turns, monkeypatch
):
    read = worker._read_mailbox
    monkeypatch.setattr(mailbox, "take_due", lambda *_, **__: None)
    turns(timedelta(seconds=30))
    begun = clock.get()
    read(app, settings, Standing(clock), worker.Event())
    assert times()[beats.MAILBOX] == begun

    def fail(*_, **__):
        raise MailboxError

    monkeypatch.setattr(mailbox, "take_due", fail)
    turns(timedelta(minutes=2))
    read(app, settings, Standing(clock), worker.Event())
    assert times()[beats.MAILBOX] == begun


def test_the_ledger_is_left_alone_until_the_banks_were_asked(
    app, settings, clock, turns, monkeypatch
):
    called = []
    night = worker._check_at_night
    monkeypatch.setattr(worker.os, "setpriority", lambda *each: called.append(each[2]))
    monkeypatch.setattr(
        worker.ledger, "check_due", lambda **_: called.append(clock.get()) or 0
    )
    begun = clock.get()
    turns(*(timedelta(minutes=each) for each in (19, 1, 1)))
    night(app, settings, Standing(clock), worker.Event())
    # Behind everybody else, by the system's own word.
    assert called == [19, begun + timedelta(minutes=20)]


def test_a_signal_at_the_worst_moment_stops_it_too(monkeypatch):
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    stop = Event()
    try:
        worker._stop_by_signal(stop)
        with stop._cond:
            os.kill(os.getpid(), signal.SIGTERM)
            assert not stop._flag
        assert stop.wait(10)
        # Another is heard and changes nothing; ignored it might be told of as an error.
        assert signal.SIG_IGN not in {signal.getsignal(each) for each in before}
        for number in before:
            os.kill(os.getpid(), number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
