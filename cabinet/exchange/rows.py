"""What every reader of a table gives: rows of cells with the lines they began on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cabinet.exchange.encoding import Examined

if TYPE_CHECKING:
    from cabinet.exchange.control import Control


class Format(StrEnum):
    """How a file is written (формат файла)."""

    DELIMITED = "delimited"
    XLSX = "xlsx"
    CLIENT_BANK = "client_bank"
    SBERBANK = "sberbank"
    GOROD = "gorod"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How a file is to be read; what is empty is recognised from the file itself.

    `sheet` is the name of a book's sheet. `header_line` is the line of the header where
    something stands above it; it is found where it is nought.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    has_header: bool = True
    sheet: str = ""
    header_line: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the shape as plain data."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Shape":
        """Return the shape that plain data tells, the unknown left out."""
        names = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


class Record(NamedTuple):
    """One row: where it began, its cells, and why it is no row at all, if so."""

    line: int
    cells: list[str]
    reason: str = ""


class Problem(NamedTuple):
    """What a file says of itself and does not keep: where, what it says, and why not."""

    line: int
    value: str
    reason: str


class TableLike(Protocol):
    """A table with a header; iterate over it once to get its records.

    After the last record `notes` tell what was left out on purpose, and `problems` what
    makes the whole file doubtful.
    """

    name: str
    header: tuple[str, ...]
    header_line: int
    delimiter: str
    examined: Examined
    shape: Shape

    @property
    def told(self) -> "Control | None":
        """Return the totals that stand above the rows, None without any."""

    @property
    def notes(self) -> Sequence[str]:
        """Return what was left out on purpose."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Return what the file says of itself and does not keep."""

    def __iter__(self) -> Iterator[Record]:
        """Yield the records."""


def numbered(width: int) -> tuple[str, ...]:
    """Return the names of columns that have none in the file."""
    return tuple(f"Столбец {number}" for number in range(1, width + 1))
