"""How long a month's bills take, beside writing the same rows by the driver alone.

`python -m bench.billing`: 20 000 accounts on SQLite. `--accounts N` makes more of them,
or fewer, which are told apart; `--database URL` uses an empty Postgres database in place
of a file.
"""

import argparse
import json
import resource
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bench.measure import machine, write
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.models import (
    Account,
    Bill,
    Branch,
    LedgerEntry,
    Meter,
    Reading,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import audit, bulk
from cabinet.services.billing import issuing, publishing, runs
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file
from cabinet.services.importing.payments import add_to_balances

MONTHS = (Month(2026, 8), Month(2026, 9), Month(2026, 10))
DATA = Path(__file__).parent.parent / "cabinet" / "data"
DATED = ("tariffs", "rules", "key_rate", "norms")
CHUNK = 5_000
#: An office of some size; what is smaller has a section of its own in docs/bench.md.
WHOLE = 20_000
#: One of so many sends no reading, and of so many pays nothing.
SILENT, UNPAID = 17, 5
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured: seconds, megabytes, rows in the end."""

    kind: str
    accounts: int
    steps: list["Step"]
    floor: float
    before: float
    peak: float
    bills: int
    entries: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of the last month took: seconds for all accounts."""

    name: str
    seconds: float


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=WHOLE)
    parser.add_argument("--database", default="")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = wanted.database or f"sqlite:///{folder}/billing.sqlite3"
        open_database(url)
        migrate()
        with database.connection_context():
            steps, before = _bill_months(wanted.accounts)
            figures = Figures(
                kind="SQLite" if on_sqlite() else "Postgres",
                accounts=wanted.accounts,
                steps=steps,
                before=before,
                peak=_megabytes(),
                floor=_floor(Path(folder)),
                bills=Bill.select().count(),
                entries=LedgerEntry.select().count(),
            )
        close_database()
    name = "billing" if wanted.accounts >= WHOLE else "billing of few"
    write(name, _section(figures))


def _section(figures: Figures) -> str:
    floor, accounts = figures.floor, figures.accounts
    table = "\n".join(
        f"| {step.name} | {step.seconds:.1f} | {step.seconds / accounts * 1e6:.0f} |"
        f" {step.seconds / floor:.1f} |"
        for step in figures.steps
    )
    written = sum(step.seconds for step in figures.steps if step.name != "prepare")
    by = "executemany" if figures.kind == "SQLite" else "COPY"
    return (
        f"{machine()}\n\n{accounts} accounts, {figures.kind}, one process, the third"
        " month.\n\n"
        "| step | seconds | µs an account | times the floor |\n|---|---|---|---|\n"
        f"{table}\n| issue and publish | {written:.1f} |"
        f" {written / accounts * 1e6:.0f} | **{written / floor:.1f}** |\n"
        f"| floor | {floor:.1f} | {floor / accounts * 1e6:.0f} | 1 |\n\n"
        f"The floor writes the month's drafts, bills and entries as they are, by {by}"
        " into tables with the same indexes, a commit for as many rows as ours has."
        f" Memory: {figures.before:.0f} MB before the runs, {figures.peak:.0f} MB at the"
        f" most. {figures.bills} bills and {figures.entries} entries in the end."
    )


def _bill_months(accounts: int) -> tuple[list[Step], float]:
    """Bill three months; return the steps of the last one and the memory before."""
    make_branches()
    for name in DATED:
        with (DATA / f"{name}.csv").open("rb") as stream:
            import_file(f"{name}.csv", stream, now=NOW)
    Branch.update(own_billing=True).execute()
    branch = Branch.get(Branch.code == "kursk")
    _people(branch, accounts)
    before = _megabytes()
    steps: list[Step] = []
    for number, month in enumerate(MONTHS):
        _readings(month, number)
        if number:
            _payments(month)
        steps = list(_steps(branch, month))
    return steps, before


def _steps(branch: Branch, month: Month) -> Iterator[Step]:
    with _timed() as seconds:
        preview = issuing.prepare(branch, month)
    if preview.missing or preview.held:
        raise SystemExit(f"{preview.missing} {preview.held}")
    yield Step("prepare", seconds())
    run_id = runs.begin(
        branch, month, only=None, counts={}, actor=audit.SYSTEM, now=NOW
    )
    with _timed() as seconds:
        issuing.issue(run_id, actor=audit.SYSTEM, clock=lambda: NOW)
    yield Step("issue", seconds())
    if month == MONTHS[-1]:
        _keep_drafts(run_id)
    with _timed() as seconds:
        publishing.publish(run_id, actor=audit.SYSTEM, clock=lambda: NOW)
    yield Step("publish", seconds())


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    began = time.perf_counter()
    ended = 0.0
    yield lambda: ended - began
    ended = time.perf_counter()


# The people -----------------------------------------------------------------------


def _people(branch: Branch, count: int) -> None:
    numbers = iter(range(count))
    while chunk := list(islice(numbers, CHUNK)):
        with writing():
            bulk.insert(Account, [_account(branch, number) for number in chunk])
    query = Account.select(Account.id).order_by(Account.id).tuples().iterator()
    while rows := list(islice(query, CHUNK)):
        with writing():
            bulk.insert(Meter, [_meter(account_id) for (account_id,) in rows])


def _account(branch: Branch, number: int) -> dict[str, Any]:
    return {
        "number": f"46{number:010}",
        "branch": branch.id,
        "kind": AccountKind.HOUSEHOLD,
        "holder": "Петрова Мария Петровна",
        "address": f"Курск, ул. Ленина, д. {number % 300}, кв. {number % 90}",
        "category": Category.CITY_GAS,
        "residents": 1 + number % 4,
        "norm": Energy.from_kwh(71),
        "opened_on": date(2020, 1, 1),
    }


