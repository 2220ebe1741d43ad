"""What the worker does about imports: checks, commits, takes back, and goes on."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO

from cabinet.domain.loads import LoadState
from cabinet.exchange.faults import UnusableFile
from cabinet.models import ImportBatch
from cabinet.models.base import on_sqlite, reading, writing
from cabinet.services import audit, files, jobs
from cabinet.services.billing.slices import GAP
from cabinet.services.importing.door import add_notes, close, forget_rows
from cabinet.services.importing.running import OvertakenError, Source, locked, run
from cabinet.services.importing.undoing import undo
from cabinet.services.jobs import Claimed, JobLostError, StoppingError

log = logging.getLogger(__name__)

JOB = "load"
Report = Callable[[int], None]


def load_next(*, clock: Callable[[], datetime], is_stopping: Callable[[], bool]) -> int:
    """Do the import that waits longest; return how many were done."""
    held = jobs.claim(JOB, now=clock())
    if held is None:
        return 0

    said = jobs.reporter(held, clock=clock, is_stopping=is_stopping)

    def report(done: int) -> None:
        said(done)
        if on_sqlite():
            # It has one writer: the portal gets its turn between two parts.
            time.sleep(GAP)

    try:
        with _given_back(held, clock):
            _do(held.context["load"], held, report, clock)
    except (StoppingError, JobLostError, OvertakenError):
        return 0
    return 1


@contextmanager
def _given_back(held: Claimed, clock: Callable[[], datetime]) -> Iterator[None]:
    """Say of the job and of the import why the work on it ended early."""
    batch_id = held.context["load"]
    try:
        yield
    except StoppingError:
        jobs.release(held)
        raise
    except (JobLostError, OvertakenError):
        log.warning("import lost", extra={"job": held.job_id})
        raise
    except UnusableFile as error:
        with writing():
            jobs.finish(held, now=clock())
        _stop(batch_id, error.reason)
    except Exception as error:
        log.exception("import failed", extra={"job": held.job_id})
        jobs.fail(held, type(error).__name__, now=clock())
        if held.tries >= jobs.MOST_TRIES:
            _stop(batch_id, type(error).__name__)


def _do(
    batch_id: int, held: Claimed, report: Report, clock: Callable[[], datetime]
) -> None:
    with reading():
        batch = ImportBatch.get_by_id(batch_id)
    if batch.state is LoadState.UNDOING:
        by = audit.Actor(batch.undone_by_id)
        undo(batch_id, now=clock(), actor=by, report=report)
        with writing():
            jobs.finish(held, now=clock())
        return
    if batch.state not in (LoadState.CHECKING, LoadState.RUNNING):
        with writing():
            jobs.finish(held, now=clock())
        return
    if not batch.done:
        forget_rows(batch_id)
    with file_of(batch) as stream:
        source = Source(name=batch.file_name, stream=stream)
        notes = run(batch_id, source, report=report)
    with writing():
        jobs.finish(held, now=clock())
        if batch.state is LoadState.RUNNING:
            close(batch_id, audit.Actor(batch.by_id), notes, now=clock())
        else:
            _checked(batch_id, notes)


def _checked(batch_id: int, notes: tuple[str, ...]) -> None:
    batch = locked(batch_id)
    if batch.state is LoadState.CHECKING:
        batch.state = LoadState.CHECKED
        add_notes(batch, notes)
        batch.save()


def job_key(batch: ImportBatch) -> str:
    """Return the key of the newest job of an import."""
    return f"{JOB}:{batch.id}:{batch.tries}"


@contextmanager
def file_of(batch: ImportBatch) -> Iterator[IO[bytes]]:
    """Yield the file as it came, from the disk: a piece in memory at a time."""
    with TemporaryFile() as stream:
        for piece in files.pieces_of(batch.file_id):
            stream.write(piece)
        stream.seek(0)
        yield stream


def _stop(batch_id: int, reason: str) -> None:
    """Say why it does not go on; a file that was only looked at waits again."""
    with writing():
        batch = locked(batch_id)
        batch.error = reason[:240]
        if batch.state is LoadState.CHECKING:
            batch.state = LoadState.WAITING
        batch.save()
