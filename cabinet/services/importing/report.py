"""What an import tells: how many rows fared how, and what was wrong with the rest."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cabinet.domain.money import Money
from cabinet.exchange.faults import Fault
from cabinet.models import ImportBatch, ImportRow


class Outcome(StrEnum):
    """How a row fared (что стало со строкой)."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    FAULTY = "faulty"
    REPEATED = "repeated"
    QUARANTINED = "quarantined"


#: The rows that are in.
GOOD = (Outcome.NEW, Outcome.CHANGED, Outcome.SAME)

#: All refused rows are kept; a report lists no more than this many faults.
MOST_TOLD = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """The result of one file.

    `seen_at` is set when the very same file had come before: then nothing was changed
    now and the figures are those of that time. `amount` is the money of the good rows,
    `held` that of the quarantined ones, `control` what the file says of itself.
    `unexplained` counts bills whose sum differs from what the readings and the prices
    give: they stand as the billing system sent them.
    """

    batch_id: int
    kind: str
    file: str
    counts: dict[Outcome, int]
    faults: tuple[Fault, ...]
    amount: Money | None = None
    held: Money | None = None
    control: Money | None = None
    unexplained: int = 0
    seen_at: datetime | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def good(self) -> int:
        """Return how many rows are in, now or from before."""
        return sum(self.counts.get(outcome, 0) for outcome in GOOD)

    @property
    def bad(self) -> int:
        """Return how many rows were refused, repeated or put into quarantine."""
        return sum(self.counts.values()) - self.good


def report_of(batch: ImportBatch, *, seen: bool, most: int = MOST_TOLD) -> ImportReport:
    """Return the report of a batch from its rows in the database."""
    query = (
        ImportRow.select()
        .where(ImportRow.batch == batch.id)
        .order_by(ImportRow.line, ImportRow.id)
        .limit(most)
    )
    told = batch.counts
    return ImportReport(
        batch_id=batch.id,
        kind=batch.kind,
        file=batch.file_name,
        counts={outcome: told.get(outcome, 0) for outcome in Outcome},
        faults=tuple(
            Fault(
                file=batch.file_name,
                line=row.line,
                column=row.column,
                value=row.value,
                reason=row.reason,
            )
            for row in query
        ),
        amount=_money(batch.control.get("amount")),
        held=_money(batch.control.get("held")),
        control=_money(batch.control.get("told")),
        unexplained=told.get("unexplained", 0),
        seen_at=batch.finished_at if seen else None,
        notes=tuple(batch.control.get("notes", ())),
    )


def _money(kopecks: int | None) -> Money | None:
    return None if kopecks is None else Money(kopecks)
