"""The worker's loop: every job in turn, until told to stop."""

import logging
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from flask import Flask

from cabinet.config import Clock, Settings
from cabinet.jobs import audit, mail
from cabinet.mailing.send import sender_of
from cabinet.models.base import database, writing
from cabinet.services import limits

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
SWEEP_EVERY = timedelta(minutes=10)
SEAL_EVERY = timedelta(minutes=1)


def work(app: Flask, settings: Settings, clock: Clock) -> None:
    """Run the jobs until SIGINT or SIGTERM; one failing job does not stop the others."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sender = sender_of(settings.mail, settings.home)
    swept_at: datetime | None = None
    sealed_at: datetime | None = None
    while not stop.is_set():
        now = clock.now()
        with app.app_context():
            # Each job connects by itself: a database that is away is back at some turn.
            _attempt(
                partial(mail.send_due, sender, address=settings.mail.sender, now=now)
            )
            if swept_at is None or now - swept_at > SWEEP_EVERY:
                _attempt(partial(_sweep, now))
                swept_at = now
            if sealed_at is None or now - sealed_at >= SEAL_EVERY:
                _attempt(partial(audit.seal_due, secret=settings.secret_key, now=now))
                sealed_at = now
            database.close()
        stop.wait(PAUSE_SECONDS)


def _sweep(now: datetime) -> int:
    with writing():
        return limits.sweep(now=now)


def _attempt(job: Callable[[], int]) -> None:
    try:
        job()
    except Exception:
        # A job's fault is logged and the others go on; the lease brings it back.
        log.exception("job failed")
