"""Taking an import back whole: by rows that reverse it, a part in a transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from peewee import Model

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.loads import LoadState, RowState
from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    Bill,
    ImportBatch,
    ImportClaim,
    ImportRow,
    ImportStep,
    LedgerEntry,
    Meter,
    Paper,
    Reading,
    StoredFile,
)
from cabinet.models.base import writing
from cabinet.services import audit, bulk
from cabinet.services.importing.changes import current, each, model_of, whole
from cabinet.services.importing.papers import let_go
from cabinet.services.importing.payments import add_to_balances
from cabinet.services.importing.running import OvertakenError, locked
from cabinet.services.importing.standing_on import MOST, obstacles

AT_ONCE = 2000
_WHY = "Загрузка отменена"


class StandsOnError(Exception):
    """Something later stands on the import: `said` is what."""

    def __init__(self, said: tuple[str, ...]) -> None:
        super().__init__("; ".join(said))
        self.said = said


def begin_undo(
    batch_id: int, why: str, *, actor: audit.Actor, now: datetime
) -> ImportBatch:
    """Decide inside the open transaction that an import is taken back.

    Raises StandsOnError with what stands on it; OvertakenError where it is not in.
    """
    batch = locked(batch_id)
    if batch.state is not LoadState.COMMITTED:
        raise OvertakenError(batch_id)
    said = [*obstacles(batch)]
    for part in _parts(batch):
        said += obstacles(part)
    if said:
        raise StandsOnError(tuple(said[:MOST]))
    batch.state = LoadState.UNDOING
    batch.undone_by = actor.user_id
    batch.undone_why = why
    batch.control = {**batch.control, "undone": 0, "reversed_to": 0}
    batch.save()
    audit.record(
        actor,
        "import.undo_begun",
        now=now,
        subject=f"import_batch:{batch.id}",
        kind=batch.kind,
    )
    return batch


def take_back(number: int, why: str, *, now: datetime) -> None:
    """Take back the import of a number here and now, or go on with it.

    Raises StandsOnError; OvertakenError where there is none, or it is not in.
    """
    with writing():
        batch = ImportBatch.get_or_none(ImportBatch.id == number)
        if batch is None or batch.part_of_id is not None:
            raise OvertakenError(number)
        if batch.state is not LoadState.UNDOING:
            begin_undo(number, why, actor=audit.SYSTEM, now=now)
    undo(number, now=now)


def undo(
    batch_id: int,
    *,
    now: datetime,
    actor: audit.Actor = audit.SYSTEM,
    report: Callable[[int], None] = lambda _done: None,
) -> None:
    """Take back part after part; killed and begun again it goes on."""
    while True:
        with writing():
            batch = locked(batch_id)
            if batch.state is LoadState.UNDONE:
                return
            if batch.state is not LoadState.UNDOING:
                raise OvertakenError(batch_id)
            done = sum(_part(batch, now))
            if not done:
                _finish(batch, actor, now)
                return
            batch.control["undone"] = batch.control.get("undone", 0) + done
            batch.save()
            told = batch.control["undone"]
        report(told)


def undo_part(part: ImportBatch, why: str, *, by: int | None, now: datetime) -> None:
    """Take back what a row brought that was given its account by hand.

    At once, inside the open transaction; whether it may be is asked before.
    """
    part.undone_by = by
    part.undone_why = why
    while sum(_part(part, now)):
        pass
    part.state = LoadState.UNDONE
    part.undone_at = now
    part.save()


def _parts(batch: ImportBatch) -> Any:
    return ImportBatch.select().where(
        ImportBatch.part_of == batch, ImportBatch.state == LoadState.COMMITTED
    )


def _take_part(batch: ImportBatch, now: datetime) -> int:
    """Take back the next row that was given its account: the newest first."""
    part = _parts(batch).order_by(ImportBatch.id.desc()).first()
    if part is None:
        return 0
    undo_part(part, _WHY, by=batch.undone_by_id, now=now)
    return 1


def _part(batch: ImportBatch, now: datetime) -> tuple[int, ...]:
    """Take back the next rows of the first kind that has any left."""
    for take in _STEPS:
        done = take(batch, now)
        if done:
            return (done,)
    return ()


def _reverse(batch: ImportBatch, now: datetime) -> int:
    """Post a reversal of each ledger row, dated as the row itself."""
    entries = list(
        LedgerEntry.select()
        .where(
            LedgerEntry.batch == batch,
            LedgerEntry.kind != EntryKind.REVERSAL,
            LedgerEntry.id > batch.control.get("reversed_to", 0),
        )
        .order_by(LedgerEntry.id)
        .limit(AT_ONCE)
    )
    if not entries:
        return 0
    changes: dict[int, Money] = {}
    rows = []
    for entry in entries:
        before = changes.get(entry.account_id, Money(0))
        changes[entry.account_id] = before - entry.amount
        rows.append(
            {
                "account": entry.account_id,
                "kind": EntryKind.REVERSAL,
                "amount": -entry.amount,
                "month": entry.month,
                "effective_at": entry.effective_at,
                "posted_at": now,
                "cause": f"undo:{entry.id}",
                "channel": entry.channel,
                "document": entry.document,
                "bill": entry.bill_id,
                "batch": batch.id,
            }
        )
    bulk.insert(LedgerEntry, rows)
    add_to_balances(changes)
    batch.control["reversed_to"] = entries[-1].id
    return len(entries)


def _void(batch: ImportBatch, now: datetime) -> int:
    """Make the bills nobody's: their months are free again."""
    ids = _ids(Bill, (Bill.batch == batch) & Bill.account.is_null(False))
    moment = Bill.voided_at.db_value(now)
    bulk.update(
        Bill,
        '"voided_account_id" = "account_id", "account_id" = NULL,'
        ' "voided_at" = ?, "number" = "number" || ?',
        [(moment, f"/{bill_id}", bill_id) for bill_id in ids],
    )
    return len(ids)


