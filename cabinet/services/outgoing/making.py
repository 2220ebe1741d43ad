"""Making a file: its rows are gathered, written down and kept to be taken again."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from tempfile import TemporaryFile
from typing import BinaryIO, TypeVar
from uuid import UUID

from cabinet.domain.outgoing import Encoding, OutFormat, OutKind, OutState, Shape
from cabinet.exchange.client_bank import Document, Payee, write_documents
from cabinet.exchange.outgoing import Row, debt_line, debts_name, in_order, table
from cabinet.models import Branch, OutFile
from cabinet.models.base import lock, reading, writing
from cabinet.services import files, jobs
from cabinet.services.jobs import Claimed, JobLostError, StoppingError
from cabinet.services.outgoing import rows
from cabinet.services.outgoing.asking import JOB
from cabinet.services.outgoing.profiles import shape_of
from cabinet.services.outgoing.rows import Order

log = logging.getLogger(__name__)

T = TypeVar("T")

PURPOSE = "out"
MEDIA_TYPES = {
    OutFormat.CSV: "text/csv",
    OutFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    OutFormat.SBERBANK: "text/plain",
    OutFormat.SBERBANK_14: "text/plain",
    OutFormat.CLIENT_BANK: "text/plain",
}
TITLES = {
    OutKind.READINGS: "Показания",
    OutKind.DEBTS: "Долги",
    OutKind.PAYMENTS: "Платежи",
    OutKind.SILENT: "Не передали",
}
ENDINGS = {OutFormat.CSV: "csv", OutFormat.XLSX: "xlsx", OutFormat.CLIENT_BANK: "txt"}


def make_next(*, clock: Callable[[], datetime], is_stopping: Callable[[], bool]) -> int:
    """Make the file that waits longest; return how many were made."""
    held = jobs.claim(JOB, now=clock())
    if held is None:
        return 0

    report = jobs.reporter(held, clock=clock, is_stopping=is_stopping)
    try:
        make(held.context["out"], clock=clock, report=report, held=held)
    except StoppingError:
        jobs.release(held)
    except JobLostError:
        log.warning("out file lost", extra={"job": held.job_id})
    except Exception as error:
        log.exception("out file failed", extra={"job": held.job_id})
        jobs.fail(held, type(error).__name__, now=clock())
        if held.tries >= jobs.MOST_TRIES:
            _fail(held.context["out"], type(error).__name__)
    else:
        return 1
    return 0


def make_asked(public_id: UUID, *, clock: Callable[[], datetime]) -> None:
    """Make a file that was asked for at once, here; its job finds nothing to do."""
    with reading():
        out_id = OutFile.get(OutFile.public_id == public_id).id
    make(out_id, clock=clock)


def make(
    out_id: int,
    *,
    clock: Callable[[], datetime],
    report: Callable[[int], None] = lambda _done: None,
    held: Claimed | None = None,
) -> None:
    """Make a file that was asked for; one that is made already stays as it is.

    Killed and begun again it holds the same rows. Raises JobLostError where another has
    the job.
    """
    with reading():
        row = (
            OutFile.select(OutFile, Branch)
            .join(Branch)
            .where(OutFile.id == out_id)
            .get()
        )
        is_ready = row.state is OutState.READY
        order = rows.order_of(row)
        shape = _shape(row)
    if is_ready:
        _drop(held, clock())
        return
    if row.kind is OutKind.READINGS:
        rows.gather_readings(order, report)
    with TemporaryFile() as body:
        counter = _Counter(report)
        _write(row, order, shape, body, counter)
        _keep(row, body, counter.count, held=held, now=clock())


def _keep(
    row: OutFile, body: BinaryIO, count: int, *, held: Claimed | None, now: datetime
) -> None:
    with writing():
        if held is not None:
            jobs.finish(held, now=now)
        state = lock(OutFile.select(OutFile.state).where(OutFile.id == row.id)).scalar()
        if state is OutState.READY:
            return
        file = files.store_stream(
            body,
            media_type=MEDIA_TYPES[row.format],
            purpose=PURPOSE,
            owner_id=row.asked_by_id,
            name=_name(row),
            expires_at=now + files.KEPT,
            now=now,
        )
        OutFile.update(
            state=OutState.READY,
            file=file,
            name=file.name,
            counts={"rows": count},
            made_at=now,
            error="",
        ).where(OutFile.id == row.id).execute()


def _drop(held: Claimed | None, now: datetime) -> None:
    """Let go of a job whose file is there."""
    if held is not None:
        with writing():
            jobs.finish(held, now=now)


def _shape(row: OutFile) -> Shape:
    """Return the shape of a file: its branch's, with what was asked for this one."""
    shape = shape_of(row.branch_id, row.kind) or Shape.usual(row.kind)
    asked = row.options
    return replace(
        shape,
        encoding=Encoding(asked.get("encoding") or shape.encoding),
        decimal=asked.get("decimal") or shape.decimal,
    )


