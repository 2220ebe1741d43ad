"""CSV that spreadsheets open right and never run as formulas."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from cabinet.domain.energy import Energy

Cell = str | int | Decimal | date | None

_BOM = b"\xef\xbb\xbf"
_FORMULA_STARTS = "=+-@"
# A comma too: a spreadsheet of another country splits the line at it, and the
# second half of a harmless text may begin with a sign.
_QUOTED = frozenset(';,"\t\r\n')


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return the table as one file: UTF-8 with a mark, semicolons, CRLF."""
    return b"".join(csv_chunks(header, rows))


def csv_chunks(
    header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Iterator[bytes]:
    """Yield the same file line by line, for tables that do not fit in memory."""
    yield _BOM + _line(header)
    for row in rows:
        yield _line(row)


def kwh_cell(energy: Energy | None) -> Cell:
    """Return kilowatt-hours as a cell, a whole number where they are whole."""
    if energy is None:
        return None
    kwh = energy.kwh
    return int(kwh) if kwh == int(kwh) else kwh


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet may run the text as a formula.

    Spreadsheets skip spaces, byte order marks and invisible characters before the
    sign and read full-width signs as plain ones (ASVS 1.2.10).
    """
    for character in text:
        if unicodedata.category(character) == "Cc":
            return True
        if not _is_invisible(character):
            return unicodedata.normalize("NFKC", character)[0] in _FORMULA_STARTS
    return False


def neutralise(text: str) -> str:
    """Return the text with an apostrophe before it if it could run as a formula.

    Drops NUL, which no database and no spreadsheet keeps.
    """
    text = text.replace("\0", "")
    return "'" + text if is_formula(text.lstrip("'")) else text


def restore(text: str) -> str:
    """Undo `neutralise`, so that what was exported imports as it was."""
    if text.startswith("'") and is_formula(text.lstrip("'")):
        return text[1:]
    return text


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cf", "Mn"}


def _line(cells: Sequence[Cell]) -> bytes:
    return (";".join(_cell(cell) for cell in cells) + "\r\n").encode()


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        text = neutralise(cell)
        if _QUOTED.isdisjoint(text):
            return text
        return '"' + text.replace('"', '""') + '"'
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return "" if cell is None else str(cell)
