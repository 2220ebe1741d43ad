"""The proofs of the ledger, made once a night: whose turn it is, and what came of it.

Whose turn it is the database decides: the night's job has its day in its key. What came
of it is kept in two places, without anybody's number: of the last one when it was, how
long and how much did not hold, for those who watch; all of each in the audit log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from cabinet.models import Job
from cabinet.models.base import reading, writing
from cabinet.services import audit, beats, jobs
from cabinet.services.audit import SYSTEM
from cabinet.services.jobs import Claimed
from cabinet.services.ledger_check import CHECKS, Check
from cabinet.services.payments import invariants

KIND = "ledger"
#: The hour of the installation's clock after which a day is checked.
HOUR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the proofs came to: when they ended, and how many of a rule do not hold."""

    begun: datetime
    ended: datetime
    checks: tuple[str, ...]
    found: Mapping[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> int:
        """Return how much does not hold."""
        return sum(self.found.values())

    @property
    def seconds(self) -> int:
        """Return how long it took; a clock put back meanwhile makes it nothing."""
        return max(int((self.ended - self.begun).total_seconds()), 0)

    @property
    def words(self) -> str:
        """Return how many of each rule: «I2 3, I8 1»."""
        return ", ".join(
            f"{rule} {count}" for rule, count in sorted(self.found.items())
        )


def checks(now: datetime) -> tuple[Check, ...]:
    """Return every proof there is: of balances, entries and bills, and of payments."""
    return (*CHECKS, *invariants.checks(now))


def name_of(check: Check) -> str:
    """Return what a proof is called, whatever was given to it beforehand."""
    function = check.func if isinstance(check, partial) else check
    return str(getattr(function, "__name__", "check"))


def put_due(*, zone: ZoneInfo, now: datetime) -> bool:
    """Put the job of this day, from two in the night on; tells whether it was put.

    A machine that was off at night is checked when it is back.
    """
    here = now.astimezone(zone)
    if here.hour < HOUR:
        return False
    key = f"{KIND}:{here.date().isoformat()}"
    with reading():
        if Job.select().where(Job.key == key).exists():
            return False
    with writing():
        # Earlier nights are told of in the log.
        Job.delete().where(
            Job.kind == KIND, Job.done_at.is_null(False) | Job.failed_at.is_null(False)
        ).execute()
        return jobs.put(KIND, key=key, context={}, now=now)


def keep(outcome: Outcome, *, held: Claimed | None = None) -> None:
    """Write down what came of it, with the night's job if it was one.

    Raises JobLostError where somebody else has the job by now: nothing is written then.
    """
    with writing():
        if held is not None:
            jobs.finish(held, now=outcome.ended)
        beats.put(
            beats.LEDGER,
            now=outcome.ended,
            told={
                "made": True,
                "findings": outcome.findings,
                "seconds": outcome.seconds,
            },
        )
        audit.record(
            SYSTEM,
            "ledger.checked",
            now=outcome.ended,
            findings=outcome.findings,
            found=dict(outcome.found),
            checks=list(outcome.checks),
            seconds=outcome.seconds,
        )
