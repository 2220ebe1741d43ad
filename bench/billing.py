"""How long a month's bills take, beside writing the same rows by the driver alone.

`python -m bench.billing`: 20 000 accounts on SQLite. `--accounts N` bills so many, and
20 000 beside them to tell whether memory and the cost of one stay the same; fewer have a
section of their own. Three months are billed and the last is measured, with `--months`
fewer. With `--database ADDRESS`, any database of a Postgres server, each is billed in a
database of its own there, filled by COPY and dropped in the end.

With `--town` it is the town of `bench.fill`: a year of readings and three months of bills
are there, the fourth month is billed in its four branches. One that was left on the server
is taken, and is dropped in the end like the others, unless it is to `--keep`: the month
after its last is billed then.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from bench import fill, months_on, pattern, town
from bench.measure import machine, most_megabytes, server_seconds, write
from bench.writing import writer
from cabinet.domain.period import Month
from cabinet.models import Bill, BillRun, Branch, LedgerEntry
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import audit
from cabinet.services.billing import issuing, publishing, runs

MONTHS = (Month(2026, 8), Month(2026, 9), Month(2026, 10))
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
]
#: What others are compared with: the memory and the cost of an account stay the same.
FEW = 20_000
#: One of so many pays nothing.
UNPAID = 5
NOW = town.NOW
#: So many accounts of a town, where others have worked before, may be held back.
HELD = 100

#: Of a step: by the wall, of our processor, of the server's.
CLOCKS = (time.perf_counter, time.process_time, server_seconds)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured: seconds, megabytes, rows in the end."""

    accounts: int
    months: int
    steps: list["Step"]
    floor: float
    before: float
    peak: float
    bills: int
    entries: int

    @property
    def written(self) -> "Step":
        """Return issuing and publishing as one step."""
        both = [step for step in self.steps if step.name != "prepare"]
        return _together("issue and publish", both)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of the last month took: seconds for all accounts.

    `busy` are those of the processor in our own process, `server` those of the process
    that the server has for it.
    """

    name: str
    seconds: float
    busy: float
    server: float


def _together(name: str, steps: Sequence[Step]) -> Step:
    return Step(
        name,
        sum(one.seconds for one in steps),
        sum(one.busy for one in steps),
        sum(one.server for one in steps),
    )


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=FEW)
    parser.add_argument("--database", default="", help="address of a Postgres server")
    parser.add_argument("--months", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--town", action="store_true", help="of bench.fill")
    parser.add_argument("--keep", action="store_true", help="the town, on the server")
    wanted = parser.parse_args()
    months = MONTHS[-wanted.months :]
    counts = sorted({FEW, wanted.accounts})
    kind = section = "billing-postgres" if wanted.database else "billing"
    if wanted.accounts < FEW:
        counts, section = [wanted.accounts], "billing of few"
    if wanted.town:
        section = f"{kind} of a town"
        found = [
            _measured_town(wanted.database, count, is_kept=wanted.keep)
            for count in counts
        ]
    else:
        found = [_measured(wanted.database, count, months) for count in counts]
    write(section, _section(found, "Postgres" if wanted.database else "SQLite"))


def _measured(server: str, count: int, months: tuple[Month, ...]) -> Figures:
    """Bill so many accounts in a process of its own, whose memory is its alone."""
    with (
        tempfile.TemporaryDirectory() as folder,
        town.made_for_the_while(server, Path(folder)) as url,
    ):
        _apart(_settle, url, count, months)
        return _apart(_bill, url, count, months, folder)


def _measured_town(server: str, count: int, *, is_kept: bool) -> Figures:
    """Bill one more month of the town of so many accounts."""
    wanted = argparse.Namespace(
        accounts=count, months=fill.YEAR, database=server, keep=bool(server)
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        fill.filled(wanted, Path(folder)) as (url, _),
    ):
        try:
            _apart(_go_on, url)
            return _apart(_bill_town, url, count, folder)
        finally:
            if server and not is_kept:
                fill.drop(server, fill.name_of(count, fill.YEAR))


def _apart(work: Callable[..., T], *arguments: Any) -> T:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _settle(url: str, count: int, months: tuple[Month, ...]) -> None:
    open_database(url)
    migrate()
    with database.connection_context():
        town.settle(count, months)
    close_database()


def _bill(url: str, count: int, months: tuple[Month, ...], folder: str) -> Figures:
    """Bill the months and measure the last of them."""
    open_database(url)
    with database.connection_context():
        branch = Branch.get(Branch.code == "kursk")
        before, floor = most_megabytes(), Floor(Path(folder))
        steps: list[Step] = []
        for number, month in enumerate(months):
            if number:
                _payments(month)
            kept = floor if month == months[-1] else None
            steps = list(_steps(branch, month, now=NOW, floor=kept))
        figures = _figures(
            steps,
            count=count,
            months=len(months),
            before=before,
            month=months[-1],
            floor=floor,
        )
    close_database()
    return figures


def _go_on(url: str) -> None:
    """Pay the last bills of a town and send its next readings, as the months before."""
    open_database(url)
    with database.connection_context():
        last = last_month()
        months_on.pay(last)
        months_on.send(last.next)
        months_on.prolong(last.next)
        database.execute_sql("ANALYZE" if on_sqlite() else "VACUUM ANALYZE")
    close_database()


def _bill_town(url: str, count: int, folder: str) -> Figures:
    """Bill the next month in all branches of a town: a step is all of theirs."""
    open_database(url)
    with database.connection_context():
        month = last_month().next
        before, now = most_megabytes(), pattern.moment(month)
        floor = Floor(Path(folder))
        taken = [
            list(_steps(branch, month, now=now, floor=floor))
            for branch in Branch.select().order_by(Branch.id)
        ]
        steps = [_together(each[0].name, each) for each in zip(*taken, strict=True)]
        figures = _figures(
            steps,
            count=count,
            months=month.since(pattern.BILLED[0]) + 1,
            before=before,
            month=month,
            floor=floor,
        )
    close_database()
    return figures


def last_month() -> Month:
    """Return the last month that the town was billed for."""
    newest: Month = (
        BillRun.select(BillRun.month).order_by(BillRun.month.desc()).limit(1).scalar()
    )
    return newest


def _figures(
    steps: list[Step],
    *,
    count: int,
    months: int,
    before: float,
    month: Month,
    floor: "Floor",
) -> Figures:
    """Return what was measured, with the floor of the month that was."""
    peak = most_megabytes()
    floor.write_month(month)
    return Figures(
        accounts=count,
        months=months,
        steps=steps,
        before=before,
        peak=peak,
        floor=floor.seconds,
        bills=Bill.select().count(),
        entries=LedgerEntry.select().count(),
    )


def _section(found: list[Figures], kind: str) -> str:
    by = "executemany" if kind == "SQLite" else "COPY"
    tables = "\n\n".join(_table(figures, kind) for figures in found)
    beside = ""
    if len(found) > 1:
        few, many = found[0], found[-1]
        cost = [one.written.seconds / one.accounts for one in (few, many)]
        beside = (
            f" Of {many.accounts} accounts instead of {few.accounts} memory at the most"
            f" is {many.peak / few.peak:.2f} times that, an account costs"
            f" {cost[1] / cost[0]:.2f} times as much."
        )
    return (
        f"{machine()}\n\n{tables}\n\n"
        "The floor writes the month's drafts, bills and entries as they are, by"
        f" {by} into tables with the same indexes, a commit for as many rows as ours"
        " has, in the same session. The processor's time is that of our own process,"
        f" and the server's that of the one it has for us.{beside}"
    )


def _table(figures: Figures, kind: str) -> str:
    floor, accounts = figures.floor, figures.accounts
    rows = "\n".join(_row(step, figures) for step in figures.steps)
    return (
        f"{accounts} accounts, {kind}, one process, the"
        f" {ORDINALS[figures.months - 1]} month.\n\n"
        "| step | seconds | µs an account | µs of processor | of the server's"
        " | times the floor |\n"
        "|---|---|---|---|---|---|\n"
        f"{rows}\n{_row(figures.written, figures, '**')}\n"
        f"| floor | {floor:.1f} | {floor / accounts * 1e6:.0f} | | | 1 |\n\n"
        f"Memory: {figures.before:.0f} MB before the runs, {figures.peak:.0f} MB at the"
        f" most. {figures.bills} bills and {figures.entries} entries in the end."
    )


def _row(step: Step, figures: Figures, mark: str = "") -> str:
    micro = 1e6 / figures.accounts
    server = f"{step.server * micro:.0f}" if step.server else ""
    return (
        f"| {step.name} | {step.seconds:.1f} | {step.seconds * micro:.0f}"
        f" | {step.busy * micro:.0f} | {server}"
        f" | {mark}{step.seconds / figures.floor:.1f}{mark} |"
    )


def _steps(
    branch: Branch, month: Month, *, now: datetime, floor: "Floor | None"
) -> Iterator[Step]:
    with _timed() as taken:
        preview = issuing.prepare(branch, month)
    allowed = HELD if month > pattern.LAST else 0
    if preview.missing or sum(preview.held.values()) > allowed:
        raise RuntimeError(f"{preview.missing} {preview.held}")
    yield Step("prepare", *taken())
    run_id = runs.begin(
        branch, month, only=None, counts={}, actor=audit.SYSTEM, now=now
    )
    with _timed() as taken:
        issuing.issue(run_id, actor=audit.SYSTEM, clock=lambda: now)
    yield Step("issue", *taken())
    if floor:
        floor.write_drafts(run_id)
    with _timed() as taken:
        publishing.publish(run_id, actor=audit.SYSTEM, clock=lambda: now)
    yield Step("publish", *taken())


@contextmanager
def _timed() -> Iterator[Callable[[], list[float]]]:
    """Tell afterwards how many seconds it took, and how many of both processors."""
    began = [clock() for clock in CLOCKS]
    ended: list[float] = []
    yield lambda: ended
    ended = [clock() - then for clock, then in zip(CLOCKS, began, strict=True)]


def _payments(month: Month) -> None:
    """Let most pay the bill of the month before, in time; the database does it."""
    which = (
        f"bill.month = {month.previous.code} AND bill.closing > 0"
        f" AND bill.account_id - bill.account_id / {UNPAID} * {UNPAID} <> 0"
    )
    with writing():
        database.execute_sql(
            "INSERT INTO ledger_entry (account_id, kind, amount, month, effective_at,"
            " posted_at, cause, channel, document) SELECT bill.account_id, 'payment',"
            f" -bill.closing, bill.month, '{month}-12 09:00:00', '{month}-12 09:00:00',"
            " 'bench:' || bill.account_id || ':' || bill.month, '', ''"
            f" FROM bill WHERE {which}"
        )
        database.execute_sql(
            "UPDATE account SET balance = account.balance - bill.closing FROM bill"
            f" WHERE bill.account_id = account.id AND {which}"
        )


# The floor ------------------------------------------------------------------------


@dataclass(slots=True)
class Floor:
    """The seconds in which the driver alone writes the same rows.

    Drafts, bills and entries of the month into empty tables with the same columns
    and indexes, chunk by chunk, each chunk with a commit.
    """

    folder: Path
    seconds: float = 0.0

    def write_drafts(self, run_id: int) -> None:
        """Write those of a run, before publishing moves them."""
        self._write("bill_draft", f"run_id = {run_id}", f"floor_{run_id}")

    def write_month(self, month: Month) -> None:
        """Write what was published; one after the other: millions need room."""
        self._write("bill", f"month = {month.code}")
        self._write("ledger_entry", f"month = {month.code} AND bill_id > 0")

    def _write(self, table: str, which: str, name: str = "floor") -> None:
        last = 0
        with writer(self.folder, [table], name) as put:
            while True:
                # What is read in between is not counted, and need not be waited for.
                rows = database.execute_sql(
                    f"SELECT * FROM {table} WHERE {which} AND id > {last}"
                    f" ORDER BY id LIMIT {issuing.CHUNK}"
                ).fetchall()
                if not rows:
                    return
                last = rows[-1][0]
                began = time.perf_counter()
                put(table, rows)
                self.seconds += time.perf_counter() - began


if __name__ == "__main__":
    main()
