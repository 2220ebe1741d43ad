"""Gathering everything about a person into one ZIP: JSON, tables, receipts, photos."""

import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from cabinet.config import Settings
from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.payments.states import PaymentState
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month
from cabinet.domain.questions import Author, Topic
from cabinet.domain.requests import RequestKind, RequestState
from cabinet.exchange.green_button import feed
from cabinet.exchange.spreadsheet import Cell, csv_chunks
from cabinet.pdf.receipt import receipt_pdf
from cabinet.pdf.render import PdfError
from cabinet.services import bills, export, files, jobs, papers
from cabinet.services.access import AccountCard
from cabinet.services.audit import SYSTEM
from cabinet.services.export import AccountData
from cabinet.services.history import Recent, history
from cabinet.services.jobs import Claimed, JobLostError, StoppingError
from cabinet.services.measured import measured
from cabinet.web import (
    archive_tables,
    filters,
    history_table,
    payment_words,
    question_words,
    reading_words,
    request_words,
)

log = logging.getLogger(__name__)

README = """Здесь всё, что личный кабинет знает о вас. Собрано {day}.

Данные.json — всё вместе, для программ.
В папке каждого лицевого счёта — таблицы (открываются в Excel), квитанции и ваши фото.
Green Button.xml — расход по месяцам для программ, которые его считают.
{missing}"""

WORDS: dict[type[StrEnum], Mapping[Any, str]] = {
    AccessLevel: {
        AccessLevel.FULL: "полный",
        AccessLevel.READINGS: "только показания",
    },
    ChargeBasis: reading_words.BASES,
    Author: question_words.AUTHORS,
    EntryKind: {
        EntryKind.PAYMENT: "платёж",
        EntryKind.REFUND: "возврат",
        EntryKind.CORRECTION: "исправление",
        EntryKind.REVERSAL: "отмена",
    },
    PaymentState: payment_words.STATES,
    ReadingSource: reading_words.SOURCES,
    ReadingState: {
        ReadingState.SUBMITTED: "передано",
        ReadingState.NEEDS_REVIEW: "на проверке",
        ReadingState.ACCEPTED: "принято",
        ReadingState.COUNTED: "учтено",
        ReadingState.REJECTED: "возвращено",
        ReadingState.SUPERSEDED: "заменено",
        ReadingState.WITHDRAWN: "отозвано",
    },
    RequestKind: request_words.KINDS,
    RequestState: request_words.STATES,
    Topic: question_words.TOPICS,
}

_UNFIT = re.compile(r"[^\w .-]")


def run_next(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    is_stopping: Callable[[], bool],
) -> int:
    """Gather the data of whoever waits longest; return how many were served."""
    held = jobs.claim(export.KIND, now=clock())
    if held is None:
        return 0
    try:
        with TemporaryFile(dir=settings.home) as body:
            archive = _Archive(held, body, clock, is_stopping, settings.zone)
            archive.write()
            name = f"Мои данные {filters.short_date(archive.made_at)}.zip"
            export.keep(held, body, name=name, now=clock())
    except StoppingError:
        jobs.release(held)
    except JobLostError:
        log.warning("export lost", extra={"job": held.job_id})
    except Exception as error:
        log.exception("export failed", extra={"job": held.job_id})
        jobs.fail(held, type(error).__name__, now=clock())
    else:
        return 1
    return 0


