"""Work for the worker: put in the transaction of its act, done at least once.

Whoever claims a job holds it for a while; each word of progress holds it longer. The
number of the try tells who holds it: one who was overtaken reports in vain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import Expression, IntegrityError

from cabinet.models import Job
from cabinet.models.base import database, lock, writing

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
MOST_TRIES = 3


class JobLostError(Exception):
    """The job is nobody's any more, or another's: what was made of it is thrown away."""


class StoppingError(Exception):
    """The worker is told to stop: the job goes back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A job somebody holds."""

    job_id: int
    tries: int
    key: str
    context: dict[str, Any]


def put(kind: str, *, key: str, context: dict[str, object], now: datetime) -> bool:
    """Put a job inside the open transaction; the same key again changes nothing."""
    try:
        with database.savepoint():
            Job.create(kind=kind, key=key, context=context, run_at=now)
    except IntegrityError:
        return False
    return True


def claim(kind: str, *, now: datetime) -> Claimed | None:
    """Take the job that waits longest; one that was tried too often is given up."""
    with writing():
        is_free = Job.lease_until.is_null() | (Job.lease_until <= now)
        open_ones = Job.done_at.is_null() & Job.failed_at.is_null()
        mine = (Job.kind == kind) & open_ones & is_free
        Job.update(failed_at=now, lease_until=None).where(
            mine, Job.tries >= MOST_TRIES
        ).execute()
        due = Job.select().where(mine, Job.run_at <= now).order_by(Job.run_at, Job.id)
        row = lock(due.limit(1)).first()
        if row is None:
            return None
        Job.update(lease_until=now + LEASE, tries=row.tries + 1).where(
            Job.id == row.id
        ).execute()
        return Claimed(
            job_id=row.id, tries=row.tries + 1, key=row.key, context=row.context
        )


def report(held: Claimed, progress: dict[str, object], *, now: datetime) -> None:
    """Write down how far it is and hold it longer; raises JobLostError."""
    with writing():
        _change(held, progress=progress, lease_until=now + LEASE)


def reporter(
    held: Claimed,
    *,
    clock: Callable[[], datetime],
    is_stopping: Callable[[], bool],
) -> Callable[[int], None]:
    """Return what says how much is done; it raises StoppingError and JobLostError."""

    def said(done: int) -> None:
        if is_stopping():
            raise StoppingError
        report(held, {"done": done}, now=clock())

    return said


def finish(held: Claimed, *, now: datetime) -> None:
    """Note it as done inside the open transaction; raises JobLostError."""
    _change(held, done_at=now, lease_until=None)


def release(held: Claimed) -> None:
    """Give it back untried: the worker is stopping."""
    with writing():
        Job.update(lease_until=None, tries=held.tries - 1).where(_is(held)).execute()


def fail(held: Claimed, error: str, *, now: datetime) -> None:
    """Try it again later, or give it up."""
    with writing():
        is_last = held.tries >= MOST_TRIES
        Job.update(
            error=error[:240],
            lease_until=None,
            run_at=now + FIRST_PAUSE * 2**held.tries,
            failed_at=now if is_last else None,
        ).where(_is(held)).execute()


def _change(held: Claimed, **values: object) -> None:
    if not Job.update(**values).where(_is(held)).execute():
        raise JobLostError(held.key)


def _is(held: Claimed) -> Expression:
    return (Job.id == held.job_id) & (Job.tries == held.tries) & Job.done_at.is_null()
