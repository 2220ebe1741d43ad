"""A part of a file on its way in: its counts, its refused rows, what it changed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from peewee import Model, Query

from cabinet.domain.money import Money
from cabinet.exchange.faults import Fault
from cabinet.exchange.profiles import Binding
from cabinet.models import Branch, ImportRow, StoredFile
from cabinet.services import bulk
from cabinet.services.importing.changes import Change, change
from cabinet.services.importing.firsts import First
from cabinet.services.importing.report import Outcome

R = TypeVar("R", bound="Row")
T = TypeVar("T")


class Row(Protocol):
    """A row of any kind."""

    @property
    def line(self) -> int:
        """Return the line it began on."""

    @property
    def raw(self) -> tuple[str, ...]:
        """Return its cells."""


class Intake:
    """Collects what became of some rows of a batch, in the transaction they are taken in.

    `folder` is where the files lie that rows name; of a row that waited it is its one
    file. With a `branch_id` the accounts of other branches are unknown. `kept` is what
    the parts of a file have in common. `is_look` where all of it goes back.
    """

    def __init__(
        self,
        batch_id: int,
        binding: Binding[Any],
        *,
        folder: Path | StoredFile | None = None,
        branch_id: int | None = None,
        kept: dict[Any, Any] | None = None,
        is_look: bool = False,
        now: datetime,
    ) -> None:
        self.batch_id = batch_id
        self.folder = folder
        self.branch_id = branch_id
        self.binding = binding
        self.kept = {} if kept is None else kept
        self.is_look = is_look
        self.now = now
        self.counts: Counter[str] = Counter()
        self.amount = Money(0)
        self.held = Money(0)
        self.changes: list[Change] = []
        self.refused: list[dict[str, object]] = []

    def has(self, field: str) -> bool:
        """Tell whether the file has a column for the field."""
        return field in self.binding.places

    def once(self, make: Callable[[], T]) -> T:
        """Return what is made once for all parts of the file: prices, days to pay."""
        if make not in self.kept:
            self.kept[make] = make()
        found: T = self.kept[make]
        return found

    def count(self, outcome: Outcome, rows: int = 1) -> None:
        """Count rows that are in."""
        self.counts[outcome] += rows

    @property
    def branches(self) -> Query:
        """Return the query of the ids of the branches whose accounts may be named."""
        query = Branch.select(Branch.id)
        if self.branch_id is None:
            return query
        return query.where(Branch.id == self.branch_id)

    def note(
        self,
        model: type[Model],
        row_id: int,
        before: Mapping[str, object] | None,
        after: Mapping[str, object],
    ) -> None:
        """Remember what a row was before it was changed, nothing of a new one."""
        self.changes.append(change(model, row_id, before, after))

    def sift(
        self, rows: Sequence[R], before: Sequence[First | None], field: str
    ) -> list[R]:
        """Return the rows whose key the file names for the first time.

        A second row is refused: as a repeat if it says the same, else as a fault.
        """
        if not any(before):
            return list(rows)
        first = []
        for row, other in zip(rows, before, strict=True):
            if other is None:
                first.append(row)
            elif other.is_same:
                reason = f"повтор строки {other.line}, ничего не изменено"
                self.refuse(row, field, reason, Outcome.REPEATED)
            else:
                reason = f"уже было в строке {other.line} с другими данными"
                self.refuse(row, field, reason)
        return first

    def refuse(
        self,
        row: Row,
        field: str,
        reason: str,
        outcome: Outcome = Outcome.FAULTY,
        file: StoredFile | None = None,
    ) -> None:
        """Keep a row out because of one of its cells, with the file that it names."""
        place = self.binding.places.get(field)
        value = "" if place is None else row.raw[place]
        fault = self.binding.fault(row.line, field, value, reason)
        self.refuse_all(row.raw, [fault], outcome, file)

    def refuse_all(
        self,
        raw: Sequence[str],
        faults: Sequence[Fault],
        outcome: Outcome = Outcome.FAULTY,
        file: StoredFile | None = None,
    ) -> None:
        """Keep a row out with every fault that was found in it."""
        self.counts[outcome] += 1
        self.refused += [
            {
                "batch": self.batch_id,
                "line": fault.line,
                "state": str(outcome),
                "column": fault.column[:60],
                "value": fault.value.replace("\0", "")[:200],
                "reason": fault.reason[:240],
                "raw": [cell.replace("\0", "") for cell in raw],
                "file": file and file.id,
            }
            for fault in faults
        ]

    def flush(self) -> None:
        """Write down the refused rows."""
        bulk.insert(ImportRow, self.refused)
        self.refused = []
