"""The one door for tables: whatever the file is, rows of cells with their lines."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import IO

from cabinet.exchange import gorod, sberbank
from cabinet.exchange.delimited import Lines, Table, delimiter_of
from cabinet.exchange.encoding import ZIP, examine
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.headers import ROWS_LOOKED_AT, find_header, is_data
from cabinet.exchange.rows import Format, Shape, TableLike
from cabinet.exchange.sheet import SheetTable
from cabinet.exchange.statement_1c import FIRST_LINE, StatementTable

_HEAD = 256


def open_table(name: str, stream: IO[bytes], shape: Shape | None = None) -> TableLike:
    """Open a file as a table; what the shape leaves empty is recognised.

    The stream is rewound, so it can be opened again. Raises `UnusableFile`.
    """
    shape = shape or Shape()
    if shape.format not in {"", *Format}:
        raise UnusableFile(f"неизвестный вид файла: {shape.format}")
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(0)
    is_book = head.startswith(ZIP)
    if is_book != (shape.format == Format.XLSX) and shape.format:
        raise UnusableFile(
            "это книга Excel или архив, а не текст" if is_book else "это не книга XLSX"
        )
    if is_book:
        return SheetTable(name, stream, shape)
    if shape.format == Format.CLIENT_BANK or (not shape.format and _is_statement(head)):
        return StatementTable(name, stream, shape)
    return _text_table(name, stream, shape)


def _text_table(name: str, stream: IO[bytes], shape: Shape) -> Table:
    encoding = examine(stream, shape.encoding).encoding
    lines = list(islice(_lines(stream, encoding), ROWS_LOOKED_AT))
    head = None
    if shape.format in {"", Format.GOROD}:
        head, lines = gorod.part(lines)
    if head is None and shape.format == Format.GOROD:
        raise UnusableFile(gorod.NO_HEAD)
    if head is not None and not lines:
        raise UnusableFile(gorod.NO_ROWS, line=head.last)
    rows = [(number, _cells(line, shape.delimiter)) for number, line in lines]
    first = rows[0][1] if rows else []
    is_sberbank = shape.format == Format.SBERBANK or (
        sberbank.is_registry(first)
        and (head is not None or (not shape.format and shape.has_header))
    )
    line, has_header = shape.header_line, shape.has_header and not is_sberbank
    if has_header and not line:
        line = find_header(rows)
        has_header = bool(line) or not is_data(first)
    known = Format.SBERBANK if is_sberbank else Format.DELIMITED
    if head is not None:
        head.check(first, has_header=has_header)
        known, line = Format.GOROD, max(line, head.last + 1)
    stream.seek(0)
    found = replace(shape, format=known, has_header=has_header, header_line=line)
    names = sberbank.HEADER if is_sberbank else ()
    table = Table(name, stream, found, names=names)
    # Where the header was found by itself it is looked for in the next file too.
    table.shape = replace(table.shape, header_line=shape.header_line)
    if head is not None:
        table.told, table.notes = head.control, head.notes
    return table


def _lines(stream: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    """Yield the first lines as they look before anything is known of the file."""
    for number, line in Lines(stream, encoding):
        if line.strip() and not line.lower().startswith("sep="):
            yield number, line


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter or delimiter_of(line)), [])


def _is_statement(head: bytes) -> bool:
    return head.removeprefix(BOM_UTF8).lstrip().startswith(FIRST_LINE.encode())
