"""The worker's loop: every job in turn, until told to stop."""

import logging
import os
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread, get_native_id
from types import FrameType

from flask import Flask

from cabinet.config import Clock, Settings, logs
from cabinet.gateways.mailbox import MailboxError
from cabinet.gateways.shops import Shops
from cabinet.jobs import (
    audit,
    bills,
    erase,
    export,
    ledger,
    mail,
    mailbox,
    payments,
    reconcile,
    refunds,
    reminders,
)
from cabinet.jobs.signals import STOPS, hear_and_do_nothing, hear_no_more
from cabinet.mailing.send import ServerAwayError, sender_of
from cabinet.models.base import database, writing
from cabinet.services import (
    beats,
    limits,
    outgoing,
    registration,
    retention,
    searching,
    window_counts,
)
from cabinet.services import export as exports
from cabinet.services.importing import work as imports
from cabinet.services.questions import quiet

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
SWEEP_EVERY = timedelta(minutes=10)
REMIND_EVERY = timedelta(minutes=30)
FOLLOWERS = 4
RECONCILE_EVERY = timedelta(minutes=10)
SEAL_EVERY = timedelta(minutes=1)
MAILBOX_EVERY = timedelta(minutes=1)
COUNT_EVERY = timedelta(minutes=5)
BEAT_EVERY = timedelta(seconds=30)
#: Of parts that nobody waits for within minutes.
TELL_EVERY = timedelta(minutes=1)
LEDGER_EVERY = timedelta(minutes=1)
#: Who was away at night first asks the banks: what nobody has asked about is no finding.
SETTLED = timedelta(minutes=20)
#: The least any thread may have.
LAST_OF_ALL = 19
#: Seconds until a mail server that does not speak is tried again.
AWAY_SECONDS = 15


class _Every:
    """Tells whether the span is over since it last was; at first it is."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._last: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        # A clock that was put back does not make anything wait for that.
        if self._last is not None and timedelta(0) <= now - self._last < self._span:
            return False
        self._last = now
        return True


class _Success:
    """Writes down, once in a while, that a part of the worker has done its turn."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._turn = _Every(TELL_EVERY)

    def note(self, now: datetime) -> None:
        if self._turn.is_due(now):
            _attempt(partial(beats.note, self._part, now=now))


def work(app: Flask, settings: Settings, clock: Clock) -> None:
    """Run the jobs until SIGINT or SIGTERM; one failing job does not stop the others."""
    stop = Event()
    said = _stop_by_signal(stop)
    # What takes a minute has a thread of its own: a code by mail must not wait for it.
    others = [
        Thread(target=_send_mail, args=(app, settings, clock, stop)),
        Thread(target=_work_long, args=(app, settings, clock, stop)),
        Thread(target=_work_on_bills, args=(app, clock, stop)),
        Thread(target=_work_on_loads, args=(app, clock, stop)),
        Thread(target=_work_on_words, args=(app, clock, stop)),
        Thread(target=_count_for_others, args=(app, clock, stop)),
        Thread(target=_check_at_night, args=(app, settings, clock, stop)),
    ]
    # A provider that is silent holds one of these for ten seconds, and not the others.
    others += [
        Thread(target=_follow_payments, args=(app, clock, stop))
        for _ in range(FOLLOWERS)
    ]
    if settings.mailbox:
        others.append(Thread(target=_read_mailbox, args=(app, settings, clock, stop)))
    for thread in others:
        thread.start()
    try:
        _work_short(app, settings, clock, stop)
    finally:
        # Whatever ends this loop ends the others, or the process would never be gone.
        stop.set()
        said.put(0)
        for thread in others:
            thread.join()
        hear_no_more()


