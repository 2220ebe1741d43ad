"""The tables of an archive: any installation of the portal takes them in again."""

from collections.abc import Iterator, Mapping
from typing import Any

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.metering import BASE
from cabinet.exchange.registry import BASES
from cabinet.services.export import AccountData
from cabinet.services.outgoing.rows import SOURCES

Row = Mapping[str, Any]

_BASES: dict[ChargeBasis, str] = {basis: word for word, basis in BASES.items()}
#: Columns that registries call otherwise than people do.
_TITLES = {"расход, кВт·ч": "кВт·ч", "за месяц": "Период"}
_READING = {
    "Заводской №": "счётчик",
    "Дата": "дата",
    "Т1": "Т1",
    "Т2": "Т2",
    "Т3": "Т3",
}


def tables(number: str, data: AccountData) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the rows of each table of an account, columns as rows name them.

    Registries spell out some words otherwise than pages do.
    """
    standing = [row for row in data.readings if row["состояние"] in BASE]
    yield "Показания", [_of(number, _reading(row)) for row in standing]
    yield "Начисления", [_of(number, _charge(row)) for row in data.charges]
    yield "Платежи", [_of(number, row) for row in data.payments]


def _of(number: str, row: Row) -> Row:
    named = {_title(name): value for name, value in row.items()}
    return {"ЛС": number, **named}


def _title(name: str) -> str:
    return _TITLES.get(name, name[0].upper() + name[1:])


def _reading(row: Row) -> Row:
    shown = {title: row[name] for title, name in _READING.items()}
    return {**shown, "Источник": SOURCES[row["источник"]], "Месяц": row["месяц"]}


def _charge(row: Row) -> Row:
    return {**row, "основание": _BASES[row["основание"]]}
