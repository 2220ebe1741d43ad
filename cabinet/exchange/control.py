"""What a payment registry says of itself: «=count;sum;…» over all its rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cabinet.domain.money import Money
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.rows import Record


class Tally:
    """How many rows a registry has and what their sums add up to, faulty ones too."""

    def __init__(self, places: list[int | None]) -> None:
        """Add up the cells at these places; None where the file has no such column."""
        self.count = 0
        self._width = len(places)
        self._kopecks = {
            column: 0 for column, place in enumerate(places) if place is not None
        }
        self._places = [
            (column, place) for column, place in enumerate(places) if place is not None
        ]

    @property
    def sums(self) -> list[Money | None]:
        """Return the sums, None for a column that the file does not have."""
        found = map(self._kopecks.get, range(self._width))
        return [None if one is None else Money(one) for one in found]

    def add(self, row: list[str]) -> None:
        """Count a row; a cell that is no sum adds nothing."""
        self.count += 1
        for column, place in self._places:
            if place >= len(row):
                continue
            try:
                self._kopecks[column] += cells.kopecks(row[place])
            except UnfitCell:
                continue


@dataclass(frozen=True, slots=True)
class Control:
    """What a registry says of itself: rows, sums in its order, the payment order.

    One that tells no `count` has only its sums compared; `word` names it in faults.
    """

    line: int
    count: int | None
    sums: tuple[Money, ...]
    document: str
    word: str = "контрольная строка"

    @classmethod
    def read(cls, record: Record) -> "Control | None":
        """Return the control line, None if the record is an ordinary row."""
        if "=" not in record.cells[0]:
            return None
        first = record.cells[0].strip()
        if not first.startswith("=") or not first[1:].isascii():
            return None
        if not first[1:].isdigit():
            return None
        sums = []
        for cell in record.cells[1:]:
            try:
                sums.append(cells.money(cell))
            except UnfitCell:
                break
        rest = [cell.strip() for cell in record.cells[4:6]]
        return cls(record.line, int(first[1:]), tuple(sums), " от ".join(rest))

    def differences(self, tally: Tally) -> list[tuple[str, str]]:
        """Return what differs from the rows: the value told and the reason."""
        found = []
        if self.count not in {None, tally.count}:
            reason = f"{self.word}: строк {self.count}, в файле {tally.count}"
            found.append((str(self.count), reason))
        # Sums beyond the profile's columns are the payment order's number and date.
        for told, counted in zip(self.sums, tally.sums, strict=False):
            if counted is not None and told != counted:
                reason = f"{self.word}: сумма не сходится, по строкам {counted.roubles}"
                found.append((str(told.roubles), reason))
        return found


def misfits(
    told: Iterable[Control | None], tally: Tally
) -> Iterator[tuple[int, str, str]]:
    """Yield line, value and reason of whatever is told and the rows do not give."""
    for control in filter(None, told):
        for value, reason in control.differences(tally):
            yield control.line, value, reason
