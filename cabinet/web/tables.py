"""A report as a file for spreadsheets, in the kinds they read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module

from flask import Response

from cabinet.exchange.spreadsheet import Cell, csv_bytes
from cabinet.web.attachments import attached

Rows = Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its ending, its type, and how it is written."""

    ending: str
    media_type: str
    write: Callable[[str, Sequence[str], Rows], bytes]


def _workbook(title: str, header: Sequence[str], rows: Rows) -> bytes:
    # Loaded by whoever wants one first: it takes a third of a second and much memory.
    made: bytes = import_module("cabinet.exchange.workbook").xlsx_bytes(
        title, header, rows
    )
    return made


CSV = Kind(
    "csv",
    "text/csv; charset=utf-8",
    lambda _title, header, rows: csv_bytes(header, rows),
)
XLSX = Kind(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    _workbook,
)


def table(
    kind: Kind,
    title: str,
    header: Sequence[str],
    rows: Rows,
    *,
    name: str,
    plain_name: str,
) -> Response:
    """Return the rows as a file to be saved under its name and the ending."""
    return attached(
        kind.write(title, header, rows),
        name=f"{name}.{kind.ending}",
        plain_name=f"{plain_name}.{kind.ending}",
        media_type=kind.media_type,
    )