def _withdraw(batch: ImportBatch, _now: datetime) -> int:
    ids = _ids(
        Reading, (Reading.batch == batch) & (Reading.state != ReadingState.WITHDRAWN)
    )
    bulk.update(
        Reading,
        '"state" = ?, "counted_in" = NULL, "reason" = ?, "key" = "key" || ?,'
        ' "version" = "version" + 1',
        [
            (str(ReadingState.WITHDRAWN), _WHY, f":{batch.id}", reading_id)
            for reading_id in ids
        ],
    )
    return len(ids)


def _restore(batch: ImportBatch, _now: datetime) -> int:
    """Put back what the last part changed that was not put back yet."""
    step = (
        ImportStep.select()
        .where(ImportStep.batch == batch, ~ImportStep.is_undone)
        .order_by(ImportStep.number.desc())
        .first()
    )
    if step is None:
        return 0
    changes = list(each(step.changes))
    for name, row_id, before, after in reversed(changes):
        model = model_of(name)
        if before is None:
            _delete(model, [row_id])
        elif model is not Reading or _may_stand_again(row_id, before, after):
            key: Any = model._meta.primary_key  # noqa: SLF001 - peewee's own way to the key
            model.update(whole(model, before)).where(key == row_id).execute()
    ImportStep.update(is_undone=True).where(ImportStep.id == step.id).execute()
    return len(changes) or 1


def _may_stand_again(
    reading_id: int, before: dict[str, Any], after: dict[str, Any]
) -> bool:
    """Tell whether a reading is as the import left it and nothing newer stands."""
    now = current(Reading, [reading_id], after)
    if now.get(reading_id) != after:
        return False
    if after.get("state") in CURRENT or before.get("state") not in CURRENT:
        return True
    row = Reading.get_by_id(reading_id)
    newer = Reading.select().where(
        Reading.meter == row.meter_id,
        Reading.period == row.period,
        Reading.state.in_(list(CURRENT)),
        Reading.source != ReadingSource.ESTIMATE,
        Reading.act == "",
    )
    return row.source is ReadingSource.ESTIMATE or not newer.exists()


def _remove_papers(batch: ImportBatch, _now: datetime) -> int:
    rows = list(
        Paper.select(Paper.id, Paper.file)
        .where(Paper.batch == batch)
        .limit(AT_ONCE)
        .tuples()
    )
    _delete(Paper, [paper_id for paper_id, _ in rows])
    files = {file_id for _, file_id in rows}
    # A row that waits again has its file back.
    held = ImportRow.select(ImportRow.file).where(bulk.among(ImportRow.file, files))
    _delete(StoredFile, sorted(files - {file_id for (file_id,) in held.tuples()}))
    return len(rows)


def _remove_meters(batch: ImportBatch, _now: datetime) -> int:
    return _delete(Meter, _ids(Meter, Meter.batch == batch))


def _remove_accounts(batch: ImportBatch, _now: datetime) -> int:
    return _delete(Account, _ids(Account, Account.batch == batch))


def _forget(batch: ImportBatch, _now: datetime) -> int:
    """Let the operations come again in a corrected file."""
    return _delete(ImportClaim, _ids(ImportClaim, ImportClaim.batch == batch))


def _let_go(batch: ImportBatch, _now: datetime) -> int:
    waiting = ImportRow.state == str(RowState.QUARANTINED)
    ids = _ids(ImportRow, (ImportRow.batch == batch) & waiting)
    ImportRow.update(state=str(RowState.UNDONE)).where(ImportRow.id.in_(ids)).execute()
    return len(ids)


def _remove_kept(batch: ImportBatch, _now: datetime) -> int:
    """Delete the files that were kept with rows."""
    kept = (ImportRow.batch == batch) & ImportRow.file.is_null(False)
    query = ImportRow.select(ImportRow.id, ImportRow.file).where(kept)
    rows = list(query.limit(AT_ONCE))
    for row in rows:
        let_go(row)
    return len(rows)


#: In this order: what hangs on another row goes before it.
_STEPS: tuple[Callable[[ImportBatch, datetime], int], ...] = (
    _take_part,
    _reverse,
    _void,
    _withdraw,
    _remove_papers,
    _restore,
    _remove_meters,
    _remove_accounts,
    _forget,
    _let_go,
    _remove_kept,
)


def _finish(batch: ImportBatch, actor: audit.Actor, now: datetime) -> None:
    batch.state = LoadState.UNDONE
    batch.undone_at = now
    batch.error = ""
    batch.save()
    audit.record(
        actor,
        "import.undone",
        now=now,
        subject=f"import_batch:{batch.id}",
        kind=batch.kind,
        rows=batch.control.get("undone", 0),
    )


def _ids(model: Any, which: Any) -> list[int]:
    query = model.select(model.id).where(which).order_by(model.id).limit(AT_ONCE)
    return [row_id for (row_id,) in query.tuples()]


def _delete(model: type[Model], ids: list[int]) -> int:
    key: Any = model._meta.primary_key  # noqa: SLF001 - peewee's own way to the key
    for some in bulk.chunks(ids, 500):
        model.delete().where(key.in_(some)).execute()
    return len(ids)
