"""XLSX as rows of cells: a sheet is read as it comes, never held whole.

Cells come as the text a person would have typed: days as 31.12.2026, numbers with a
point. A formula comes as its last result, and as a formula where the book has none.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from decimal import Context
from importlib import import_module
from itertools import chain
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from cabinet.exchange.control import Control
from cabinet.exchange.encoding import weigh
from cabinet.exchange.faults import NoSuchLine, UnusableFile
from cabinet.exchange.headers import find_header, is_data
from cabinet.exchange.rows import Format, Problem, Record, Shape, numbered
from cabinet.exchange.spreadsheet import neutralise

#: A sheet is streamed; the table of its words and the rest lie in memory.
MOST_SHEET, MOST_OTHER = 1 << 30, 100 << 20
#: What unpacks to more than so many times its size is made to fill the memory.
_MOST_TIMES, _SMALL = 200, 10 << 20
_PROLOGUE = 8192
_MOST_COLUMNS, _MOST_PARTS, _LOOKED_AT = 1000, 2000, 20
#: A number has no more digits in a book.
_DIGITS, _LEAST_POWER = 15, -9
_FIFTEEN = Context(prec=_DIGITS)
#: Kinds of cells whose value is a number, a place in the table of words or a mark.
_CODED = {"n", "s", "b"}

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL, _ROW, _DATA = f"{_NS}c", f"{_NS}row", f"{_NS}sheetData"
_VALUE, _FORMULA, _INLINE, _TEXT = f"{_NS}v", f"{_NS}f", f"{_NS}is", f"{_NS}t"
_PHONETIC = f"{_NS}rPh"
_PLACE = re.compile(r"([A-Z]{1,3})[0-9]+")
#: A number or a control line that was typed as a text.
_FIGURE = re.compile(r"=[0-9]+|[+-]?[0-9 \u00a0\u202f.,]*")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

#: What a part that is cut off or overwritten ends in.
_TORN = (ParseError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


class SheetTable:
    """A sheet of a book with a header; iterate over it once to get its records.

    Of several sheets it is the one that is named, else the first that is not hidden and
    whose header is known, else the first that has rows at all.
    """

    delimiter = ";"
    told: Control | None = None
    notes: Sequence[str] = ()
    problems: Sequence[Problem] = ()

    def __init__(self, name: str, stream: IO[bytes], shape: Shape) -> None:
        self.name = name
        self.examined = weigh(stream)
        _check_archive(stream)
        stream.seek(0)
        self._book = _open(stream)
        tables = filter(_is_table, self._book.worksheets)
        self._known_words: list[str] = next(tables)._shared_strings  # noqa: SLF001 - read once for the book
        self._shape = shape
        sheet, line = self._choose()
        self._rows = self._read(sheet)
        first = next(row for row in self._rows if row[0] >= line and any(row[1]))
        self.header_line = first[0]
        self.header = tuple(cell.strip() for cell in _trimmed(first[1]))
        self._waiting: list[tuple[int, list[str]]] = []
        is_found = bool(shape.header_line or find_header([first]))
        has_header = shape.has_header and (is_found or not is_data(first[1]))
        if not has_header:
            self._waiting, self.header_line = [first], 0
            self.header = numbered(len(self.header))
        self.shape = Shape(
            format=Format.XLSX,
            has_header=has_header,
            sheet=sheet.title,
            header_line=shape.header_line,
        )

    def __iter__(self) -> Iterator[Record]:
        width = len(self.header)
        for line, cells in chain(self._waiting, self._rows):
            if any(cells):
                yield Record(line, cells + [""] * (width - len(cells)))

    def _choose(self) -> tuple[Any, int]:
        """Return the sheet and the line of its header."""
        sheets = [sheet for sheet in self._book.worksheets if _is_table(sheet)]
        if self._shape.sheet:
            sheets = [one for one in sheets if one.title == self._shape.sheet]
            if not sheets:
                raise UnusableFile(f"в книге нет листа «{self._shape.sheet}»")
        else:
            shown = [one for one in sheets if one.sheet_state == "visible"]
            sheets = shown or sheets
        fallback = None
        for sheet in sheets:
            head = self._head(sheet)
            if not head:
                continue
            line = self._shape.header_line
            found = find_header(head)
            if found or line or len(sheets) == 1:
                return sheet, line or found or head[0][0]
            fallback = fallback or (sheet, head[0][0])
        if fallback is None:
            if self._shape.header_line > 1:
                raise NoSuchLine(self._shape.header_line)
            raise UnusableFile("в книге нет ни одной строки")
        return fallback

    def _head(self, sheet: Any) -> list[tuple[int, list[str]]]:
        head = []
        for row in self._read(sheet):
            if any(row[1]) and row[0] >= self._shape.header_line:
                head.append(row)
            if len(head) == _LOOKED_AT:
                break
        return head

    def _read(self, sheet: Any) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a sheet; raises `UnusableFile` where it is torn."""
        try:
            with sheet._get_source() as source:  # noqa: SLF001 - the library reads whole rows only
                yield from self._parsed(source)
        except UnusableFile:
            raise
        except _TORN as error:
            raise UnusableFile("книга повреждена: лист обрывается") from error

    def _parsed(self, source: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
        line = 0
        data: Element | None = None
        row: Element | None = None
        cells: list[str] = []
        # Entities are refused with the archive; expat limits what they grow to.
        events = iterparse(source, events=("start", "end"))  # noqa: S314 - see above
        for event, element in events:
            tag = element.tag
            if event == "start":
                if tag == _DATA:
                    data = element
                elif tag == _ROW:
                    row, line, cells = element, _line(element, line), []
            elif tag == _CELL:
                self._put(cells, element)
                # A row may have cells without end: none of them is kept.
                if row is not None:
                    row.clear()
            elif tag == _ROW:
                yield line, cells
                if data is not None:
                    data.clear()
            elif tag == _DATA:
                return

    def _put(self, cells: list[str], element: Element) -> None:
        """Put the text of a cell into its place of the row."""
        place = _PLACE.fullmatch(element.get("r", ""))
        column = _column(place[1]) if place else len(cells)
        # A cell far to the right is one too many, wherever it stands.
        column = min(column, _MOST_COLUMNS)
        text = self._text(element, column)
        if not text:
            return
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text

    def _text(self, element: Element, column: int) -> str:
        value, kind = element.findtext(_VALUE), element.get("t", "n")
        formula = element.find(_FORMULA)
        if formula is not None:
            told = (formula.text or "").strip()
            # «=3249» of a control line became a formula when the file was opened.
            has_result = value or (value is not None and kind != "n")
            if not has_result or (column == 0 and told.isascii() and told.isdigit()):
                return f"={told or '?'}"
        if kind == "inlineStr":
            inline = element.find(_INLINE)
            return "" if inline is None else _clean(_words(inline))
        value = (value or "").strip(" ") if kind in _CODED else value or ""
        return self._value(value, kind, element) if value else ""

    def _value(self, value: str, kind: str, element: Element) -> str:
        if kind == "s":
            return _clean(self._shared(value))
        if kind == "b":
            return "да" if value == "1" else "нет"
        if kind == "n":
            return self._number(value, int(element.get("s") or 0))
        return _clean(value)

    def _shared(self, value: str) -> str:
        try:
            found: str = self._known_words[int(value)]
        except (IndexError, ValueError) as error:
            raise UnusableFile("книга повреждена: в ней нет своих слов") from error
        return found

    def _number(self, value: str, style: int) -> str:
        """Return a number or a moment as a person types it."""
        book = self._book
        if style in book._date_formats:  # noqa: SLF001 - which styles are days
            from_excel = import_module("openpyxl.utils.datetime").from_excel
            cast = import_module("openpyxl.worksheet._reader")._cast_number  # noqa: SLF001 - as the library itself does
            is_span = style in book._timedelta_formats  # noqa: SLF001 - which are spans
            try:
                return _moment(from_excel(cast(value), book.epoch, timedelta=is_span))
            except (OverflowError, ValueError):
                return value
        return _figure(value)


def _moment(found: datetime | time | timedelta) -> str:
    if isinstance(found, timedelta):
        seconds = round(found.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(found, time):
        return f"{found:%H:%M:%S}"
    if found.microsecond:
        found = (found + timedelta(milliseconds=500)).replace(microsecond=0)
    shown = f"{found:%d.%m}.{found.year:04}"
    return shown if found.time() == time() else f"{shown} {found:%H:%M:%S}"


def _figure(value: str) -> str:
    """Return a number without the noise of its binary form, never shortened.

    One with more digits than a book keeps stays as it is written: its last digits are
    lost, and so it must not pass for an account.
    """
    if value.isdigit() and len(value) <= _DIGITS:
        return value
    try:
        found = _FIFTEEN.create_decimal(value)
    except ArithmeticError:
        return value
    if not found.is_finite():
        return value
    if not _LEAST_POWER <= found.adjusted() < _DIGITS:
        return f"{found:.{_DIGITS - 1}E}"
    shown = f"{found:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _words(element: Element) -> str:
    """Return the text of rich text, without how it is to be read aloud."""
    return "".join(
        part.text or ""
        for child in (element, *element)
        if child.tag != _PHONETIC
        for part in child.findall(_TEXT)
    )


def _clean(text: str) -> str:
    """Return a text, marked as one where it looks like a formula: here it is none."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text if _FIGURE.fullmatch(text) else neutralise(text)


def _trimmed(cells: list[str]) -> list[str]:
    """Return the cells without the empty ones at the end."""
    width = max(
        (place for place, cell in enumerate(cells, 1) if cell.strip()), default=0
    )
    return cells[:width]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _line(element: Element, before: int) -> int:
    told = element.get("r", "")
    return int(told) if told.isascii() and told.isdigit() else before + 1


def _is_table(sheet: Any) -> bool:
    """Tell a sheet from a chart that fills one."""
    return hasattr(sheet, "_get_source")


def _open(stream: IO[bytes]) -> Any:
    # Heavy, and not every file is a book.
    load = import_module("openpyxl").load_workbook
    try:
        book = load(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise UnusableFile("книга Excel повреждена: она не открывается") from error
    if not any(map(_is_table, book.worksheets)):
        raise UnusableFile("в книге нет ни одного листа с таблицей")
    return book


def _check_archive(stream: IO[bytes]) -> None:
    """Refuse what is no book and what unpacks to more than a book should."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            has_entities = any(_has_entities(archive, part) for part in parts)
    except (*_TORN, RuntimeError) as error:
        raise UnusableFile("книга Excel повреждена: она не открывается") from error
    names = {part.filename for part in parts}
    if has_entities:
        raise UnusableFile("книга повреждена: в ней есть то, чего в книгах не бывает")
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        raise UnusableFile("это архив, а не книга XLSX: распакуйте его")
    if len(parts) > _MOST_PARTS:
        raise UnusableFile("в книге слишком много частей")
    sheets = sum(part.file_size for part in parts if _is_sheet(part.filename))
    others = sum(part.file_size for part in parts if not _is_sheet(part.filename))
    is_bomb = any(
        part.file_size > _SMALL
        and part.file_size > _MOST_TIMES * max(part.compress_size, 1)
        for part in parts
    )
    if is_bomb or sheets > MOST_SHEET or others > MOST_OTHER:
        raise UnusableFile(
            "книга слишком велика в развёрнутом виде: сохраните лист как CSV"
        )


def _has_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part declares a type of document: no program writes one."""
    if not part.filename.endswith((".xml", ".rels")):
        return False
    with archive.open(part) as stream:
        return b"<!DOCTYPE" in stream.read(_PROLOGUE).replace(b"\0", b"")


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/")