def _stop_by_signal(stop: Event) -> SimpleQueue[int]:
    """Set the event on SIGINT or SIGTERM, or when something is put into the queue.

    A handler runs amid whatever the main thread does, also while it holds the lock of
    the event: setting it there could wait for ever. Putting into this queue cannot. A
    second signal changes nothing.
    """
    said: SimpleQueue[int] = SimpleQueue()

    def hear(number: int, _frame: FrameType | None) -> None:
        hear_and_do_nothing()
        said.put(number)

    for number in STOPS:
        signal.signal(number, hear)

    def watch() -> None:
        said.get()
        stop.set()

    Thread(target=watch, daemon=True).start()
    return said


def _work_short(app: Flask, settings: Settings, clock: Clock, stop: Event) -> None:
    url, home, secret = settings.public_url, settings.home, settings.secret_key
    timed = [
        (
            beats.SWEEP,
            _Every(SWEEP_EVERY),
            (
                _sweep,
                registration.expire,
                partial(erase.erase_due, home),
                partial(retention.sweep, secret=secret),
                quiet.close_quiet,
            ),
        ),
        # The days and the hour are those of each branch; who has had a letter of the
        # occasion gets no other.
        (
            beats.REMINDERS,
            _Every(REMIND_EVERY),
            (
                partial(reminders.remind_due, public_url=url),
                partial(reminders.tell_of_bills, public_url=url),
                partial(reminders.tell_of_verifications, public_url=url),
            ),
        ),
        (
            beats.SEALS,
            _Every(SEAL_EVERY),
            (partial(audit.seal_due, secret=secret), partial(audit.keep_head, home)),
        ),
    ]
    beat = _Every(BEAT_EVERY)
    unused = () if settings.mailbox else (beats.MAILBOX,)
    is_expected = False
    while not stop.is_set():
        now = clock.now()
        with app.app_context():
            if not is_expected:
                expect = partial(beats.expect, now=now, without=unused)
                is_expected = _attempt(expect)
            if beat.is_due(now):
                _attempt(partial(beats.note, beats.SCHEDULE, now=now))
            # Each job connects by itself: a database that is away is back at some turn.
            for part, turn, jobs in timed:
                if turn.is_due(now):
                    done = [_attempt(partial(job, now=now)) for job in jobs]
                    if all(done):
                        _attempt(partial(beats.note, part, now=now))
            database.close()
        stop.wait(PAUSE_SECONDS)


def _send_mail(app: Flask, settings: Settings, clock: Clock, stop: Event) -> None:
    """Send in a thread of its own: a silent server holds no other job."""
    sender, address = sender_of(settings.mail, settings.home), settings.mail.sender
    beat = _Every(BEAT_EVERY)
    while not stop.is_set():
        pause = PAUSE_SECONDS
        with app.app_context():
            if beat.is_due(now := clock.now()):
                _attempt(partial(beats.note, beats.LETTERS, now=now))
            try:
                mail.send_due(
                    sender,
                    address=address,
                    now=clock.now(),
                    is_stopping=stop.is_set,
                )
            except ServerAwayError as error:
                log.warning("mail waits, its server is away: %s", error)
                pause = AWAY_SECONDS
            except Exception:
                log.exception("job failed")
            database.close()
        stop.wait(pause)


def _work_long(app: Flask, settings: Settings, clock: Clock, stop: Event) -> None:
    run_next = partial(
        export.run_next, settings, clock=clock.now, is_stopping=stop.is_set
    )
    make_next = partial(outgoing.make_next, clock=clock.now, is_stopping=stop.is_set)
    shops = app.extensions["cabinet.shops"]
    turn, success = _Every(RECONCILE_EVERY), _Success(beats.ARCHIVES)
    while not stop.is_set():
        now = clock.now()
        with app.app_context():
            if all([_attempt(run_next), _attempt(make_next)]):
                success.note(clock.now())
            if turn.is_due(now):
                _attempt(partial(reconcile.reconcile_due, shops, now=now))
            database.close()
        stop.wait(PAUSE_SECONDS)


def _work_on_bills(app: Flask, clock: Clock, stop: Event) -> None:
    work_on_runs = partial(bills.work_on_runs, clock=clock.now, is_stopping=stop.is_set)
    success = _Success(beats.BILLS)
    while not stop.is_set():
        with app.app_context():
            if _attempt(work_on_runs):
                success.note(clock.now())
            database.close()
        stop.wait(PAUSE_SECONDS)