class _Archive:
    """The ZIP of one person; says how far it is after each part."""

    def __init__(
        self,
        held: Claimed,
        body: BinaryIO,
        clock: Callable[[], datetime],
        is_stopping: Callable[[], bool],
        zone: ZoneInfo,
    ) -> None:
        self.held = held
        self.user_id: int = held.context["user"]
        self.clock = clock
        self.now = clock()
        self.made_at = self.now.astimezone(zone)
        self.is_stopping = is_stopping
        self.body = body
        self.done = 0
        self.total = 0
        self.missing: list[str] = []

    def write(self) -> None:
        accounts = list(export.accounts_data(self.user_id, now=self.now))
        self.total = 1 + sum(1 + len(data.charges) for data in accounts)
        with zipfile.ZipFile(self.body, "w") as self.zip:
            self._put("Данные.json", self._json(accounts))
            self._step()
            for data in accounts:
                self._account(data)
            missing = "".join(f"\nНе получилось сделать: {x}." for x in self.missing)
            text = README.format(day=filters.short_date(self.made_at), missing=missing)
            self._put("Прочтите.txt", [text.replace("\n", "\r\n").encode()])

    def _account(self, data: AccountData) -> None:
        card = data.card
        folder = _UNFIT.sub("_", card.number)
        if data.is_owners:
            report = history(
                self.user_id, card.account_id, Recent.ALL, is_whole=True, now=self.now
            )
            lines = history_table.lines(report)
            self._table(f"{folder}/История показаний", history_table.COLUMNS, lines)
            self._green_button(card, folder)
            for name, rows in archive_tables.tables(card.number, data):
                if rows:
                    cells = ([_cell(x) for x in row.values()] for row in rows)
                    self._table(f"{folder}/{name}", rows[0], cells)
        for name, file_id in export.photos(self.user_id, card):
            self._put(
                f"{folder}/Фото счётчика/{name}",
                files.pieces_of(file_id),
                is_packed=True,
            )
        self._step()
        for row in data.charges:
            if not card.is_organisation:
                self._receipt(card, row["месяц"], folder)
            self._step()
        if card.is_organisation and data.is_owners:
            self._papers(card, folder)

    def _green_button(self, card: AccountCard, folder: str) -> None:
        usage = measured(self.user_id, card.account_id, now=self.now).usage
        if usage.registers or usage.summaries:
            body = feed(usage, made_at=self.now)
            self._put(f"{folder}/Green Button.xml", [body])

    def _receipt(self, card: AccountCard, month: Month, folder: str) -> None:
        title = filters.receipt_title(month)
        try:
            receipt = bills.get_receipt(
                self.user_id, card.account_id, month, now=self.now
            )
            body = receipt_pdf(receipt, title=title)
        except (bills.BillNotFound, PdfError):
            log.exception("no receipt", extra={"job": self.held.job_id})
            self.missing.append(f"{title}, лицевой счёт {card.number}")
        else:
            name = f"{folder}/Квитанции/{month}.pdf"
            self._put(name, [body], is_packed=True)

    def _papers(self, card: AccountCard, folder: str) -> None:
        """Put in an organisation's papers of every year."""
        newest = papers.papers(self.user_id, card.account_id, now=self.now)
        for year in newest.years:
            found = papers.papers(self.user_id, card.account_id, year, now=self.now)
            for row in found.rows:
                paper = papers.open_paper(
                    self.user_id,
                    card.account_id,
                    row.public_id,
                    actor=SYSTEM,
                    now=self.now,
                )
                name = _UNFIT.sub("_", paper.name)
                self._put(
                    f"{folder}/Документы/{row.month} {str(row.public_id)[:8]} {name}",
                    [paper.body],
                    is_packed=True,
                )

    def _json(self, accounts: list[AccountData]) -> Iterator[bytes]:
        """Yield the whole as JSON, long lists row by row."""
        yield _line('{\n"о вас": ', export.person(self.user_id))
        yield from _list(
            "лицевые счета",
            (
                {
                    "номер": data.card.number,
                    "название": data.card.label,
                    "владелец": data.card.holder if data.is_owners else "",
                    "адрес": data.card.address,
                    "доступ": data.card.level,
                    "показания": data.readings,
                    "начисления": data.charges,
                    "платежи": data.payments,
                }
                for data in accounts
            ),
        )
        for name, rows in export.records(self.user_id, now=self.now):
            yield from _list(name, rows)
        yield b"\n}\n"

    def _table(
        self, name: str, header: Iterable[str], rows: Iterable[Iterable[Cell]]
    ) -> None:
        lines = csv_chunks(tuple(header), (tuple(row) for row in rows))
        self._put(f"{name}.csv", lines)

    def _put(
        self, name: str, pieces: Iterable[bytes], *, is_packed: bool = False
    ) -> None:
        """Write an entry; what is packed already is not packed again."""
        moment = self.made_at.timetuple()[:6]
        entry = zipfile.ZipInfo(name, date_time=moment)
        entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        with self.zip.open(entry, "w") as handle:
            for piece in pieces:
                handle.write(piece)

    def _step(self) -> None:
        if self.is_stopping():
            raise StoppingError
        self.done += 1
        progress: dict[str, object] = {"done": self.done, "total": self.total}
        jobs.report(self.held, progress, now=self.clock())


def _list(name: str, rows: Iterable[object]) -> Iterator[bytes]:
    yield f',\n"{name}": ['.encode()
    for number, row in enumerate(rows):
        yield _line(",\n" if number else "\n", row)
    yield b"\n]"


def _line(before: str, row: object) -> bytes:
    return f"{before}{json.dumps(_plain(row), ensure_ascii=False)}".encode()


def _plain(value: object) -> object:
    """Return what JSON has words for: figures exactly, moments with their offset."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Month):
        return str(value)
    cell = _cell(value)
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def _cell(value: object) -> Cell:
    """Return the value as a table has it."""
    if isinstance(value, Energy):
        kwh = value.kwh
        return int(kwh) if kwh == int(kwh) else kwh
    if isinstance(value, Money):
        return value.roubles
    if isinstance(value, StrEnum):
        return WORDS[type(value)].get(value, str(value))
    if isinstance(value, Month):
        # Spreadsheets make a date of the number of a month.
        return f"{filters.month_name(value)} {value.year}"
    return value if isinstance(value, (str, int, Decimal, date)) else None
