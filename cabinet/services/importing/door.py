"""The one door for files: recognise, refuse what came before, take part by part."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from peewee import IntegrityError

from cabinet.domain.loads import TAKEN, LoadState
from cabinet.domain.money import Money
from cabinet.exchange.control import Control
from cabinet.exchange.profiles import Binding
from cabinet.exchange.rows import Format
from cabinet.models import ImportBatch
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.importing.report import ImportReport, Outcome, report_of
from cabinet.services.importing.running import OvertakenError, Source, locked, run
from cabinet.services.importing.tables import (
    Layout,
    bind_table,
    control_of,
    kind_of,
    table_of,
)

__all__ = ["import_file", "kind_of"]

#: What is in them lies beside them.
LISTS_OF_FILES = ("papers",)
_LONGEST_NAME = 240
NO_CONTROL = "контрольной строки в файле нет"


def import_file(
    name: str,
    stream: IO[bytes],
    *,
    now: datetime,
    kind: str | None = None,
    layout: Layout | None = None,
    folder: Path | None = None,
    by: audit.Actor = audit.SYSTEM,
    report: Callable[[int], None] = lambda _done: None,
) -> ImportReport:
    """Bring one file in and return the report.

    The kind is recognised by the header unless it is named. `folder` holds the files
    that a list of papers names. Rows go in by parts, each in a transaction of its own: a
    file that was interrupted goes on when it comes again. One that is in changes
    nothing; a list may come again, since its files may be others. Raises UnusableFile,
    and then nothing is changed either, for what cannot be read and for a registry whose
    control line does not fit its rows; OvertakenError where the file is being taken by
    somebody else.
    """
    source = Source(name=name, stream=stream, folder=folder)
    batch = _open(source, kind, layout, by, now)
    if batch.state is LoadState.COMMITTED:
        with reading():
            return report_of(batch, seen=True)
    if batch.state is LoadState.UNDOING:
        raise OvertakenError(batch.id)
    notes = run(batch.id, source, report=report)
    with writing():
        return report_of(close(batch.id, by, notes, now=now), seen=False)


def _open(
    source: Source,
    kind: str | None,
    layout: Layout | None,
    by: audit.Actor,
    now: datetime,
) -> ImportBatch:
    """Return the batch of the file: the one there is, or a new one."""
    table = table_of(source.name, source.stream, layout)
    binding = bind_table(table, kind, layout)
    kind, sha256 = binding.profile.kind, table.examined.sha256
    with reading():
        earlier = earlier_of(kind, sha256)
    if earlier is not None:
        return earlier
    control = control_for(source, binding, layout)
    try:
        with writing():
            made: ImportBatch = ImportBatch.create(
                kind=kind,
                file_name=printable(source.name),
                sha256=sha256,
                state=LoadState.RUNNING,
                by=by.user_id,
                started_at=now,
                control=control,
                layout={**(layout or {}), "header": list(binding.header)},
            )
            return made
    except IntegrityError:
        # Somebody brings the same file in at this moment.
        with reading():
            other = earlier_of(kind, sha256)
        if other is None:
            raise
        return other


def earlier_of(kind: str, sha256: str) -> ImportBatch | None:
    """Return the batch by which the same file is in, or on its way in."""
    is_list = kind in LISTS_OF_FILES
    states = [LoadState.RUNNING] if is_list else list(TAKEN)
    found: ImportBatch | None = (
        ImportBatch.select()
        .where(
            ImportBatch.kind == kind,
            ImportBatch.sha256 == sha256,
            ImportBatch.state.in_(states),
        )
        .first()
    )
    return found


def control_for(
    source: Source, binding: Binding[Any], layout: Layout | None
) -> dict[str, Any]:
    """Return what a registry says of itself, compared with its rows; UnusableFile."""
    table = table_of(source.name, source.stream, layout)
    is_plain = table.shape.format == Format.DELIMITED
    if is_plain and not binding.profile.sums:
        return {}
    control: Control | None = control_of(table, binding)
    if not binding.profile.sums:
        return {}
    told: dict[str, Any] = {"amount": 0, "held": 0}
    if control is None:
        return {**told, "notes": [NO_CONTROL]}
    sums = [one.kopecks for one in control.sums or (Money(0),)]
    return {
        **told,
        "told": sums[0],
        "rows": control.count,
        "document": control.document,
    }


def close(
    batch_id: int, by: audit.Actor, notes: tuple[str, ...], *, now: datetime
) -> ImportBatch:
    """Note that every row is in, inside the open transaction; OvertakenError."""
    batch = locked(batch_id)
    if batch.state is not LoadState.RUNNING:
        raise OvertakenError(batch_id)
    batch.state = LoadState.COMMITTED
    batch.finished_at = now
    batch.error = ""
    add_notes(batch, notes)
    batch.save()
    audit.record(
        by,
        "import.committed",
        now=now,
        subject=f"import_batch:{batch.id}",
        kind=batch.kind,
        **{str(outcome): batch.counts.get(outcome, 0) for outcome in Outcome},
    )
    return batch


def add_notes(batch: ImportBatch, notes: tuple[str, ...]) -> None:
    """Put what the file's reader left out beside what the file says of itself."""
    if notes:
        batch.control["notes"] = [*batch.control.get("notes", ()), *notes]


def printable(name: str) -> str:
    """Return the name of a file as a column takes it: disks allow bytes of any kind."""
    return name.encode("utf-8", "replace").decode()[-_LONGEST_NAME:]
