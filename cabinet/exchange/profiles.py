"""Which column of a file is what: profiles, and reading rows through them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cabinet.exchange.control import Control, Tally, misfits
from cabinet.exchange.faults import Fault, UnfitCell, UnusableFile
from cabinet.exchange.rows import Problem, Record, TableLike

R = TypeVar("R")

_LATIN = str.maketrans("abcehkmoptxy", "авсенкмортху")


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a row, the headers it is known by, and how its cells are read.

    A column that is not `needed` may be missing from the file; its field is then None.
    """

    field: str
    names: tuple[str, ...]
    read: Callable[[str], Any]
    needed: bool = True


@dataclass(frozen=True, kw_only=True)
class Profile(Generic[R]):
    """How one kind of file is read into rows of one dataclass.

    `make` takes the line, the raw cells and the fields and may raise `UnfitCell` for what
    is wrong with the row as a whole: fields by their names, or, where they are
    `is_in_order`, all by position as the columns stand. `sums` are the fields that the control line adds up, in
    its order; without them the file has no control line.
    """

    kind: str
    columns: tuple[Column, ...]
    make: Callable[..., R]
    is_in_order: bool = False
    sums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that cannot be read: its line, its cells, and a fault for each bad cell."""

    line: int
    raw: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Binding(Generic[R]):
    """A profile whose columns are found in a file's header."""

    profile: Profile[R]
    file: str
    places: Mapping[str, int]
    header: tuple[str, ...]

    def fault(self, line: int, column: str, value: str, reason: str) -> Fault:
        """Return a fault in the column of a field, spelt as the file spells it."""
        place = self.places.get(column)
        return Fault(
            file=self.file,
            line=line,
            column="" if place is None else self.header[place],
            value=value,
            reason=reason,
        )


def bind(
    profile: Profile[R], table: TableLike, chosen: Mapping[str, str] | None = None
) -> Binding[R]:
    """Find the profile's columns in the table's header.

    `chosen` names the header of a field where the usual names do not help. Raises
    `UnusableFile` when a needed column is missing or stands twice.
    """
    folded = [fold(name) for name in table.header]
    places: dict[str, int] = {}
    missing = []
    for column in profile.columns:
        names = [chosen[column.field]] if chosen and column.field in chosen else None
        wanted = {fold(name) for name in names or column.names}
        found = [place for place, name in enumerate(folded) if name in wanted]
        if len(found) > 1:
            raise UnusableFile(
                f"столбец «{table.header[found[0]]}» стоит дважды",
                line=table.header_line,
            )
        if found:
            places[column.field] = found[0]
        elif column.needed:
            missing.append(column.names[0])
    if missing:
        raise UnusableFile(
            "нет столбцов: " + ", ".join(f"«{name}»" for name in missing),
            line=table.header_line,
        )
    return Binding(profile, table.name, places, table.header)


def recognise(profiles: tuple[Profile[Any], ...], table: TableLike) -> Binding[Any]:
    """Find the profile that takes most of the table's columns.

    Raises `UnusableFile` when none fits.
    """
    fitting = []
    for profile in profiles:
        try:
            fitting.append(bind(profile, table))
        except UnusableFile:
            continue
    if not fitting:
        raise UnusableFile(
            "по заголовку не понять, что это за файл: " + "; ".join(table.header[:20]),
            line=table.header_line,
        )
    return max(fitting, key=lambda binding: len(binding.places))


@dataclass
class Rows(Generic[R]):
    """Rows of a table read through a profile; iterate once.

    After the last row `control` holds the registry's own totals and `tally` those of
    what was read, unless they are compared already.
    """

    table: TableLike
    binding: Binding[R]
    is_compared: bool = False
    control: Control | None = None
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        places = self.binding.places
        #: Of every column of the profile its field, its place and what reads its cells.
        self._columns = [
            (column.field, places[column.field], column.read)
            if column.field in places
            else (column.field, 0, _nothing)
            for column in self.binding.profile.columns
        ]
        self._cells = [(place, read) for _, place, read in self._columns]
        self._width = len(self.table.header)
        self.tally = Tally(
            [self.binding.places.get(name) for name in self.binding.profile.sums]
        )

    def __iter__(self) -> Iterator[R | Faulty]:
        for record in self.table:
            if self.control is not None:
                yield self._whole(record, "строка после контрольной")
                continue
            if self.binding.profile.sums:
                self.control = Control.read(record)
                if self.control is not None:
                    continue
                if not self.is_compared:
                    self.tally.add(record.cells)
            yield self._row(record)

    def control_faults(self) -> list[Fault]:
        """Compare what was read with the registry's own totals."""
        told = (self.table.told, self.control)
        found = [
            *self.table.problems,
            *(Problem(*one) for one in misfits(told, self.tally)),
        ]
        return [
            Fault(
                file=self.table.name,
                line=one.line,
                column="",
                value=one.value,
                reason=one.reason,
            )
            for one in found
        ]

    def _row(self, record: Record) -> R | Faulty:
        line, cells, reason = record
        if reason:
            return self._whole(record, reason)
        width = self._width
        if len(cells) != width and (
            len(cells) < width or any(cell.strip() for cell in cells[width:])
        ):
            return self._whole(
                record, f"столбцов в строке {len(cells)}, в заголовке {width}"
            )
        try:
            values = [read(cells[place]) for place, read in self._cells]
            return self._made(line, tuple(cells), values)
        except UnfitCell:
            return self._faulty(record)

    def _made(self, line: int, raw: tuple[str, ...], values: list[Any]) -> R:
        profile = self.binding.profile
        if profile.is_in_order:
            return profile.make(line, raw, *values)
        names = (name for name, _, _ in self._columns)
        return profile.make(line=line, raw=raw, **dict(zip(names, values, strict=True)))

    def _faulty(self, record: Record) -> Faulty:
        """Return a row that cannot be read, with every fault that is in it."""
        line, cells, _ = record
        values = []
        faults = []
        for name, place, read in self._columns:
            try:
                values.append(read(cells[place]))
            except UnfitCell as error:
                faults.append(
                    self.binding.fault(line, name, cells[place], error.reason)
                )
        if not faults:
            try:
                self._made(line, tuple(cells), values)
            except UnfitCell as error:
                place = self.binding.places.get(error.field, -1)
                value = error.value or (cells[place] if place >= 0 else "")
                faults.append(
                    self.binding.fault(line, error.field, value, error.reason)
                )
        return Faulty(line, tuple(cells), tuple(faults))

    def _whole(self, record: Record, reason: str) -> Faulty:
        """Refuse a row as a whole."""
        value = self.table.delimiter.join(record.cells)[:200]
        fault = self.binding.fault(record.line, "", value, reason)
        return Faulty(record.line, tuple(record.cells), (fault,))


def _nothing(_raw: str) -> None:
    """Read a column that the file does not have."""


def fold(name: str) -> str:
    """Return the letters and digits of a header, Latin look-alikes as Cyrillic."""
    plain = name.casefold().replace("ё", "е")
    return "".join(filter(str.isalnum, plain)).translate(_LATIN)
