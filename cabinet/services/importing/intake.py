"""One file on its way in: its counts, its refused rows, what stood in it before."""

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cabinet.domain.money import Money
from cabinet.exchange.faults import Fault
from cabinet.exchange.profiles import Binding
from cabinet.models import ImportRow
from cabinet.services import bulk
from cabinet.services.importing.report import Outcome

_KEPT_AT_ONCE = 500


class Row(Protocol):
    """A row of any kind."""

    @property
    def line(self) -> int:
        """Return the line it began on."""

    @property
    def raw(self) -> tuple[str, ...]:
        """Return its cells."""


class Intake:
    """Collects what became of the rows of a batch; the open transaction is the door's.

    `folder` is where the files lie that rows name.
    """

    def __init__(
        self,
        batch_id: int,
        binding: Binding[Any],
        *,
        folder: Path | None = None,
        now: datetime,
    ) -> None:
        self.batch_id = batch_id
        self.folder = folder
        self.binding = binding
        self.now = now
        self.counts: Counter[str] = Counter()
        self.amount = Money(0)
        self.held = Money(0)
        self._first_lines: dict[Hashable, tuple[int, Hashable]] = {}
        self._refused: list[dict[str, object]] = []

    def has(self, field: str) -> bool:
        """Tell whether the file has a column for the field."""
        return field in self.binding.places

    def count(self, outcome: Outcome, rows: int = 1) -> None:
        """Count rows that are in."""
        self.counts[outcome] += rows

    def is_first(self, row: Row, key: Hashable, content: Hashable, field: str) -> bool:
        """Tell whether the file names the key for the first time.

        A second row is refused: as a repeat if it says the same, else as a fault.
        """
        line, before = self._first_lines.setdefault(key, (row.line, content))
        if line == row.line:
            return True
        if before == content:
            self.refuse(
                row,
                field,
                f"повтор строки {line}, ничего не изменено",
                Outcome.REPEATED,
            )
        else:
            self.refuse(row, field, f"уже было в строке {line} с другими данными")
        return False

    def refuse(
        self,
        row: Row,
        field: str,
        reason: str,
        outcome: Outcome = Outcome.FAULTY,
    ) -> None:
        """Keep a row out because of one of its cells."""
        place = self.binding.places.get(field)
        value = "" if place is None else row.raw[place]
        fault = self.binding.fault(row.line, field, value, reason)
        self.refuse_all(row.raw, [fault], outcome)

    def refuse_all(
        self,
        raw: Sequence[str],
        faults: Sequence[Fault],
        outcome: Outcome = Outcome.FAULTY,
    ) -> None:
        """Keep a row out with every fault that was found in it."""
        self.counts[outcome] += 1
        self._refused += [
            {
                "batch": self.batch_id,
                "line": fault.line,
                "state": str(outcome),
                "column": fault.column[:60],
                "value": fault.value.replace("\0", "")[:200],
                "reason": fault.reason[:240],
                "raw": [cell.replace("\0", "") for cell in raw],
            }
            for fault in faults
        ]
        if len(self._refused) >= _KEPT_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write down the refused rows collected so far."""
        bulk.insert(ImportRow, self._refused)
        self._refused.clear()