def _work_on_loads(app: Flask, clock: Clock, stop: Event) -> None:
    load_next = partial(imports.load_next, clock=clock.now, is_stopping=stop.is_set)
    success = _Success(beats.LOADS)
    while not stop.is_set():
        with app.app_context():
            if _attempt(load_next):
                success.note(clock.now())
            database.close()
        stop.wait(PAUSE_SECONDS)


def _read_mailbox(app: Flask, settings: Settings, clock: Clock, stop: Event) -> None:
    """Read the mailbox in a thread of its own: its server may be slow to answer."""
    turn = _Every(MAILBOX_EVERY)
    while not stop.is_set():
        now = clock.now()
        if turn.is_due(now):
            with app.app_context():
                try:
                    mailbox.take_due(settings, now=now)
                    beats.note(beats.MAILBOX, now=now)
                except MailboxError as error:
                    log.warning("mailbox not read: %s", error)
                except Exception:
                    log.exception("job failed")
                database.close()
        stop.wait(PAUSE_SECONDS)


def _work_on_words(app: Flask, clock: Clock, stop: Event) -> None:
    make_due = partial(searching.make_due, is_stopping=stop.is_set)
    success = _Success(beats.WORDS)
    while not stop.is_set():
        with app.app_context():
            if _attempt(make_due):
                success.note(clock.now())
            database.close()
        stop.wait(PAUSE_SECONDS)


def _count_for_others(app: Flask, clock: Clock, stop: Event) -> None:
    turn = _Every(COUNT_EVERY)
    while not stop.is_set():
        now = clock.now()
        if turn.is_due(now):
            with app.app_context():
                _attempt(partial(window_counts.count, now=now))
                database.close()
        stop.wait(PAUSE_SECONDS)


def _check_at_night(app: Flask, settings: Settings, clock: Clock, stop: Event) -> None:
    """Prove the ledger behind everybody else: nobody waits for it."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), LAST_OF_ALL)
    check = partial(
        ledger.check_due, zone=settings.zone, clock=clock.now, is_stopping=stop.is_set
    )
    turn, begun = _Every(LEDGER_EVERY), clock.now()
    while not stop.is_set():
        now = clock.now()
        if abs(now - begun) >= SETTLED and turn.is_due(now):
            with app.app_context():
                _attempt(check)
                database.close()
        stop.wait(PAUSE_SECONDS)


def _follow_payments(app: Flask, clock: Clock, stop: Event) -> None:
    shops = app.extensions["cabinet.shops"]
    beat = _Every(BEAT_EVERY)
    while not stop.is_set():
        with app.app_context():
            if beat.is_due(now := clock.now()):
                _attempt(partial(beats.note, beats.PAYMENTS, now=now))
            _attempt(partial(_follow, shops, clock))
            database.close()
        stop.wait(PAUSE_SECONDS)


def _follow(shops: Shops, clock: Clock) -> int:
    """Follow what there is; an installation without shops has nothing to follow."""
    if not any(shops):
        return 0
    for follow in (payments.follow, refunds.follow):
        _attempt(partial(follow, shops, now=clock.now()))
    return 0


def _sweep(*, now: datetime) -> int:
    with writing():
        return limits.sweep(now=now) + exports.sweep(now=now)


def _attempt(job: Callable[[], int]) -> bool:
    """Do it and tell whether it went well."""
    with logs.within(job=f"{_name(job)}-{secrets.token_hex(4)}"):
        try:
            job()
        except Exception:
            # A job's fault is logged and the others go on; the lease brings it back.
            log.exception("job failed")
            return False
    return True


def _name(job: Callable[..., object]) -> str:
    """Return what the function is called, whatever was given to it beforehand."""
    while isinstance(job, partial):
        job = job.func
    return getattr(job, "__name__", "job")
