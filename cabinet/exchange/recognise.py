"""What a file is: its format, alphabet, columns and kind, told before it is taken."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from cabinet.exchange.headers import guess
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Profile
from cabinet.exchange.rows import Shape, TableLike
from cabinet.exchange.tables import open_table

__all__ = ["Recognised", "Shape", "TableLike", "open_table", "recognise"]

_PREVIEWED = 10
_FRACTION = re.compile(r"-?[0-9]+([.,])[0-9]{1,3}")
_DAYS = {
    "дд.мм.гггг": re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}\b.*"),
    "дд-мм-гггг": re.compile(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}\b.*"),
    "гггг-мм-дд": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\b.*"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """What a file looks like.

    `shape` is filled in; `decimal` is the mark in its numbers and `days` how its days are
    written, empty where the first rows have none. `kind` is None where it cannot be told;
    `columns` are the headers of the fields of that kind.
    """

    shape: Shape
    header: tuple[str, ...]
    header_line: int
    preview: tuple[tuple[str, ...], ...]
    decimal: str
    days: str
    kind: str | None
    columns: dict[str, str]


def recognise(
    name: str,
    stream: IO[bytes],
    shape: Shape | None = None,
    profiles: Sequence[Profile[Any]] = PROFILES,
) -> Recognised:
    """Tell what a file is by its header and its first rows; raises `UnusableFile`."""
    table = open_table(name, stream, shape)
    preview = tuple(tuple(record.cells) for record in islice(iter(table), _PREVIEWED))
    kind, columns = guess(table.header, profiles)
    found = [cell.strip() for row in preview for cell in row]
    return Recognised(
        shape=table.shape,
        header=table.header,
        header_line=table.header_line,
        preview=preview,
        decimal=_most(
            match[1] for cell in found if (match := _FRACTION.fullmatch(cell))
        ),
        days=_most(
            name
            for cell in found
            for name, pattern in _DAYS.items()
            if pattern.fullmatch(cell)
        ),
        kind=kind,
        columns=columns,
    )


def _most(found: Any) -> str:
    """Return what comes most often, nothing where nothing comes."""
    seen = list(found)
    return max(seen, key=seen.count, default="")
