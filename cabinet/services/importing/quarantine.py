"""Rows that name nobody known: a specialist gives them their account, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cabinet.domain.loads import LoadState, RowQueue, RowState
from cabinet.domain.questions import UNDO
from cabinet.exchange.profiles import Binding, Faulty, Rows
from cabinet.exchange.rows import numbered
from cabinet.models import Account, Branch, ImportBatch, ImportRow, StoredFile
from cabinet.models.base import lock, reading, take_turn, writing
from cabinet.services import audit
from cabinet.services.importing import given, papers
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.running import TAKERS, TURN, locked
from cabinet.services.importing.tables import Kept, bind_table
from cabinet.services.importing.whose import (
    LoadNotFoundError,
    lies_in,
    note_look,
    seen_by,
    waits,
)
from cabinet.services.staff import Member, branches_of

PAGE = 30
#: The file of a row that was left out is kept so long.
FILE_KEPT = timedelta(days=30)
_TOO_OLD = "загружена до обновления, исправьте её в файле и загрузите снова"


class RowGoneError(Exception):
    """The row does not wait any more: somebody has decided, or its import went back."""


class NoAccountError(Exception):
    """No branch of the member's, or of the import, has such an account."""


class RowUnfitError(Exception):
    """The row does not fit the account either; carries the reason in Russian."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A row that waits: where it came from, what it says, and why it waits."""

    row_id: int
    load: UUID
    kind: str
    file: str
    line: int
    reason: str
    cells: tuple[tuple[str, str], ...]
    came_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A row one has just decided on, and until when it may wait again.

    `given` is the account it was given; of one that was left out there is a `why`.
    """

    row_id: int
    kind: str
    line: int
    given: str
    why: str
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantine:
    """The rows that wait longest, how many there are, and what one has just decided."""

    rows: tuple[Waiting, ...]
    total: int
    decided: tuple[Decided, ...]


def waiting(
    member: Member, queue: RowQueue, *, actor: audit.Actor, now: datetime
) -> Quarantine:
    """Return the rows that wait in the queue and note who looked at them."""
    with writing():
        query = _waiting(member, queue)
        rows = tuple(_shown(row) for row in query.order_by(ImportRow.id).limit(PAGE))
        cells = (cell for row in rows for _, cell in row.cells)
        note_look(actor, "import.quarantine_looked", cells, now=now)
        decided = _decided(member, queue, now)
        return Quarantine(rows=rows, total=query.count(), decided=decided)


def queue_of(member: Member, row_id: int) -> RowQueue:
    """Return where the row waits or waited; raises LoadNotFoundError."""
    with reading():
        return RowQueue.of(_found(member, row_id).batch.kind)


def give(
    member: Member, row_id: int, number: str, *, actor: audit.Actor, now: datetime
) -> None:
    """Take the row as if it had named the account, as a part of its load.

    Raises LoadNotFoundError, RowGoneError, NoAccountError, or RowUnfitError with the
    reason; then the row waits on.
    """
    with writing():
        take_turn(TURN)
        row, batch = _held(member, row_id)
        account = (
            Account.select(Account.id)
            .where(
                Account.number == number,
                Account.branch.in_(branches_of(member)),
                Account.branch.in_(_branches_of(batch)),
            )
            .first()
        )
        if account is None:
            raise NoAccountError(number)
        binding = _binding(batch)
        taken = _read(row, number, binding)
        part = given.open_part(row, batch, actor=actor, now=now)
        given.claim(part, taken)
        intake = Intake(
            part.id, binding, folder=row.file, branch_id=batch.branch_id, now=now
        )
        TAKERS[batch.kind]([taken], intake)
        if intake.refused:
            raise RowUnfitError(str(intake.refused[0]["reason"]))
        _decide(row, RowState.GIVEN, actor, now, number=number)
        papers.part_with(row, until=now + FILE_KEPT)
        given.close_part(part, batch, intake)
        audit.record(
            actor,
            "import.row_given",
            now=now,
            subject=f"import_row:{row.id}",
            account_id=account.id,
            batch=batch.id,
        )


def set_aside(
    member: Member, row_id: int, why: str, *, actor: audit.Actor, now: datetime
) -> None:
    """Leave the row out; its operation stays taken, its file goes in a month.

    Raises LoadNotFoundError or RowGoneError.
    """
    with writing():
        row, batch = _held(member, row_id)
        _decide(row, RowState.SET_ASIDE, actor, now, why=why)
        _keep_file(row, now + FILE_KEPT)
        audit.record(
            actor,
            "import.row_set_aside",
            now=now,
            subject=f"import_row:{row.id}",
            batch=batch.id,
            why=why,
        )


def take_back(
    member: Member, row_id: int, *, actor: audit.Actor, now: datetime
) -> None:
    """Let a row wait again that the member has just left out, or given its account.

    What it brought goes back with it. Raises LoadNotFoundError, RowGoneError, or
    StandsOnError with what stands on it.
    """
    with writing():
        take_turn(TURN)
        row, batch = _held(member, row_id, RowState.SET_ASIDE, RowState.GIVEN)
        if row.by_id != member.user_id or now >= row.at + UNDO:
            raise RowGoneError(row_id)
        account = None
        if row.state == RowState.GIVEN:
            account = Account.get_or_none(Account.number == row.given)
            try:
                given.take_back(row, batch, actor=actor, now=now)
            except LookupError as error:
                raise RowGoneError(row_id) from error
        ImportRow.update(
            state=str(RowState.QUARANTINED), by=None, at=None, why="", given=""
        ).where(ImportRow.id == row.id).execute()
        _keep_file(row, None)
        audit.record(
            actor,
            "import.row_taken_back",
            now=now,
            subject=f"import_row:{row.id}",
            account_id=None if account is None else account.id,
            batch=batch.id,
        )


def _decided(member: Member, queue: RowQueue, now: datetime) -> tuple[Decided, ...]:
    rows = list(
        ImportRow.select(ImportRow, ImportBatch)
        .join(ImportBatch)
        .where(
            ImportRow.by == member.user_id,
            ImportRow.at > now - UNDO,
            ImportRow.state.in_([str(RowState.SET_ASIDE), str(RowState.GIVEN)]),
            ImportBatch.state == LoadState.COMMITTED,
            lies_in(queue),
            seen_by(member),
        )
        .order_by(ImportRow.at.desc(), ImportRow.id.desc())
        .limit(PAGE)
    )
    parts = given.are_parts(rows)
    return tuple(
        Decided(
            row_id=row.id,
            kind=row.batch.kind,
            line=row.line,
            given=row.given,
            why=row.why,
            until=row.at + UNDO,
        )
        for row in rows
        if row.state == RowState.SET_ASIDE or row.id in parts
    )


def _waiting(member: Member, queue: RowQueue) -> Any:
    return (
        ImportRow.select(ImportRow, ImportBatch)
        .join(ImportBatch)
        .where(waits(member, queue))
    )


def _found(member: Member, row_id: int) -> ImportRow:
    found: ImportRow | None = (
        ImportRow.select(ImportRow, ImportBatch)
        .join(ImportBatch)
        .where(ImportRow.id == row_id, seen_by(member))
        .first()
    )
    if found is None:
        raise LoadNotFoundError(row_id)
    return found


def _held(
    member: Member, row_id: int, *states: RowState
) -> tuple[ImportRow, ImportBatch]:
    """Return the row, which stands so or else waits, and its import, both held."""
    batch = locked(_found(member, row_id).batch_id)
    row = lock(ImportRow.select().where(ImportRow.id == row_id)).get()
    if (
        row.state not in (states or (RowState.QUARANTINED,))
        or batch.state is not LoadState.COMMITTED
    ):
        raise RowGoneError(row_id)
    return row, batch


def _branches_of(batch: ImportBatch) -> Any:
    query = Branch.select(Branch.id)
    return query if batch.branch_id is None else query.where(Branch.id == batch.branch)


def _binding(batch: ImportBatch) -> Binding[Any]:
    header = _header(batch)
    if not header:
        raise RowUnfitError(_TOO_OLD)
    return bind_table(Kept(batch.file_name, header), batch.kind, batch.layout)


def _header(batch: ImportBatch) -> tuple[str, ...]:
    """Return the header of the file; of imports of earlier versions it was not kept."""
    return tuple((batch.layout or {}).get("header", ()))


def _read(row: ImportRow, number: str, binding: Binding[Any]) -> Any:
    """Read the row with the account it was given; raises RowUnfitError."""
    cells = list(row.raw)
    cells[binding.places["account"]] = number
    table = Kept(binding.file, binding.header, line=row.line, cells=cells)
    (found,) = Rows(table, binding)
    if isinstance(found, Faulty):
        raise RowUnfitError(found.faults[0].reason)
    return found


def _decide(
    row: ImportRow,
    state: RowState,
    actor: audit.Actor,
    now: datetime,
    *,
    number: str = "",
    why: str = "",
) -> None:
    ImportRow.update(
        state=str(state), given=number, why=why, by=actor.user_id, at=now
    ).where(ImportRow.id == row.id).execute()


def _keep_file(row: ImportRow, until: datetime | None) -> None:
    """Keep the file of a row till then, without a moment as long as the row waits."""
    StoredFile.update(expires_at=until).where(StoredFile.id == row.file_id).execute()


def _shown(row: ImportRow) -> Waiting:
    batch = row.batch
    header = _header(batch) or numbered(len(row.raw))
    return Waiting(
        row_id=row.id,
        load=batch.public_id,
        kind=batch.kind,
        file=batch.file_name,
        line=row.line,
        reason=row.reason,
        cells=tuple(
            (name, cell) for name, cell in zip(header, row.raw, strict=False) if cell
        ),
        came_at=batch.started_at,
    )
