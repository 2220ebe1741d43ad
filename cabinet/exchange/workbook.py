"""XLSX that opens as it was meant: text stays text, days are days, sums are sums."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from cabinet.exchange.spreadsheet import Cell

#: What XML cannot hold (XML 1.0, 2.2), and what a name of a sheet may not.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_A_NAME = re.compile(r"[\\/*?:\[\]]")
_LONGEST_NAME = 31
#: The most a cell holds.
_LONGEST_TEXT = 32_767
_WIDTH, _WIDEST = 12, 60
_DAY, _SUM = "DD.MM.YYYY", "#,##0.00"
#: The same rows are the same file, whenever it is made.
_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def xlsx_bytes(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> bytes:
    """Return the table as a workbook of one sheet; its first row stays in sight.

    A text that begins like a formula is a text: spreadsheets run none of its cells.
    """
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _MADE_AT
    book.properties.title = title
    sheet = book.create_sheet(_NOT_A_NAME.sub(" ", title)[:_LONGEST_NAME])
    sheet.freeze_panes = "A2"
    for number, name in enumerate(header, start=1):
        width = min(max(len(name) + 2, _WIDTH), _WIDEST)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_head(sheet, name) for name in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _head(sheet: WriteOnlyWorksheet, name: str) -> BookCell:
    cell = _cell(sheet, name)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> BookCell:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=_UNFIT.sub("", value)[:_LONGEST_TEXT])
        # openpyxl takes what begins with a sign of equality for a formula.
        cell.data_type = "s"
        return cell
    # The library takes Decimal as well; its types say float.
    known: Any = value
    cell = WriteOnlyCell(sheet, value=known)
    if isinstance(value, Decimal):
        cell.number_format = _SUM
    elif isinstance(value, date):
        cell.number_format = _DAY
    return cell
