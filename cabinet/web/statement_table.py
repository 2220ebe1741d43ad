"""The charges and payments of a period as a table to keep."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from cabinet.domain.money import Money
from cabinet.exchange.spreadsheet import Cell
from cabinet.services.statement import Statement
from cabinet.web import statement_words as words
from cabinet.web.filters import NBSP

COLUMNS = (
    "Дата",
    "Операция",
    "Откуда, документ",
    "Сумма, ₽",
    "Долг после, ₽",
)


def lines(report: Statement) -> Iterator[tuple[Cell, ...]]:
    """Yield the opening, the rows and the closing; a minus takes from the debt."""
    yield _edge("Долг на начало", report.starts, report.opening)
    for row in report.rows:
        told = words.told(row)
        sums = row.amount.roubles, row.balance.roubles
        yield (row.day, _plain(told.title), _plain(told.known), *sums)
    yield _edge("Долг на конец", report.ends, report.closing)


def _edge(title: str, day: date, balance: Money) -> tuple[Cell, ...]:
    roubles: Decimal = balance.roubles
    return (day, title, "", None, roubles)


def _plain(text: str) -> str:
    """Return the text with spaces that spreadsheets can search for."""
    return text.replace(NBSP, " ")
