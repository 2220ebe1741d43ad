"""Tables for other systems in the shape these want, and Sberbank's registry of debts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from cabinet.domain.outgoing import Shape
from cabinet.domain.period import Month
from cabinet.exchange.spreadsheet import Cell, neutralise

Row = Mapping[str, Cell]

_QUOTED = '"\r\n'
_CENTURY = 100


def table(shape: Shape, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield a delimited file line by line in the shape.

    What the encoding cannot write becomes a question mark; no cell runs as a formula.
    """
    encoding: str = shape.encoding
    if shape.has_header:
        # A mark of UTF-8 stands once, before everything.
        yield _line([name for _, name in shape.columns], shape).encode(
            encoding, "replace"
        )
        encoding = _without_mark(encoding)
    for row in rows:
        cells = [row.get(field) for field, _ in shape.columns]
        yield _line(cells, shape).encode(encoding, "replace")
        encoding = _without_mark(encoding)


def in_order(shape: Shape, rows: Iterable[Row]) -> Iterator[Sequence[Cell]]:
    """Yield the cells of each row as the shape orders them, for a workbook."""
    for row in rows:
        yield [row.get(field) for field, _ in shape.columns]


def debts_name(inn: str, settlement_account: str, number: int, month: Month) -> str:
    """Return the name Sberbank wants of a registry of debts: 10_20_3_4 digits."""
    return f"{inn}_{settlement_account}_{number:03}_{month_code(month)}.txt"


def month_code(month: Month) -> str:
    """Return a month as registries write it: ММГГ."""
    return f"{month.number:02}{month.year % _CENTURY:02}"


def debt_line(cells: Sequence[Cell], shape: Shape) -> bytes:
    """Return a line of a registry of debts: semicolons, alphabet and sign of the shape.

    UTF-8 goes without a mark. No cell runs as a formula where somebody looks into it with
    a spreadsheet.
    """
    texts = (_text(_harmless(cell), shape).replace(";", ",") for cell in cells)
    encoding = _without_mark(shape.encoding)
    return (";".join(texts) + "\r\n").encode(encoding, "replace")


def _without_mark(encoding: str) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _line(cells: Sequence[Cell], shape: Shape) -> str:
    return shape.delimiter.join(_cell(cell, shape) for cell in cells) + "\r\n"


def _cell(cell: Cell, shape: Shape) -> str:
    text = cell if isinstance(cell := _harmless(cell), str) else _text(cell, shape)
    if shape.delimiter not in text and not any(sign in text for sign in _QUOTED):
        return text
    return '"' + text.replace('"', '""') + '"'


def _harmless(cell: Cell) -> Cell:
    return neutralise(cell) if isinstance(cell, str) else cell


def _text(cell: Cell, shape: Shape) -> str:
    """Return a cell as Russian systems write it; no line ends inside."""
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", shape.decimal)
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return "" if cell is None else " ".join(str(cell).split())
