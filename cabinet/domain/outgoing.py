"""Files that leave the portal for other systems (выгрузки): which and in what shape."""

import re
from dataclasses import dataclass
from enum import StrEnum


class OutKind(StrEnum):
    """What a file holds (вид выгрузки)."""

    READINGS = "readings"
    DEBTS = "debts"
    PAYMENTS = "payments"
    SILENT = "silent"


class OutState(StrEnum):
    """What became of a wish for a file (состояние выгрузки)."""

    ASKED = "asked"
    READY = "ready"
    FAILED = "failed"


class OutFormat(StrEnum):
    """How a file is written (формат выгрузки)."""

    CSV = "csv"
    XLSX = "xlsx"
    SBERBANK = "sberbank"
    SBERBANK_14 = "sberbank14"
    CLIENT_BANK = "1c"


class Encoding(StrEnum):
    """The alphabet of a text file (кодировка)."""

    UTF8 = "utf-8-sig"
    CP1251 = "cp1251"
    CP866 = "cp866"
    KOI8R = "koi8-r"


#: In which formats each kind is offered, the usual one first.
FORMATS: dict[OutKind, tuple[OutFormat, ...]] = {
    OutKind.READINGS: (OutFormat.CSV, OutFormat.XLSX),
    OutKind.DEBTS: (OutFormat.SBERBANK, OutFormat.SBERBANK_14),
    OutKind.PAYMENTS: (OutFormat.CLIENT_BANK, OutFormat.CSV, OutFormat.XLSX),
    OutKind.SILENT: (OutFormat.XLSX, OutFormat.CSV),
}

#: What a table may hold, by its name in profiles; the usual header beside each.
FIELDS: dict[OutKind, dict[str, str]] = {
    OutKind.READINGS: {
        "account": "ЛС",
        "serial": "Заводской №",
        "taken_on": "Дата",
        "t1": "Т1",
        "t2": "Т2",
        "t3": "Т3",
        "source": "Источник",
        "period": "Период",
        "number": "Номер",
        "holder": "ФИО",
        "address": "Адрес",
    },
    OutKind.PAYMENTS: {
        "paid_on": "Дата",
        "paid_at": "Время",
        "code": "Код операции",
        "account": "ЛС",
        "holder": "ФИО",
        "month": "Период",
        "amount": "Сумма",
        "channel": "Способ",
        "document": "Документ",
    },
    OutKind.SILENT: {
        "account": "ЛС",
        "holder": "ФИО",
        "address": "Адрес",
        "route": "Маршрут",
        "serial": "Заводской №",
        "last_on": "Последнее показание",
        "t1": "Т1",
        "t2": "Т2",
        "t3": "Т3",
    },
}


#: What a branch may settle the shape of: tables, and the registry whose columns are set.
SHAPED = (*FIELDS, OutKind.DEBTS)

#: In which alphabets a kind is taken, the usual one first.
ENCODINGS: dict[OutKind, tuple[Encoding, ...]] = {
    **dict.fromkeys(FIELDS, tuple(Encoding)),
    OutKind.DEBTS: (Encoding.CP1251, Encoding.KOI8R, Encoding.UTF8),
}

#: What stands before the decimals of a number.
DECIMALS = (",", ".")

#: The formats that are text in an alphabet of the receiver's.
TEXTS = (OutFormat.CSV, OutFormat.SBERBANK, OutFormat.SBERBANK_14)


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a table: its columns in order, and how a text file is written.

    `columns` are pairs of a field and its header; a registry of debts has none to choose.
    `decimal` stands before the decimals of a number.
    """

    columns: tuple[tuple[str, str], ...]
    encoding: Encoding = Encoding.UTF8
    delimiter: str = ";"
    has_header: bool = True
    decimal: str = ","

    @classmethod
    def usual(cls, kind: OutKind) -> "Shape":
        """Return the shape a kind has where nobody chose another."""
        columns = tuple(FIELDS.get(kind, {}).items())
        return cls(columns, encoding=ENCODINGS[kind][0], has_header=bool(columns))


class BadShape(ValueError):
    """What was written of the columns is no shape; carries the line and why."""

    def __init__(self, line: str, reason: str) -> None:
        super().__init__(f"{line}: {reason}")
        self.line = line
        self.reason = reason


def read_columns(kind: OutKind, text: str) -> tuple[tuple[str, str], ...]:
    """Read columns as people write them, one a line: a field, then «= header» or nothing.

    Raises BadShape.
    """
    known = FIELDS[kind]
    columns: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        field, _, header = (part.strip() for part in line.partition("="))
        if field not in known:
            raise BadShape(line, "такого поля нет")
        if field in dict(columns):
            raise BadShape(line, "это поле уже есть")
        columns.append((field, header or known[field]))
    if not columns:
        raise BadShape("", "нужен хотя бы один столбец")
    return tuple(columns)


def write_columns(columns: tuple[tuple[str, str], ...]) -> str:
    """Return the columns as `read_columns` reads them."""
    return "\n".join(f"{field} = {header}" for field, header in columns)


_OWN = re.compile("К([0-9]{8,18})")


def own_code(entry_id: int) -> str:
    """Return the code that a payment of the portal itself goes out with."""
    return f"К{entry_id:08}"


def own_entry(code: str) -> int | None:
    """Return the payment that a code names, None for a code of somebody else."""
    found = _OWN.fullmatch(code)
    return int(found[1]) if found else None
