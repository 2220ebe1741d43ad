"""Imports as the back office sees them: the list, one of them, its faulty rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

from cabinet.domain.loads import AT_WORK, LoadState, RowQueue
from cabinet.models import Branch, ColumnProfile, ImportBatch, ImportRow, User
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.importing.loads import is_by_command, is_stuck
from cabinet.services.importing.report import ImportReport, report_of
from cabinet.services.importing.whose import batch_of, note_look, seen_by, waits
from cabinet.services.staff import Member, offices_of

PAGE = 40
#: Faults a page lists; the rest is in the file.
FAULTS = 30
#: Rows of the file of faults.
MOST_ROWS = 50_000
REASON = "Причина"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadLine:
    """An import in the list."""

    public_id: UUID
    number: int
    kind: str
    file: str
    branch: str
    state: LoadState
    good: int
    bad: int
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Loads:
    """The newest imports, the branches one may load for, and the saved profiles."""

    lines: tuple[LoadLine, ...]
    branches: tuple[tuple[str, str], ...]
    profiles: tuple[tuple[str, str], ...]
    unrecognised: int
    waiting: int

    @property
    def is_any_at_work(self) -> bool:
        """Tell whether an import is being worked on."""
        return any(line.state in AT_WORK for line in self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadCard:
    """An import: how far it is, and what became of its rows."""

    line: LoadLine
    report: ImportReport
    layout: dict[str, Any]
    done: int
    undone: int
    error: str
    is_stuck: bool
    is_by_command: bool
    has_file: bool
    finished_at: datetime | None
    undone_at: datetime | None
    undone_why: str
    told_rows: int | None

    @property
    def is_at_work(self) -> bool:
        """Tell whether the worker has it, or is to have it."""
        return self.line.state in AT_WORK and not self.is_stuck


def loads(member: Member) -> Loads:
    """Return the newest imports of the member's branches."""
    with reading():
        query = (
            _lines()
            .where(
                seen_by(member),
                ImportBatch.state != LoadState.DROPPED,
                ImportBatch.part_of.is_null(),
            )
            .order_by(ImportBatch.id.desc())
            .limit(PAGE)
        )
        return Loads(
            lines=tuple(_line(row) for row in query),
            branches=offices_of(member),
            profiles=tuple(
                (str(public_id), name)
                for public_id, name in ColumnProfile.select(
                    ColumnProfile.public_id, ColumnProfile.name
                )
                .where(ColumnProfile.removed_at.is_null())
                .order_by(ColumnProfile.name)
                .tuples()
            ),
            unrecognised=_waiting(member, RowQueue.MONEY),
            waiting=_waiting(member, RowQueue.REST),
        )


def _waiting(member: Member, queue: RowQueue) -> int:
    query = ImportRow.select().join(ImportBatch).where(waits(member, queue))
    found: int = query.count()
    return found


def card(
    member: Member, public_id: UUID, *, actor: audit.Actor, now: datetime
) -> LoadCard:
    """Return one import and note who looked at its rows; raises LoadNotFoundError."""
    with writing():
        batch = batch_of(member, public_id)
        row = _lines().where(ImportBatch.id == batch.id).get()
        # A page that waits asks every few seconds and shows no rows meanwhile.
        most = 0 if batch.state in AT_WORK else FAULTS
        if most:
            _note_rows(batch, actor, now)
        return LoadCard(
            line=_line(row),
            report=report_of(batch, seen=False, most=most),
            layout=batch.layout or {},
            done=batch.done,
            undone=batch.control.get("undone", 0),
            error=batch.error,
            is_stuck=is_stuck(batch),
            is_by_command=is_by_command(batch),
            has_file=batch.file_id is not None,
            finished_at=batch.finished_at,
            undone_at=batch.undone_at,
            undone_why=batch.undone_why,
            told_rows=batch.control.get("rows"),
        )


def _note_rows(batch: ImportBatch, actor: audit.Actor, now: datetime) -> None:
    """Note whose rows are shown."""
    rows = (
        ImportRow.select(ImportRow.raw)
        .where(ImportRow.batch == batch)
        .order_by(ImportRow.line, ImportRow.id)
        .limit(FAULTS)
        .tuples()
    )
    note_look(
        actor,
        "import.looked",
        (cell for (raw,) in rows for cell in raw),
        subject=f"import_batch:{batch.id}",
        now=now,
    )


def faults_book(
    member: Member, public_id: UUID, *, actor: audit.Actor, now: datetime
) -> tuple[str, bytes]:
    """Return the rows that did not pass as a workbook, each with its reason.

    The columns are those of the file, so that it can be corrected and sent again. Raises
    LoadNotFoundError.
    """
    with writing():
        batch = batch_of(member, public_id)
        audit.record(
            actor, "import.faults_taken", now=now, subject=f"import_batch:{batch.id}"
        )
    header = [*(batch.layout or {}).get("header", ()), REASON]
    with reading():
        write = import_module("cabinet.exchange.workbook").xlsx_bytes
        body: bytes = write("Ошибки", header, _fault_rows(batch, len(header) - 1))
    return f"Ошибки загрузки {batch.id}.xlsx", body


def _fault_rows(batch: ImportBatch, width: int) -> Iterator[list[str]]:
    """Yield a row of the file once, with all that is wrong with it."""
    query = (
        ImportRow.select(
            ImportRow.line, ImportRow.raw, ImportRow.column, ImportRow.reason
        )
        .where(ImportRow.batch == batch)
        .order_by(ImportRow.line, ImportRow.id)
        .limit(MOST_ROWS)
        .tuples()
    )
    line: int | None = None
    cells: list[str] = []
    reasons: list[str] = []
    for other, raw, column, reason in query.iterator():
        if other != line:
            if line is not None:
                yield _fault_row(cells, reasons, width)
            line, cells, reasons = other, raw, []
        reasons.append(f"{column}: {reason}" if column else reason)
    if line is not None:
        yield _fault_row(cells, reasons, width)


def _fault_row(cells: list[str], reasons: list[str], width: int) -> list[str]:
    fitted = [*cells, *[""] * width][:width]
    return [*fitted, "; ".join(reasons)]


def _lines() -> Any:
    return (
        ImportBatch.select(ImportBatch, Branch, User)
        .left_outer_join(Branch)
        .switch(ImportBatch)
        .left_outer_join(User, on=(ImportBatch.by == User.id))
    )


def _line(row: ImportBatch) -> LoadLine:
    good = sum(row.counts.get(name, 0) for name in ("new", "changed", "same"))
    bad = sum(row.counts.get(name, 0) for name in ("faulty", "repeated", "quarantined"))
    return LoadLine(
        public_id=row.public_id,
        number=row.id,
        kind=row.kind,
        file=row.file_name,
        branch=row.branch.name if row.branch_id else "",
        state=row.state,
        good=good,
        bad=bad,
        by=row.by.name if row.by_id else "",
        at=row.started_at,
    )
