"""Whether rows are really taken, which is tried seldom, and what is late.

`health` looks and writes nothing: a database whose disk is full, or whose file only
reads, answers every look. Only a write that is kept meets it. One that is taken back
would not: SQLite writes its log when a transaction is kept, Postgres flushes it then.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic

from peewee import PeeweeException

from cabinet.models import Attempt
from cabinet.models.base import (
    OthersWriteError,
    database,
    on_sqlite,
    writing_if_free,
)
from cabinet.services import beats, room
from cabinet.services.health import UNAVAILABLE
from cabinet.services.vitals import Vitals

log = logging.getLogger(__name__)

#: Seconds what came of a trial is told again: of one that went well, and of any other.
GOOD_FOR, BAD_FOR = 10.0, 1.0
#: Seconds a trial waits for others who write; balancers give a question three.
PATIENCE = 0.25
#: Seconds others may write with no gap for a trial, and a trial itself may take.
MOST_LOCKED, MOST_TAKEN = 60.0, 10.0
#: The counter that is written; whoever sweeps counters takes it away.
KEY, SPAN, KEPT = "ready", "now", timedelta(hours=1)

#: Of letters, and of the seals of the log: a worker does both within a minute.
LATE = timedelta(minutes=15)
#: Seconds two clocks may differ by.
APART = 2.0


class Trial:
    """Writes a row of this process now and then, and tells what came of it.

    Readiness is asked every second or two by each balancer: a write for each question
    would be a load of its own, and on SQLite would stand in the writers' way.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._turn = Lock()
        self._fault = ""
        self._next_at = self._good_at = seconds()
        self._begun_at: float | None = None

    def fault(self, now: datetime) -> str:
        """Return why no row is taken; empty where one was, a few seconds ago at most."""
        if self._seconds() < self._next_at:
            return self._fault
        if not self._turn.acquire(blocking=False):
            begun = self._begun_at
            is_stuck = begun is not None and self._seconds() - begun > MOST_TAKEN
            return "a write does not end" if is_stuck else self._fault
        try:
            self._begun_at = self._seconds()
            self._fault = self._try(now)
        finally:
            self._begun_at = None
            self._turn.release()
        return self._fault

    def _try(self, now: datetime) -> str:
        self._next_at = self._seconds() + BAD_FOR
        try:
            with writing_if_free(PATIENCE):
                write_row(now)
        except OthersWriteError:
            is_long = self._seconds() - self._good_at > MOST_LOCKED
            return "the database was locked for a minute" if is_long else self._fault
        except (PeeweeException, *UNAVAILABLE) as error:
            log.warning("a trial row was not taken: %s", type(error).__name__)
            if room.is_want_of_room(error):
                return "no row is taken: the disk is full"
            return "no row is taken"
        self._good_at = self._seconds()
        self._next_at = self._good_at + GOOD_FOR
        return ""


def write_row(now: datetime) -> None:
    """Write the row that is good for nothing else, inside the open transaction."""
    until = now + KEPT
    Attempt.insert(key=KEY, span=SPAN, count=1, expires_at=until).on_conflict(
        conflict_target=[Attempt.key, Attempt.span], update={Attempt.expires_at: until}
    ).execute()


def seconds_apart(now: datetime) -> float | None:
    """Return how far the clock is ahead of the database's; none where both are one."""
    if on_sqlite():
        return None
    (theirs,) = database.execute_sql("SELECT clock_timestamp()").fetchone()
    apart: float = (now - theirs).total_seconds()
    return apart


def remarks(vitals: Vitals, *, apart: float | None) -> Iterator[str]:
    """Tell what is late or wrong and keeps no customer from being served."""
    if apart is not None and abs(apart) > APART:
        yield f"the clock differs from the database's by {abs(apart):.0f} s"
    found = vitals.figures
    if found is None:
        return
    if (age := found.letters.age(vitals.at)) > LATE:
        yield f"letters wait for {age.total_seconds():.0f} s"
    if late := found.late.waiting:
        yield f"payments and notices nobody asked about in time: {late}"
    for part in beats.late(found.beats, now=vitals.at):
        if part in beats.FIRST:
            at = found.beats[part]
            yield f"the worker's {part} are silent since {at.isoformat()}"
