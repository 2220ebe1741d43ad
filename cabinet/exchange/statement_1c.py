"""1CClientBankExchange read: the payments that came to the accounts of a statement.

Each document is a row. Whose account it is for stands in the purpose of the payment;
where that names none or several, the cell is empty and a person has to tell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from cabinet.domain.money import Money
from cabinet.exchange import cells
from cabinet.exchange.control import Control
from cabinet.exchange.delimited import Lines
from cabinet.exchange.encoding import examine
from cabinet.exchange.faults import UnfitCell, UnusableFile
from cabinet.exchange.rows import Format, Problem, Record, Shape

FIRST_LINE = "1CClientBankExchange"
HEADER = (
    "Дата",
    "Код операции",
    "ЛС",
    "ФИО",
    "Период",
    "Сумма",
    "Номер документа",
    "Назначение платежа",
)

_DOCUMENT, _DOCUMENT_END = "СекцияДокумент", "КонецДокумента"
_ACCOUNT, _ACCOUNT_END = "СекцияРасчСчет", "КонецРасчСчет"
_FILE_END = "КонецФайла"
#: Who made the file, and what we call ourselves in ours.
_SENDER, _OURSELVES = "Отправитель", "cabinet"
_OWN, _INCOME = "РасчСчет", "ВсегоПоступило"
_PAYEE = ("ПолучательРасчСчет", "ПолучательСчет")
_PURPOSE = "НазначениеПлатежа"
_MOST_KEYS, _LONGEST_CODE, _LONGEST_GROUP = 200, 80, 5

# «л/с 4612 7904-0069», «лицевой счет: 461279040069», «ЛС№461279040069».
_NAMED = re.compile(
    r"(?:\bл\s*/\s*с(?:ч|ч[её]т)?|\bл\.\s*с(?:ч|ч[её]т)?\.?|\bлс"
    r"|\bлиц(?:\.|ево(?:й|го|му))?\s*сч(?:[её]т[а-я]*|\.)?)"
    r"\s*(?:№|n|no|номер|:|\.|=|-|#)*\s*(?:№|n|:)?\s*([0-9](?:[ -]?[0-9]){3,19})(?![0-9])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\s*([0-9]{6,20})\s*")
_MONTH = re.compile(
    r"(?:период[а-я]*|за)\s*:?\s*([0-9]{2}\.[0-9]{4}|[0-9]{4}(?![0-9.])|[а-я]+ [0-9]{4})",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Section:
    """A document or an account of the statement: where it began and its keys."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    last: str = ""
    reason: str = ""

    def put(self, text: str) -> None:
        """Take a line in: a key with its value, or the rest of the value before it."""
        key, equals, value = text.partition("=")
        if not equals or " " in key.strip():
            if self.last:
                self.values[self.last] += " " + text.strip()
            return
        self.last = key.strip()
        if self.last in self.values and self.values[self.last] != value.strip():
            self.reason = f"«{self.last}» стоит в документе дважды"
        self.values[self.last] = value.strip()
        if len(self.values) > _MOST_KEYS:
            self.reason = "слишком длинный документ"

    def get(self, *names: str) -> str:
        """Return the first value that is not empty."""
        return next(filter(None, (self.values.get(name, "") for name in names)), "")


