"""The one door for files: recognise, refuse what came before, take row by row."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from cabinet.domain.money import Money
from cabinet.exchange.benefits import BENEFITS
from cabinet.exchange.counted import COUNTED
from cabinet.exchange.dated import DATED
from cabinet.exchange.delimited import Table
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.papers import PAPERS
from cabinet.exchange.profiles import Faulty, Rows, bind, recognise
from cabinet.exchange.registry import REGISTRIES
from cabinet.models import ImportBatch
from cabinet.models.base import writing
from cabinet.services import audit, bulk
from cabinet.services.importing import dated
from cabinet.services.importing.accounts import take_accounts
from cabinet.services.importing.benefits import take_benefits
from cabinet.services.importing.charges import take_charges
from cabinet.services.importing.counted import take_counted
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.meters import take_meters
from cabinet.services.importing.papers import take_papers
from cabinet.services.importing.payments import take_payments
from cabinet.services.importing.readings import take_readings
from cabinet.services.importing.report import ImportReport, Outcome, report_of

PROFILES = (*REGISTRIES, COUNTED, BENEFITS, PAPERS, *DATED)
COMMITTED = "committed"
ROWS_AT_ONCE = 2000
#: What is in them lies beside them.
LISTS_OF_FILES = ("papers",)
_LONGEST_NAME = 240

TAKERS: dict[str, Callable[[list[Any], Intake], None]] = {
    "accounts": take_accounts,
    "meters": take_meters,
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


def kind_of(name: str, stream: IO[bytes]) -> str:
    """Tell by its header what kind of file this is; raises UnusableFile."""
    return recognise(PROFILES, Table(name, stream)).profile.kind


def import_file(
    name: str,
    stream: IO[bytes],
    *,
    now: datetime,
    kind: str | None = None,
    folder: Path | None = None,
    by: audit.Actor = audit.SYSTEM,
) -> ImportReport:
    """Bring one file in, whole or not at all, and return the report.

    The kind is recognised by the header unless it is named. `folder` holds the files
    that a list of papers names. A file that came before changes nothing; a list may
    come again, since its files may be others. Raises UnusableFile, and then nothing is changed either, for what
    cannot be read and for a registry whose control line does not fit its rows.
    """
    table = Table(name, stream)
    if kind is None:
        binding = recognise(PROFILES, table)
    else:
        binding = bind(next(one for one in PROFILES if one.kind == kind), table)
    kind = binding.profile.kind
    with writing():
        earlier = (
            ImportBatch.select()
            .where(
                ImportBatch.kind == kind,
                ImportBatch.sha256 == table.examined.sha256,
                ImportBatch.state == COMMITTED,
                ImportBatch.kind.not_in(LISTS_OF_FILES),
            )
            .first()
        )
        if earlier is not None:
            return report_of(earlier, seen=True)
        batch = ImportBatch.create(
            kind=kind,
            file_name=_printable(name),
            sha256=table.examined.sha256,
            state="open",
            by=by.user_id,
            started_at=now,
        )
        rows = Rows(table, binding)
        intake = Intake(batch.id, binding, folder=folder, now=now)
        _take(rows, intake, TAKERS[kind])
        _close(batch, rows, intake)
        audit.record(
            by,
            "import.committed",
            now=now,
            subject=f"import_batch:{batch.id}",
            kind=kind,
            **{str(outcome): intake.counts[outcome] for outcome in Outcome},
        )
        return report_of(batch, seen=False)


def _printable(name: str) -> str:
    """Return the name of a file as a column takes it: disks allow bytes of any kind."""
    return name.encode("utf-8", "replace").decode()[-_LONGEST_NAME:]


def _take(
    rows: Rows[Any], intake: Intake, take: Callable[[list[Any], Intake], None]
) -> None:
    for chunk in bulk.chunks(rows, ROWS_AT_ONCE):
        good = []
        for row in chunk:
            if isinstance(row, Faulty):
                intake.refuse_all(row.raw, row.faults)
            else:
                good.append(row)
        if good:
            take(good, intake)
    intake.flush()


def _close(batch: ImportBatch, rows: Rows[Any], intake: Intake) -> None:
    """Compare the control line and write the batch's figures down."""
    for fault in rows.control_faults():
        raise UnusableFile(fault.reason, line=fault.line)
    batch.counts = dict(intake.counts)
    if rows.binding.profile.sums:
        control: dict[str, Any] = {
            "amount": intake.amount.kopecks,
            "held": intake.held.kopecks,
        }
        if rows.control is None:
            control["notes"] = ["контрольной строки в файле нет"]
        else:
            control["told"] = (rows.control.sums or (Money(0),))[0].kopecks
            control["document"] = rows.control.document
        batch.control = control
    batch.state = COMMITTED
    batch.finished_at = intake.now
    batch.save()
