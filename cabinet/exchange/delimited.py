"""Delimited text as rows of cells, one at a time, each with the line it began on."""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, cast

from cabinet.exchange.control import Control
from cabinet.exchange.encoding import Examined, examine
from cabinet.exchange.faults import NoSuchLine, UnusableFile
from cabinet.exchange.rows import Problem, Record, Shape, numbered

# A cell may hold line breaks; a forgotten quote must not swallow the whole file.
_LONGEST_CELL_LINES = 20
_LONGEST_LINE = 100_000
_DELIMITERS = ";\t,"
#: Bytes that are no text would be read as one: no column has such a name.
_NO_TEXT = "в файле не текст: таблицы в нём нет"


class Table:
    """A delimited file with a header; iterate over it once to get its records.

    `names` are the columns of a file whose layout is agreed upon and not told in it.
    Raises `UnusableFile` when there is no header to read.
    """

    told: Control | None = None
    notes: Sequence[str] = ()
    problems: Sequence[Problem] = ()

    def __init__(
        self,
        name: str,
        stream: IO[bytes],
        shape: Shape | None = None,
        *,
        names: tuple[str, ...] = (),
    ) -> None:
        shape = shape or Shape()
        self.name = name
        self.examined: Examined = examine(stream, shape.encoding)
        self._lines = Lines(stream, self.examined.encoding)
        number, first = self._first_line(shape.header_line)
        if "\0" in first:
            raise UnusableFile(_NO_TEXT)
        self.delimiter = shape.delimiter or delimiter_of(first)
        self.header_line = number
        cells = self._split([first]) or first.split(self.delimiter)
        self.header = tuple(cell.strip() for cell in cells)
        if names or not shape.has_header:
            self._lines.give_back([(number, first)])
            self.header_line = 0
            self.header = names or numbered(len(cells))
        self.shape = replace(
            shape, encoding=self.examined.encoding, delimiter=self.delimiter
        )

    def __iter__(self) -> Iterator[Record]:
        for number, line in self._lines:
            if len(line) > _LONGEST_LINE:
                yield Record(number, [line[:200]], "слишком длинная строка")
            elif '"' in line:
                yield self._quoted(number, line)
            elif line.strip(" \t;,"):
                yield Record(number, line.split(self.delimiter))

    def _first_line(self, wanted: int) -> tuple[int, str]:
        for number, line in self._lines:
            # What Excel itself writes to name the delimiter.
            is_empty = not line.strip() or line.lower().startswith("sep=")
            if number >= wanted and not is_empty:
                return number, line
        if wanted > 1:
            raise NoSuchLine(wanted)
        raise UnusableFile("в файле нет ни одной строки")

    def _quoted(self, number: int, first: str) -> Record:
        """Read a row with quotes, over several lines if a cell has line breaks.

        A row that stays open or gets the wrong width is refused alone: the lines after
        it are given back.
        """
        cells = self._split([first])
        if cells is not None:
            return Record(number, cells)
        taken: list[tuple[int, str]] = []
        for other in self._lines:
            taken.append(other)
            cells = self._split([first, *(line for _, line in taken)])
            if cells is not None and len(cells) == len(self.header):
                return Record(number, cells)
            if cells is not None or len(taken) == _LONGEST_CELL_LINES:
                break
        self._lines.give_back(taken)
        return Record(number, [first], "кавычка открыта и не закрыта")

    def _split(self, lines: list[str]) -> list[str] | None:
        """Return the cells; None if a quote is still open, [] if they are no row."""
        joined = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
        try:
            return next(csv.reader(joined, delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            if len(lines) > 1:
                return []
            # A closed quote in the middle of a cell: read as spreadsheets do.
            return next(csv.reader(joined, delimiter=self.delimiter))


def delimiter_of(line: str) -> str:
    """Tell by a header what stands between its cells."""
    found = Counter("".join(line.split('"')[::2]))
    return max(_DELIMITERS, key=lambda sign: found[sign])


class Lines:
    """Numbered lines of a stream without their ends; lines can be given back."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        raw = cast("io.RawIOBase", _Kept(stream))
        self._text = io.TextIOWrapper(
            io.BufferedReader(raw), encoding, errors="replace"
        )
        self._number = 0
        self._waiting: deque[tuple[int, str]] = deque()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._waiting:
            return self._waiting.popleft()
        line = self._text.readline(_LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith("\n"):
            rest = self._text.readline(_LONGEST_LINE + 1)
        return self._number, line.removesuffix("\n")

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        """Take the lines as not read yet."""
        self._waiting.extendleft(reversed(lines))


class _Kept(io.RawIOBase):
    """A raw stream over another one that stays open when this one is collected."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
