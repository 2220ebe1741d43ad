"""The ledger proved once a night, by whichever worker takes the turn."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import PeeweeException

from cabinet.models.interrupting import EVERY, interruptible
from cabinet.services import beats, jobs, ledger_night
from cabinet.services.jobs import Claimed, JobLostError
from cabinet.services.ledger_check import check_gently
from cabinet.services.ledger_night import Outcome

log = logging.getLogger(__name__)

#: How often the worker says that it still has the job.
HELD_EVERY = timedelta(minutes=1)


def check_due(
    *,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
    is_stopping: Callable[[], bool],
    every: float = EVERY,
) -> int:
    """Prove the ledger if it is this worker's turn; returns 1 if it was proved.

    Each proof reads a moment of its own and holds no writer; told to stop, the statement
    that runs is ended and the job goes back. `every` is how many seconds that may take.
    """
    ledger_night.put_due(zone=zone, now=clock())
    held = jobs.claim(ledger_night.KIND, now=clock())
    if held is None:
        return 0
    hold = _Hold(held, clock, is_stopping)
    try:
        with interruptible(hold.is_over, every=every):
            outcome = _prove(hold, clock)
        if outcome is None:
            return hold.let_go()
        ledger_night.keep(outcome, held=held)
    except JobLostError:
        log.warning("ledger check lost", extra={"job": held.job_id})
        return 0
    except Exception as error:
        if hold.is_ended:
            # What was ended from beside it fails in whatever words the driver has.
            return hold.let_go()
        log.exception("ledger check failed", extra={"job": held.job_id})
        why = type(error).__name__
        jobs.fail(held, why, now=clock())
        beats.note_failed(beats.LEDGER, now=clock(), why=why)
        return 0
    _tell(outcome)
    return 1


class _Hold:
    """The job while it is worked on: kept, until the worker stops or another has it."""

    def __init__(
        self,
        held: Claimed,
        clock: Callable[[], datetime],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._held = held
        self._clock = clock
        self._is_stopping = is_stopping
        self._told_at = clock()
        self._is_lost = False

    @property
    def is_ended(self) -> bool:
        """Tell whether there is nothing more to do, without asking the database."""
        return self._is_lost or self._is_stopping()

    def is_over(self) -> bool:
        """Tell whether to end, and say once a minute that somebody is at it."""
        now = self._clock()
        if not self.is_ended and abs(now - self._told_at) >= HELD_EVERY:
            self._told_at = now
            try:
                jobs.report(self._held, {}, now=now)
            except JobLostError:
                self._is_lost = True
            except PeeweeException:
                # The lease outlasts four of these.
                log.warning("ledger check not held longer", exc_info=True)
        return self.is_ended

    def let_go(self) -> int:
        """Give the job back for another worker to take, or for this one to come back."""
        if not self._is_lost:
            jobs.release(self._held)
        return 0


def _prove(hold: _Hold, clock: Callable[[], datetime]) -> Outcome | None:
    """Return what the proofs came to, None where they were not made to the end."""
    begun = clock()
    found: Counter[str] = Counter()
    checks = ledger_night.checks(begun)
    for check in checks:
        if hold.is_ended:
            return None
        for finding in check_gently(check):
            # How many, and of which rule: a number of an account stays in the database.
            found[finding.invariant] += 1
    return Outcome(
        begun=begun,
        ended=clock(),
        checks=tuple(ledger_night.name_of(check) for check in checks),
        found=found,
    )


def _tell(outcome: Outcome) -> None:
    if not outcome.findings:
        log.info(
            "ledger checked: all holds, %d checks, %d s",
            len(outcome.checks),
            outcome.seconds,
        )
        return
    log.error(
        "ledger checked: %d findings (%s); run cabinet ledger check",
        outcome.findings,
        outcome.words,
    )