def _write(
    row: OutFile, order: Order, shape: Shape, body: BinaryIO, counter: "_Counter"
) -> None:
    if row.kind is OutKind.DEBTS:
        has_readings = row.format is OutFormat.SBERBANK_14
        lines = counter.of(rows.debts(order, has_readings=has_readings))
        body.writelines(debt_line(cells, shape) for cells in lines)
        return
    found = counter.of(_rows(row.kind, order))
    if row.format is OutFormat.CLIENT_BANK:
        documents = (_document(each) for each in found)
        at = row.asked_at.astimezone(order.zone)
        payee = _payee(row.branch)
        body.writelines(
            write_documents(payee, order.first, order.last, documents, at=at)
        )
        return
    if row.format is OutFormat.XLSX:
        header = [name for _, name in shape.columns]
        write = import_module("cabinet.exchange.workbook").xlsx_bytes
        body.write(write(TITLES[row.kind], header, in_order(shape, found)))
    else:
        body.writelines(table(shape, found))


def _rows(kind: OutKind, order: Order) -> Iterator[Row]:
    made = {
        OutKind.READINGS: rows.readings,
        OutKind.PAYMENTS: rows.payments,
        OutKind.SILENT: rows.silent,
    }
    return made[kind](order)


def _name(row: OutFile) -> str:
    branch: Branch = row.branch
    if row.kind is OutKind.DEBTS:
        return debts_name(branch.inn, branch.settlement_account, row.number, row.month)
    title, ending = TITLES[row.kind], ENDINGS[row.format]
    return f"{title} {branch.name} {row.month} {row.number:03}.{ending}"


def _payee(branch: Branch) -> Payee:
    return Payee(
        company=branch.company,
        inn=branch.inn,
        kpp=branch.kpp,
        account=branch.settlement_account,
        bank=branch.bank,
        bic=branch.bic,
        corr_account=branch.correspondent_account,
    )


def _document(row: Row) -> Document:
    month = f", период {row['month']}" if row["month"] else ""
    return Document(
        number=str(row["code"]),
        on=row["paid_on"],  # type: ignore[arg-type]
        roubles=row["amount"],  # type: ignore[arg-type]
        payer=str(row["holder"]),
        purpose=f"Электроэнергия, лицевой счет {row['account']}{month}",
    )


class _Counter:
    """Counts rows as they go by, and says so now and then."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self.count = 0
        self._report = report

    def of(self, found: Iterable[T]) -> Iterator[T]:
        for each in found:
            self.count += 1
            if self.count % rows.CHUNK == 0:
                self._report(self.count)
            yield each


def _fail(out_id: int, error: str) -> None:
    with writing():
        OutFile.update(state=OutState.FAILED, error=error[:120]).where(
            OutFile.id == out_id, OutFile.state == OutState.ASKED
        ).execute()
