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
from cabinet.exchange.rows import Format, TableLike
from cabinet.models import Branch, ImportBatch, ImportRow
from cabinet.models.base import reading, writing
from cabinet.services import audit, bulk
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
_AT_ONCE = 5000
NO_CONTROL = "контрольной строки в файле нет"


class BranchUnknownError(LookupError):
    """No branch has this code."""


def import_file(
    name: str,
    stream: IO[bytes],
    *,
    now: datetime,
    kind: str | None = None,
    layout: Layout | None = None,
    branch: str = "",
    folder: Path | None = None,
    by: audit.Actor = audit.SYSTEM,
    report: Callable[[int], None] = lambda _done: None,
) -> ImportReport:
    """Bring one file in and return the report.

    The kind is recognised by the header unless it is named. `folder` holds the files
    that a list of papers names; with a `branch` the accounts of others are unknown. Rows
    go in by parts, each in a transaction of its own: a file that was interrupted goes on
    when it comes again. One that is in changes nothing; a list may come again, since its
    files may be others. Raises UnusableFile, and then nothing is changed either, for
    what cannot be read and for a registry whose control line does not fit its rows;
    OvertakenError where the file is being taken by somebody else; BranchUnknownError.
    """
    source = Source(name=name, stream=stream, folder=folder)
    table = table_of(name, stream, layout)
    binding = bind_table(table, kind, layout)
    with reading():
        batch = earlier_of(binding.profile.kind, table.examined.sha256)
    if batch is None:
        made = _batch(source, table, binding, layout)
        batch = _open(made, branch, by, now, LoadState.RUNNING)
    if batch.state is LoadState.COMMITTED:
        with reading():
            return report_of(batch, seen=True)
    if batch.state is LoadState.UNDOING:
        raise OvertakenError(batch.id)
    notes = run(batch.id, source, report=report)
    with writing():
        return report_of(close(batch.id, by, notes, now=now), seen=False)


def check_file(
    name: str,
    stream: IO[bytes],
    *,
    now: datetime,
    kind: str | None = None,
    layout: Layout | None = None,
    branch: str = "",
    folder: Path | None = None,
) -> ImportReport:
    """Return the report that `import_file` would give, and leave nothing behind.

    Raises what it does.
    """
    source = Source(name=name, stream=stream, folder=folder)
    table = table_of(name, stream, layout)
    binding = bind_table(table, kind, layout)
    with reading():
        earlier = earlier_of(binding.profile.kind, table.examined.sha256)
        if earlier is not None and earlier.state is LoadState.COMMITTED:
            return report_of(earlier, seen=True)
    made = _batch(source, table, binding, layout)
    batch = _open(made, branch, audit.SYSTEM, now, LoadState.CHECKING)
    try:
        notes = run(batch.id, source)
        with writing():
            batch = locked(batch.id)
            add_notes(batch, notes)
            return report_of(batch, seen=False)
    finally:
        _forget(batch.id)


def _batch(
    source: Source, table: TableLike, binding: Binding[Any], layout: Layout | None
) -> dict[str, Any]:
    """Return what is known of the file before it is taken; raises UnusableFile."""
    return {
        "kind": binding.profile.kind,
        "file_name": printable(source.name),
        "sha256": table.examined.sha256,
        "control": control_for(source, binding, layout),
        "layout": {**(layout or {}), "header": list(binding.header)},
    }


def _open(
    made: dict[str, Any],
    branch: str,
    by: audit.Actor,
    now: datetime,
    state: LoadState,
) -> ImportBatch:
    """Return a new batch, or the one that somebody opened at this moment."""
    try:
        with writing():
            batch: ImportBatch = ImportBatch.create(
                **made,
                state=state,
                branch=_branch(branch),
                by=by.user_id,
                started_at=now,
            )
            return batch
    except IntegrityError:
        with reading():
            other = earlier_of(made["kind"], made["sha256"])
        if other is None:
            raise
        return other


def _branch(code: str) -> Branch | None:
    if not code:
        return None
    found: Branch | None = Branch.get_or_none(Branch.code == code)
    if found is None:
        raise BranchUnknownError(code)
    return found


def _forget(batch_id: int) -> None:
    """Forget a file that was only looked at."""
    forget_rows(batch_id)
    with writing():
        ImportBatch.delete().where(ImportBatch.id == batch_id).execute()


def forget_rows(batch_id: int) -> None:
    """Forget what was said of the rows of a file when they were looked at."""
    while True:
        with writing():
            query = ImportRow.select(ImportRow.id).where(ImportRow.batch == batch_id)
            ids = [row_id for (row_id,) in query.limit(_AT_ONCE).tuples()]
            for some in bulk.chunks(ids, 500):
                ImportRow.delete().where(ImportRow.id.in_(some)).execute()
        if not ids:
            return


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