def _meter(account_id: int) -> dict[str, Any]:
    two = account_id % 3 == 0
    return {
        "public_id": uuid.UUID(int=account_id),
        "account": account_id,
        "serial": f"{account_id:08}",
        "zones": 1 + two,
        "digits": 5,
        "opening_on": date(2026, 7, 31),
        "opening_t1": Energy.from_kwh(1000),
        "opening_t2": Energy.from_kwh(500) if two else None,
        "opening_t3": None,
        "verified_until": date(2036, 1, 1),
        "status": MeterStatus.ACTIVE,
    }


def _readings(month: Month, number: int) -> None:
    query = Meter.select(Meter.id, Meter.zones).order_by(Meter.id).tuples().iterator()
    while rows := list(islice(query, CHUNK)):
        with writing():
            bulk.insert(
                Reading,
                [
                    _reading(meter_id, zones, month, number)
                    for meter_id, zones in rows
                    if (meter_id + number) % SILENT
                ],
            )


def _reading(meter_id: int, zones: int, month: Month, number: int) -> dict[str, Any]:
    used = (number + 1) * (80 + meter_id % 200)
    return {
        "public_id": uuid.uuid4(),
        "meter": meter_id,
        "period": month,
        "t1": Energy.from_kwh(1000 + used),
        "t2": Energy.from_kwh(500 + used // 2) if zones > 1 else None,
        "t3": None,
        "taken_on": month.starts.replace(day=22),
        "received_at": datetime(month.year, month.number, 22, 9, tzinfo=UTC),
        "source": ReadingSource.CABINET,
        "state": ReadingState.SUBMITTED,
        "key": None,
    }


def _payments(month: Month) -> None:
    """Let most pay the bill of the month before, in time."""
    query = (
        Bill.select(Bill.account, Bill.closing)
        .where(Bill.month == month.previous)
        .order_by(Bill.account)
        .tuples()
    )
    bills = [row for row in query if row[0] % UNPAID and row[1] > Money(0)]
    for chunk in bulk.chunks(bills, CHUNK):
        with writing():
            bulk.insert(
                LedgerEntry,
                [
                    {
                        "account": account_id,
                        "kind": EntryKind.PAYMENT,
                        "amount": -owed,
                        "month": month.previous,
                        "effective_at": datetime(
                            month.year, month.number, 12, 9, tzinfo=UTC
                        ),
                        "posted_at": NOW,
                        "cause": f"bench:{account_id}:{month}",
                    }
                    for account_id, owed in chunk
                ],
            )
            add_to_balances({account_id: -owed for account_id, owed in chunk})


# The floor ------------------------------------------------------------------------


def _keep_drafts(run_id: int) -> None:
    """Keep a copy of the drafts for the floor: publishing moves them."""
    database.execute_sql(
        f"CREATE TABLE kept_draft AS SELECT * FROM bill_draft"
        f" WHERE run_id = {int(run_id)}"
    )


Write = Callable[[str, list[tuple[Any, ...]]], None]


def _floor(folder: Path) -> float:
    """Return the seconds in which the driver alone writes the same rows.

    Drafts, bills and entries of the last month into empty tables with the same columns
    and indexes, chunk by chunk, each chunk with a commit.
    """
    month = MONTHS[-1].code
    sources = {
        "bill_draft": "kept_draft WHERE id > {}",
        "bill": f"bill WHERE month = {month} AND id > {{}}",
        "ledger_entry": f"ledger_entry WHERE month = {month} AND bill_id > 0 AND id > {{}}",
    }
    seconds = 0.0
    writer = _sqlite_writer(folder) if on_sqlite() else _postgres_writer()
    with writer as put:
        for table, source in sources.items():
            last = 0
            while rows := _rows(source.format(last)):
                last = rows[-1][0]
                began = time.perf_counter()
                for chunk in bulk.chunks(rows, issuing.CHUNK):
                    put(table, chunk)
                seconds += time.perf_counter() - began
    return seconds


def _rows(source: str) -> list[tuple[Any, ...]]:
    query = f"SELECT * FROM {source} ORDER BY id LIMIT {CHUNK}"
    rows: list[tuple[Any, ...]] = database.execute_sql(query).fetchall()
    return rows


@contextmanager
def _sqlite_writer(folder: Path) -> Iterator[Write]:
    made = database.execute_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name IN"
        " ('bill_draft', 'bill', 'ledger_entry') AND type IN ('table', 'index')"
        " AND sql IS NOT NULL"
    ).fetchall()
    with closing(sqlite3.connect(folder / "floor.sqlite3")) as plain:
        plain.execute("PRAGMA journal_mode=wal")
        plain.execute("PRAGMA synchronous=full")
        for (statement,) in made:
            plain.execute(statement)

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            marks = ", ".join("?" * len(rows[0]))
            plain.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            plain.commit()

        yield put


@contextmanager
def _postgres_writer() -> Iterator[Write]:
    connection = database.connection()
    with connection.cursor() as cursor:
        for table in ("bill_draft", "bill", "ledger_entry"):
            cursor.execute(
                f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)"
            )

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            with cursor.copy(f"COPY floor_{table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(_plain(row))
            connection.commit()

        yield put


def _plain(row: tuple[Any, ...]) -> list[Any]:
    """Return JSON as the text it is sent as."""
    return [json.dumps(one) if isinstance(one, dict | list) else one for one in row]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
