"""What later stands on an import and so keeps it from being taken back."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from peewee import JOIN, ForeignKeyField, Model, Query, fn

from cabinet.domain.metering import ReadingState
from cabinet.models import (
    MODELS,
    Account,
    Allocation,
    Bill,
    ImportBatch,
    ImportStep,
    LedgerEntry,
    Meter,
    Paper,
    Reading,
    RecalculationOrder,
)
from cabinet.services import bulk
from cabinet.services.importing.changes import current, each, model_of

#: A page lists so many; the first is enough to refuse.
MOST = 50
_AT_ONCE = 500

_WORDS = {
    "Meter": "счётчик",
    "Reading": "показания",
    "Bill": "квитанция",
    "LedgerEntry": "проводка",
    "AccountAccess": "доступ в кабинет",
    "PaymentShare": "платёж картой",
    "Benefit": "льгота",
    "Paper": "документ",
    "Subscription": "подписка на письма",
    "RegistrationRequest": "заявка на регистрацию",
    "ServiceRequest": "заявка на счётчик",
}
_TABLES = {"Account": "лицевой счёт", "Meter": "счётчик", "Benefit": "льгота"}


def obstacles(batch: ImportBatch) -> tuple[str, ...]:
    """Return what stands on the batch, in words; nothing where it may be taken back."""
    found = (said for look in _LOOKS.get(batch.kind, _DATED) for said in look(batch))
    return tuple(islice(found, MOST))


def _allocations(batch: ImportBatch) -> Iterator[str]:
    query = (
        Allocation.select(Account.number, LedgerEntry.document)
        .join(LedgerEntry)
        .join(Account)
        .where(LedgerEntry.batch == batch)
        .tuples()
    )
    for number, document in query:
        yield f"лицевой счёт {number}: платёж {document} отнесён к другому месяцу"


def _own_bills(batch: ImportBatch) -> Iterator[str]:
    """Yield bills of our own that were made since of what the batch brought."""
    mine = LedgerEntry.select(LedgerEntry.account).where(LedgerEntry.batch == batch)
    yield from _bills(Bill.account.in_(mine), batch)


def _any_bills(batch: ImportBatch) -> Iterator[str]:
    yield from _bills(Bill.account.is_null(False), batch)


def _bills(which: Any, batch: ImportBatch) -> Iterator[str]:
    query = (
        Bill.select(Account.number, Bill.month)
        .join(Account, on=(Bill.account == Account.id))
        .where(which, Bill.run.is_null(False), Bill.published_at >= batch.started_at)
        .order_by(Account.number, Bill.month)
        .limit(MOST)
        .tuples()
    )
    for number, month in query:
        yield f"лицевой счёт {number}: после загрузки выставлена квитанция за {month}"


def _orders(batch: ImportBatch) -> Iterator[str]:
    query = (
        RecalculationOrder.select(Account.number, RecalculationOrder.document)
        .join(Account)
        .join(Bill, on=(Bill.account == Account.id))
        .where(
            Bill.batch == batch,
            RecalculationOrder.withdrawn_at.is_null(),
            RecalculationOrder.first <= Bill.month,
            RecalculationOrder.last >= Bill.month,
        )
        .tuples()
    )
    for number, document in query:
        yield f"лицевой счёт {number}: перерасчёт по документу {document}"


def _entries_of_others(batch: ImportBatch) -> Iterator[str]:
    query = (
        LedgerEntry.select(Account.number, Bill.number)
        .join(Account)
        .switch(LedgerEntry)
        .join(Bill)
        .where(
            Bill.batch == batch,
            LedgerEntry.batch.is_null() | (LedgerEntry.batch != batch),
        )
        .tuples()
    )
    for number, bill in query:
        yield f"лицевой счёт {number}: есть другие проводки по квитанции {bill}"


def _counted(batch: ImportBatch) -> Iterator[str]:
    """Yield readings that a later bill was made by."""
    made_later = (
        Bill.id.is_null()
        | (Bill.batch > batch.id)
        | (Bill.run.is_null(False) & (Bill.published_at >= batch.started_at))
    )
    query = (
        Reading.select(Account.number, Reading.counted_in)
        .join(Meter)
        .join(Account)
        .join(
            Bill,
            JOIN.LEFT_OUTER,
            on=(Bill.account == Account.id) & (Bill.month == Reading.counted_in),
        )
        .where(
            Reading.batch == batch, Reading.state == ReadingState.COUNTED, made_later
        )
        .limit(MOST)
        .tuples()
    )
    for number, month in query:
        yield f"лицевой счёт {number}: показания учтены в квитанции за {month}"


def _replaced(batch: ImportBatch) -> Iterator[str]:
    query = Paper.select(Paper.number).where(
        Paper.batch == batch, Paper.replaced_at.is_null(False)
    )
    for (number,) in query.tuples():
        yield f"документ {number} заменён более новым"


def _hangs_on(model: type[Model], words: str) -> Callable[[ImportBatch], Iterator[str]]:
    """Return who yields what refers to the new rows of a table."""

    def look(batch: ImportBatch) -> Iterator[str]:
        table: Any = model
        ids = table.select(table.id).where(table.batch == batch)
        name = Account.number if model is Account else Meter.serial
        for other, field in _references(model):
            query = (
                table.select(name, fn.COUNT(1))
                .join(other, on=(field == table.id))
                .where(table.id.in_(ids))
                .group_by(name)
                .limit(MOST)
            )
            what = _WORDS.get(other.__name__, other._meta.table_name)  # noqa: SLF001 - peewee's own way to a table
            for number, count in query.tuples():
                yield f"{words} {number}: есть {what}, {count}"

    return look


def _references(model: type[Model]) -> Iterator[tuple[type[Model], ForeignKeyField]]:
    for other in MODELS:
        for field in other._meta.refs:  # noqa: SLF001 - peewee's own way to its keys
            if field.rel_model is model:
                yield other, field


def _changed_since(batch: ImportBatch) -> Iterator[str]:
    """Yield rows the batch changed, or brought, that are not as it left them."""
    for changes in _steps(batch):
        for name, ids in _by_table(changes).items():
            model = model_of(name)
            columns = {column for _, after in ids.values() for column in after}
            now = current(model, ids, columns)
            for row_id, (number, after) in ids.items():
                stands = now.get(row_id)
                if stands is None or any(stands[key] != after[key] for key in after):
                    words = _TABLES.get(name, model._meta.table_name)  # noqa: SLF001 - peewee's own way to a table
                    yield f"{words}: строку {number} с тех пор изменили"


def _by_table(changes: list[Any]) -> dict[str, dict[int, tuple[int, dict[str, Any]]]]:
    found: dict[str, dict[int, tuple[int, dict[str, Any]]]] = {}
    for name, row_id, _before, after in each(changes):
        rows = found.setdefault(name, {})
        # The same row may be changed twice in a part: what it is after the last counts.
        _, known = rows.get(row_id, (row_id, {}))
        rows[row_id] = (row_id, {**known, **after})
    return found


def _steps(batch: ImportBatch) -> Iterator[list[Any]]:
    """Yield what the parts changed, a row's last change only once it is looked at."""
    query: Query = (
        ImportStep.select(ImportStep.id)
        .where(ImportStep.batch == batch)
        .order_by(ImportStep.number)
    )
    for ids in bulk.chunks([row_id for (row_id,) in query.tuples()], _AT_ONCE):
        for row_id in ids:
            yield ImportStep.get_by_id(row_id).changes


_DATED = (_any_bills, _changed_since)

_LOOKS: dict[str, tuple[Callable[[ImportBatch], Iterator[str]], ...]] = {
    "accounts": (_hangs_on(Account, "лицевой счёт"), _changed_since),
    "holders": (_changed_since,),
    "meters": (_hangs_on(Meter, "счётчик"), _changed_since),
    "replacements": (_hangs_on(Meter, "счётчик"), _changed_since),
    "readings": (_counted,),
    "charges": (_own_bills, _orders, _entries_of_others),
    "payments": (_allocations, _own_bills),
    "counted": (_changed_since,),
    "benefits": (_any_bills, _changed_since),
    "papers": (_replaced,),
}
