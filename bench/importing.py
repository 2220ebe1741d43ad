"""How long registries take to come in, beside writing the same rows by the driver alone.

`python -m bench.importing`: some 20 000 charges with the accounts, meters, readings and
payments they belong to, copies of the registry that comes with the package. `--rows N`
brings in so many, and 20 000 beside them to tell whether memory stays the same; both
then have a section of their own. With `--database ADDRESS`, any database of a Postgres
server, they come into a database of their own there, dropped in the end.
"""

import argparse
import csv
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import town
from bench.measure import machine, most_megabytes, write
from bench.writing import writer
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import bulk
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file
from cabinet.services.importing.running import ROWS_AT_ONCE

#: What others are compared with: the memory stays the same.
FEW = 20_000
#: Rows that the floor reads at once, no more than a part of a file: memory is ours.
CHUNK = 2_000
REGISTRY = town.DATA / "registry"
#: Of each kind the tables its rows end in.
TABLES = {
    "accounts": ("account",),
    "meters": ("meter",),
    "readings": ("reading",),
    "charges": ("bill", "ledger_entry"),
    "payments": ("ledger_entry", "import_claim"),
}
#: Of each kind the good rows of the sample; its planted faults come after them.
GOOD = {
    "accounts": 400,
    "meters": 410,
    "readings": 3908,
    "charges": 4000,
    "payments": 3246,
}
_NUMBER, _CODE = "ЛС", "Код операции"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a file took, and what its rows take alone: seconds, and of the processor."""

    kind: str
    rows: int
    ours: "Times"
    floor: "Times"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, and those that our own process was at work."""

    seconds: float = 0.0
    busy: float = 0.0

    def __add__(self, other: "Times") -> "Times":
        return Times(self.seconds + other.seconds, self.busy + other.busy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The files of a size, and megabytes before them and at the most."""

    rows: int
    steps: list[Step]
    before: float
    peak: float


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=FEW, help="charges, about")
    parser.add_argument("--database", default="", help="address of a Postgres server")
    wanted = parser.parse_args()
    counts = sorted({min(FEW, wanted.rows), wanted.rows})
    section = "importing-postgres" if wanted.database else "importing"
    if wanted.rows <= FEW:
        section += " of few"
    found = [_measured(wanted.database, count) for count in counts]
    write(section, _section(found, "Postgres" if wanted.database else "SQLite"))


def _measured(server: str, rows: int) -> Figures:
    """Bring the files in, in a process of its own, whose memory is its alone."""
    processes = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        town.made_for_the_while(server, Path(folder)) as url,
    ):
        copies = max(1, round(rows / 4000))
        for kind in TABLES:
            _copy(Path(folder), kind, copies)
        with processes.Pool(1) as pool:
            found = pool.apply(_bring, (url, rows, folder))
    assert isinstance(found, Figures)
    return found


def _copy(folder: Path, kind: str, copies: int) -> None:
    """Write the good rows of a registry so many times, each for accounts of its own."""
    with (REGISTRY / f"{kind}.csv").open(encoding="cp1251", newline="") as source:
        header, *rows = csv.reader(source, delimiter=";")
    with (REGISTRY / "accounts.csv").open(encoding="cp1251", newline="") as source:
        numbers = [row[0] for row in csv.reader(source, delimiter=";")][1:]
    places = {number: place for place, number in enumerate(numbers[: GOOD["accounts"]])}
    at, code = header.index(_NUMBER), header.index(_CODE) if _CODE in header else None
    with (folder / f"{kind}.csv").open("w", encoding="cp1251", newline="") as target:
        writer = csv.writer(target, delimiter=";")
        writer.writerow(header)
        for number in range(copies):
            for row in rows[: GOOD[kind]]:
                made = list(row)
                made[at] = (
                    f"{4600 + number // 100:04}{number % 100:02}{places[row[at]]:06}"
                )
                if code is not None:
                    made[code] = f"{number:04}-{row[code]}"
                writer.writerow(made)


def _bring(url: str, rows: int, folder: str) -> Figures:
    open_database(url)
    migrate()
    steps = []
    with database.connection_context():
        make_branches()
        for name in town.DATED:
            with (town.DATA / f"{name}.csv").open("rb") as stream:
                import_file(f"{name}.csv", stream, now=town.NOW)
        before = most_megabytes()
        # Each beside its floor: what else the machine does falls on both.
        for kind in TABLES:
            batch_id, count, ours = _take(Path(folder), kind)
            floor = _floor(Path(folder), kind, batch_id, count)
            steps.append(Step(kind=kind, rows=count, ours=ours, floor=floor))
        peak = most_megabytes()
    close_database()
    return Figures(rows=rows, steps=steps, before=before, peak=peak)


def _take(folder: Path, kind: str) -> tuple[int, int, Times]:
    """Bring a file in: its batch, its rows, and what it took."""
    if not on_sqlite():
        database.execute_sql("ANALYZE")
    with (folder / f"{kind}.csv").open("rb") as stream, _timed() as taken:
        report = import_file(f"{kind}.csv", stream, kind=kind, now=town.NOW)
    if report.bad:
        message = f"{kind}: {report.counts} {report.faults[:3]}"
        raise SystemExit(message)
    return report.batch_id, report.good, taken()


@contextmanager
def _timed() -> Iterator[Callable[[], Times]]:
    """Tell afterwards how many seconds it took, and how many of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    found = Times()
    yield lambda: found
    found = Times(time.perf_counter() - began, time.process_time() - busy)


def _section(found: list[Figures], kind: str) -> str:
    by = "executemany" if kind == "SQLite" else "COPY"
    tables = "\n\n".join(_table(figures, kind) for figures in found)
    beside = ""
    if len(found) > 1:
        few, many = found[0], found[-1]
        beside = (
            f" Of {many.rows} charges instead of {few.rows} memory at the most is"
            f" {many.peak / few.peak:.2f} times that."
        )
    return (
        f"{machine()}\n\n{tables}\n\n"
        f"The floor writes the rows that a file became as they are, by {by} into tables"
        f" with the same indexes, a commit for {ROWS_AT_ONCE} lines of the file, in the"
        " same session. It reads no file, knows no account and checks nothing. The"
        " processor's time is that of our own process."
        f"{beside}"
    )


def _table(figures: Figures, kind: str) -> str:
    rows = "\n".join(map(_row, figures.steps))
    ours = sum((step.ours for step in figures.steps), Times())
    floor = sum((step.floor for step in figures.steps), Times())
    count = sum(step.rows for step in figures.steps)
    return (
        f"About {figures.rows} charges and what belongs to them, {kind}, one process.\n\n"
        "| file | rows | rows a second | floor, rows a second | times the floor |"
        " µs of processor a row | of the floor | times |\n"
        "|---|---|---|---|---|---|---|---|\n"
        f"{rows}\n{_line('all', count, ours, floor, '**')}\n\n"
        f"Memory: {figures.before:.0f} MB before the files, {figures.peak:.0f} MB at the"
        " most."
    )


def _row(step: Step) -> str:
    return _line(step.kind, step.rows, step.ours, step.floor)


def _line(name: str, rows: int, ours: Times, floor: Times, mark: str = "") -> str:
    micro = 1e6 / rows
    return (
        f"| {name} | {rows} | {rows / ours.seconds:.0f} | {rows / floor.seconds:.0f} |"
        f" {mark}{ours.seconds / floor.seconds:.1f}{mark} | {ours.busy * micro:.0f} |"
        f" {floor.busy * micro:.0f} | {ours.busy / floor.busy:.1f} |"
    )


# The floor ------------------------------------------------------------------------


def _floor(folder: Path, kind: str, batch_id: int, lines: int) -> Times:
    """Return the time in which the driver alone writes what a file became.

    Into empty tables with the same columns and indexes, a commit for as many rows as
    a part of the file became.
    """
    total = Times()
    with writer(folder, TABLES[kind], f"floor_{kind}") as put:
        for table in TABLES[kind]:
            count = database.execute_sql(
                f"SELECT count(*) FROM {table} WHERE batch_id = {batch_id}"
            ).fetchone()[0]
            at_once = max(1, round(ROWS_AT_ONCE * count / lines))
            last = 0
            while rows := _rows(table, batch_id, last):
                last = rows[-1][0]
                with _timed() as taken:
                    for chunk in bulk.chunks(rows, at_once):
                        put(table, chunk)
                total += taken()
    return total


def _rows(table: str, batch_id: int, last: int) -> list[tuple[Any, ...]]:
    query = (
        f"SELECT * FROM {table} WHERE batch_id = {batch_id} AND id > {last}"
        f" ORDER BY id LIMIT {CHUNK}"
    )
    rows: list[tuple[Any, ...]] = database.execute_sql(query).fetchall()
    return rows


if __name__ == "__main__":
    main()
