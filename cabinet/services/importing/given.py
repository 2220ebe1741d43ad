"""A row that was given its account is a load of its own, a part of its file's.

So it goes back as a load does: with all it brought, by what reverses it, and only while
nothing stands on it. What it was counted as and its claim stay with the file.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cabinet.domain.loads import LoadState, RowState
from cabinet.domain.money import Money
from cabinet.models import ImportBatch, ImportClaim, ImportRow
from cabinet.services import audit
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.papers import hold_again
from cabinet.services.importing.payments import CLAIM
from cabinet.services.importing.report import Outcome
from cabinet.services.importing.running import add_figures, add_step
from cabinet.services.importing.standing_on import obstacles
from cabinet.services.importing.undoing import StandsOnError, undo_part

_WHY = "Строка отнесена не к тому счёту"


def open_part(
    row: ImportRow, batch: ImportBatch, *, actor: audit.Actor, now: datetime
) -> ImportBatch:
    """Return a new part for what the row brings, inside the open transaction."""
    part: ImportBatch = ImportBatch.create(
        kind=batch.kind,
        file_name=batch.file_name,
        sha256=_mark(row.id),
        state=LoadState.COMMITTED,
        branch=batch.branch_id,
        by=actor.user_id,
        started_at=now,
        finished_at=now,
        layout=batch.layout,
        part_of=batch.id,
    )
    return part


def claim(part: ImportBatch, taken: Any) -> None:
    """Let the operation of a payment be the part's: the file had claimed it."""
    if part.kind == "payments":
        ImportClaim.update(batch=part.id).where(
            ImportClaim.kind == CLAIM,
            ImportClaim.code == taken.code,
            ImportClaim.batch == part.part_of_id,
        ).execute()


def close_part(part: ImportBatch, batch: ImportBatch, intake: Intake) -> None:
    """Write down what the row brought, and count it among those of the file."""
    for one in (part, batch):
        add_figures(one, intake, rows=0)
    _move(batch, part, by=-1)
    if intake.changes:
        add_step(part, intake.changes)
    part.save()
    batch.save()


def take_back(
    row: ImportRow, batch: ImportBatch, *, actor: audit.Actor, now: datetime
) -> None:
    """Take back what the row brought, inside the open transaction; it waits again.

    Raises StandsOnError with what stands on it; LookupError where it is no part.
    """
    part = ImportBatch.get_or_none(_of([row.id]))
    if part is None:
        raise LookupError(row.id)
    said = obstacles(part)
    if said:
        raise StandsOnError(said)
    # Its operation stays taken: another file must not bring it meanwhile.
    ImportClaim.update(batch=batch.id).where(ImportClaim.batch == part.id).execute()
    hold_again(row, part)
    undo_part(part, _WHY, by=actor.user_id, now=now)
    for name, count in part.counts.items():
        batch.counts[name] = batch.counts.get(name, 0) - count
    amount = Money(batch.control.get("amount", 0)) - _amount(part)
    if "amount" in part.control:
        batch.control["amount"] = amount.kopecks
    _move(batch, part, by=1)
    batch.save()


def are_parts(rows: Iterable[ImportRow]) -> set[int]:
    """Return the ids of those of the rows that can be taken back alone."""
    marks = {_mark(row.id): row.id for row in rows if row.state == RowState.GIVEN}
    query = ImportBatch.select(ImportBatch.sha256).where(_of(marks.values()))
    return {marks[mark] for (mark,) in query.tuples()}


def _move(batch: ImportBatch, part: ImportBatch, *, by: int) -> None:
    """Count the row among those that wait, or no more, and its money with theirs."""
    waiting = str(Outcome.QUARANTINED)
    batch.counts[waiting] = batch.counts.get(waiting, 0) + by
    if batch.kind == "payments":
        held = Money(batch.control.get("held", 0)) + _amount(part) * by
        batch.control["held"] = held.kopecks


def _amount(part: ImportBatch) -> Money:
    return Money(part.control.get("amount", 0))


def _of(row_ids: Iterable[int]) -> Any:
    """Match the parts of the rows that are in."""
    return (
        ImportBatch.sha256.in_([_mark(row_id) for row_id in row_ids])
        & ImportBatch.part_of.is_null(False)
        & (ImportBatch.state == LoadState.COMMITTED)
    )


def _mark(row_id: int) -> str:
    """Return what stands for the file's hash: of a row one part at most is in."""
    return hashlib.sha256(f"import_row:{row_id}".encode()).hexdigest()
