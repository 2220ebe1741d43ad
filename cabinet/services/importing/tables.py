"""A file as a table of the kind it is, read the way its layout says.

A layout is plain data: how the file is written (`Shape`), `columns` by field, and the
`header` it had. Without `columns` they are found by their usual names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from cabinet.exchange.control import Control, Tally, misfits
from cabinet.exchange.encoding import Examined
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Binding, bind, recognise
from cabinet.exchange.recognise import Shape, TableLike, open_table
from cabinet.exchange.rows import Problem, Record

BY_KIND = {profile.kind: profile for profile in PROFILES}

Layout = Mapping[str, Any]

#: The header of a field that the file has no column for: no file has such a one.
_NOWHERE = "нет такого столбца"


def table_of(name: str, stream: IO[bytes], layout: Layout | None = None) -> TableLike:
    """Return the rows of a file; raises UnusableFile for what cannot be read."""
    return open_table(name, stream, Shape.of(layout or {}))


def bind_table(
    table: TableLike, kind: str | None, layout: Layout | None
) -> Binding[Any]:
    """Find the columns of the kind, by its layout or by the header; raises UnusableFile."""
    if kind is None:
        return recognise(PROFILES, table)
    profile = BY_KIND[kind]
    columns = (layout or {}).get("columns")
    if not columns:
        return bind(profile, table)
    fields = {column.field: _NOWHERE for column in profile.columns if not column.needed}
    return bind(profile, table, {**fields, **columns})


def kind_of(name: str, stream: IO[bytes], layout: Layout | None = None) -> str:
    """Tell by its header what kind of file this is; raises UnusableFile."""
    return recognise(PROFILES, table_of(name, stream, layout)).profile.kind


def control_of(table: TableLike, binding: Binding[Any]) -> Control | None:
    """Read a registry through and compare what it says of itself with its rows.

    Returns its control line, or the totals above its rows, None without both; raises
    UnusableFile where it does not fit, before anything of the file is taken.
    """
    tally = Tally([binding.places.get(name) for name in binding.profile.sums])
    control = None
    for record in table:
        if control is not None:
            continue
        control = Control.read(record)
        if control is None:
            tally.add(record.cells)
    for problem in table.problems:
        raise UnusableFile(problem.reason, line=problem.line)
    for line, _value, reason in misfits((table.told, control), tally):
        raise UnusableFile(reason, line=line)
    return control or table.told


@dataclass
class Kept:
    """A table of one row that was kept, under the header it came with."""

    name: str
    header: tuple[str, ...]
    line: int = 0
    cells: list[str] = field(default_factory=list)
    header_line: int = 1
    delimiter: str = ";"
    examined: Examined = field(default_factory=lambda: Examined("", 0, ""))
    shape: Shape = field(default_factory=Shape)
    told: Control | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        """Yield the row."""
        yield Record(self.line, self.cells)