class StatementTable:
    """The incoming payments of a file; iterate over it once to get its records.

    `problems` tell a file that is cut off and totals that the documents do not give.
    """

    told: Control | None = None
    delimiter = ";"
    header: tuple[str, ...] = HEADER

    def __init__(self, name: str, stream: IO[bytes], shape: Shape) -> None:
        self.name = name
        self.examined = examine(stream, shape.encoding)
        self._lines = Lines(stream, self.examined.encoding)
        self.header_line, first = next(self._lines, (1, ""))
        if first.strip() != FIRST_LINE:
            raise UnusableFile(f"первая строка не {FIRST_LINE}", line=1)
        self.shape = Shape(format=Format.CLIENT_BANK, encoding=self.examined.encoding)
        self.problems: list[Problem] = []
        self._is_from_us = False
        self._outgoing = 0
        self._own: set[str] = set()
        self._told: dict[str, tuple[int, Money]] = {}
        self._came: dict[str, Money] = {}

    @property
    def notes(self) -> list[str]:
        """Return how many documents are no payments to us."""
        if not self._outgoing:
            return []
        return [f"исходящих и чужих документов пропущено: {self._outgoing}"]

    def __iter__(self) -> Iterator[Record]:
        section: _Section | None = None
        is_account, is_whole = False, False
        number = self.header_line
        for number, line in self._lines:
            text = line.strip()
            key, _, value = text.partition("=")
            if key == _DOCUMENT or text in {_ACCOUNT, _DOCUMENT_END, _ACCOUNT_END}:
                if section is not None:
                    is_closed = text in {_DOCUMENT_END, _ACCOUNT_END}
                    yield from self._closed(
                        section, is_account=is_account, is_closed=is_closed
                    )
                begins = key == _DOCUMENT or text == _ACCOUNT
                section = _Section(number) if begins else None
                is_account = text == _ACCOUNT
            elif text == _FILE_END:
                is_whole = True
                break
            elif section is not None:
                section.put(text)
            elif key == _OWN:
                self._own.add(value.strip())
            elif key == _SENDER:
                self._is_from_us = value.strip() == _OURSELVES
        if section is not None:
            yield from self._closed(section, is_account=is_account, is_closed=False)
        self._compare(number, is_whole=is_whole)

    def _closed(
        self,
        section: _Section,
        *,
        is_account: bool,
        is_closed: bool,
    ) -> Iterator[Record]:
        if is_account:
            self._take_account(section)
            return
        record = self._record(section, is_closed=is_closed)
        if record is not None:
            yield record

    def _take_account(self, section: _Section) -> None:
        own = section.get(_OWN)
        self._own.add(own)
        told = section.get(_INCOME)
        if not told:
            return
        try:
            amount = cells.money(told)
        except UnfitCell as error:
            self.problems.append(
                Problem(section.line, told, f"{_INCOME}: {error.reason}")
            )
            return
        line, before = self._told.get(own, (section.line, Money(0)))
        self._told[own] = line, before + amount

    def _record(self, section: _Section, *, is_closed: bool) -> Record | None:
        """Return a document as a row, None if the money is not ours."""
        payee = section.get(*_PAYEE)
        day = section.get("ДатаПоступило")
        is_ours = payee in self._own if self._own and payee else bool(day)
        if is_closed and not is_ours:
            self._outgoing += 1
            return None
        purpose = section.get(_PURPOSE) or " ".join(
            filter(None, (section.get(f"{_PURPOSE}{number}") for number in range(1, 7)))
        )
        told = section.get("Сумма")
        self._add(payee, told)
        row = [
            day or section.get("Дата"),
            # Our own numbers are codes already.
            section.get("Номер") if self._is_from_us else _code(section),
            account_in(purpose),
            section.get("Плательщик1", "Плательщик")[:240],
            month_in(purpose),
            told,
            section.get("Номер"),
            purpose,
        ]
        reason = (
            section.reason
            if is_closed
            else f"документ не закончен: нет {_DOCUMENT_END}"
        )
        return Record(section.line, row, reason)

    def _add(self, payee: str, told: str) -> None:
        try:
            self._came[payee] = self._came.get(payee, Money(0)) + cells.money(told)
        except UnfitCell:
            return

    def _compare(self, last: int, *, is_whole: bool) -> None:
        if not is_whole:
            reason = f"файл оборван: нет строки {_FILE_END}"
            self.problems.append(Problem(last, "", reason))
        for own, (line, told) in self._told.items():
            came = self._came.get(own, Money(0))
            if told != came:
                reason = f"{_INCOME}: сумма не сходится, по документам {came.roubles}"
                self.problems.append(Problem(line, str(told.roubles), reason))


def account_in(purpose: str) -> str:
    """Return the account a purpose names, nothing if it names none or several."""
    alone = _ALONE.fullmatch(purpose)
    found = {_joined(match[1]) for match in _NAMED.finditer(purpose)}
    if not found and alone:
        found = {alone[1]}
    return found.pop() if len(found) == 1 else ""


def month_in(purpose: str) -> str:
    """Return the month a purpose names, nothing if it names none or several."""
    found = set()
    for match in _MONTH.finditer(purpose):
        try:
            month = cells.month(match[1])
        except UnfitCell:
            continue
        found.add(f"{month.number:02}.{month.year}")
    return found.pop() if len(found) == 1 else ""


def _joined(number: str) -> str:
    """Return a number written in groups; what follows a long group is no part of it."""
    groups = re.split("[ -]", number)
    return groups[0] if len(groups[0]) > _LONGEST_GROUP else "".join(groups)


def _code(section: _Section) -> str:
    """Return what tells a document from every other: who, when, which, how much."""
    parts = (
        section.get("ПлательщикРасчСчет", "ПлательщикСчет", "ПлательщикИНН"),
        section.get("Дата"),
        section.get("Номер"),
        section.get("Сумма").replace(",", "."),
    )
    code = "/".join(re.sub(r"[^0-9A-Za-zА-Яа-яЁё.-]", "_", part) for part in parts)
    return f"1c/{code}"[:_LONGEST_CODE]
