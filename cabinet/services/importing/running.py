"""Taking the rows of a file, a part in a transaction, and going on where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn

from cabinet.domain.loads import LoadState
from cabinet.domain.money import Money
from cabinet.exchange.profiles import Binding, Faulty, Rows
from cabinet.models import ImportBatch, ImportStep
from cabinet.models.base import lock, take_turn, writing
from cabinet.services import bulk
from cabinet.services.billing.slices import collector_resting
from cabinet.services.importing import dated
from cabinet.services.importing.accounts import take_accounts
from cabinet.services.importing.benefits import take_benefits
from cabinet.services.importing.changes import Change
from cabinet.services.importing.charges import take_charges
from cabinet.services.importing.counted import take_counted
from cabinet.services.importing.firsts import First, Firsts
from cabinet.services.importing.holders import take_holders
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.meters import take_meters
from cabinet.services.importing.papers import take_papers
from cabinet.services.importing.payments import take_payments
from cabinet.services.importing.readings import take_readings
from cabinet.services.importing.replacements import take_replacements
from cabinet.services.importing.tables import bind_table, table_of

ROWS_AT_ONCE = 2000
#: Parts are taken one after another: two files may name the same thing.
TURN = 4631_0001

Taker = Callable[[list[Any], Intake], None]

TAKERS: dict[str, Taker] = {
    "accounts": take_accounts,
    "holders": take_holders,
    "meters": take_meters,
    "replacements": take_replacements,
    "readings": take_readings,
    "charges": take_charges,
    "payments": take_payments,
    "counted": take_counted,
    "benefits": take_benefits,
    "papers": take_papers,
    "tariffs": dated.take_tariffs,
    "rules": dated.take_rules,
    "key_rates": dated.take_key_rates,
    "norms": dated.take_norms,
}


class OvertakenError(Exception):
    """Somebody else works on the batch, or it is no longer to be worked on."""


class _LookedError(Exception):
    """The rows were only looked at: what they changed goes back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The bytes of a file, what it is called, and the folder of the files it names."""

    name: str
    stream: IO[bytes]
    folder: Path | None = None


def run(
    batch_id: int,
    source: Source,
    *,
    report: Callable[[int], None] = lambda _done: None,
) -> tuple[str, ...]:
    """Take every row that is not in yet, or only look at it while it is being checked.

    Returns what was left out on purpose. Each part tells how far it is. Killed and begun again it goes on after the last part
    that is in. Raises OvertakenError where another was quicker; UnusableFile.
    """
    batch = ImportBatch.get_by_id(batch_id)
    layout = batch.layout or {}
    table = table_of(source.name, source.stream, layout)
    binding = bind_table(table, batch.kind, layout)
    rows = iter(Rows(table, binding, is_compared=True))
    firsts = Firsts(batch.kind)
    work = _Work(batch, binding, source.folder)
    try:
        # What is in is read again: later rows may repeat it.
        for chunk in bulk.chunks(islice(rows, batch.done), ROWS_AT_ONCE):
            firsts.note(row for row in chunk if not isinstance(row, Faulty))
        parts = bulk.chunks(rows, ROWS_AT_ONCE)
        while True:
            with collector_resting():
                part = next(parts, None)
                done = None if part is None else work.take(part, firsts)
            if done is None:
                break
            report(done)
    finally:
        firsts.close()
    return tuple(table.notes)


class _Work:
    """A batch on its way in, part after part."""

    def __init__(
        self, batch: ImportBatch, binding: Binding[Any], folder: Path | None
    ) -> None:
        self.batch = batch
        self.binding = binding
        self.folder = folder
        self.kept: dict[Any, Any] = {}
        self.done: int = batch.done
        self.is_look = batch.state is LoadState.CHECKING

    def take(self, chunk: list[Any], firsts: Firsts) -> int:
        """Take the rows in one transaction and return how many are done by now."""
        good = [row for row in chunk if not isinstance(row, Faulty)]
        before = firsts.note(good)
        if self.is_look:
            self._look(chunk, good, before, firsts.field)
        else:
            with writing():
                # First: whoever else goes on with the file waits here, and stops.
                take_turn(TURN)
                batch = self._held()
                intake = self._intake()
                self._put(chunk, good, before, intake, firsts.field)
                self._keep(batch, intake, len(chunk))
        self.done += len(chunk)
        return self.done

    def _look(
        self,
        chunk: list[Any],
        good: list[Any],
        before: list[First | None],
        field: str,
    ) -> None:
        """Take the rows, see what becomes of them, and take it all back."""
        intake = self._intake()
        try:
            with writing():
                take_turn(TURN)
                self._put(chunk, good, before, intake, field)
                _take_back()
        except _LookedError:
            pass
        with writing():
            self._keep(self._held(), intake, len(chunk))

    def _put(
        self,
        chunk: list[Any],
        good: list[Any],
        before: list[First | None],
        intake: Intake,
        field: str,
    ) -> None:
        for row in chunk:
            if isinstance(row, Faulty):
                intake.refuse_all(row.raw, row.faults)
        first = intake.sift(good, before, field)
        if first:
            TAKERS[self.batch.kind](first, intake)

    def _intake(self) -> Intake:
        # Every part is of the moment the file came: begun again it says the same.
        return Intake(
            self.batch.id,
            self.binding,
            folder=self.folder,
            branch_id=self.batch.branch_id,
            kept=self.kept,
            is_look=self.is_look,
            now=self.batch.started_at,
        )

    def _held(self) -> ImportBatch:
        """Return the batch, held, if it stands where this part begins."""
        batch = locked(self.batch.id)
        if batch.state is not self.batch.state or batch.done != self.done:
            raise OvertakenError(self.batch.id)
        return batch

    def _keep(self, batch: ImportBatch, intake: Intake, rows: int) -> None:
        """Write down what became of the rows, with the part they are."""
        intake.flush()
        add_figures(batch, intake, rows=rows)
        if intake.changes and not self.is_look:
            add_step(batch, intake.changes)
        batch.save()


def _take_back() -> NoReturn:
    raise _LookedError


def locked(batch_id: int) -> ImportBatch:
    """Return the batch, held to the end of the open transaction."""
    batch: ImportBatch = lock(
        ImportBatch.select().where(ImportBatch.id == batch_id)
    ).get()
    return batch


def add_figures(batch: ImportBatch, intake: Intake, *, rows: int) -> None:
    """Add what became of some rows to the figures of the batch."""
    for name, count in intake.counts.items():
        batch.counts[name] = batch.counts.get(name, 0) + count
    for name, amount in (("amount", intake.amount), ("held", intake.held)):
        if amount:
            before = Money(batch.control.get(name, 0))
            batch.control[name] = (before + amount).kopecks
    batch.done += rows


def add_step(batch: ImportBatch, changes: list[Change]) -> None:
    """Write down what a part changed; its number makes it happen once."""
    ImportStep.create(batch=batch.id, number=batch.steps, changes=changes)
    batch.steps += 1
