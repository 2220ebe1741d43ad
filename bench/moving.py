"""How long moving an installation from SQLite to Postgres takes, and how much memory.

`python -m bench.moving --database ADDRESS`: 20 000 accounts with a year of readings;
ADDRESS is any database of a Postgres server, the target is one of its own there, dropped
in the end. The floor is the same rows read and sent, with nothing made or proved.
"""

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg

from bench import town
from bench.measure import machine, write
from cabinet.domain.period import Month, months
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import searching

ACCOUNTS = 20_000
READINGS = tuple(months(Month(2025, 11), Month(2026, 10)))
MOVED = re.compile(r"строк (\d+), дайджесты совпали \((\d+) с\)")


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--database", required=True, help="address of a server")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cabinet.sqlite3"
        _fill(path, wanted.accounts)
        with town.made_for_the_while(wanted.database, Path(folder)) as url:
            floor = _floor(path, url)
        with town.made_for_the_while(wanted.database, Path(folder)) as url:
            rows, seconds, peak = _move(path, url)
        size = path.stat().st_size
    write(
        "moving",
        f"{machine()}\n\n"
        f"{wanted.accounts} accounts, {rows} rows, {size / 2**20:.0f} MiB of SQLite.\n\n"
        "| what | seconds | rows a second | memory at its most, MiB |\n|---|---|---|---|\n"
        f"| `cabinet move`: tables, rows, indexes, references, both digests"
        f" | {seconds:.1f} | {rows / seconds:.0f} | {peak:.0f} |\n"
        f"| floor: the same rows read and sent by COPY, nothing proved"
        f" | {floor:.1f} | {rows / floor:.0f} | |",
    )


def _fill(path: Path, accounts: int) -> None:
    open_database(f"sqlite:///{path}")
    migrate()
    with database.connection_context():
        town.settle(accounts, READINGS)
        searching.make_due()
    close_database()


def _move(path: Path, url: str) -> tuple[int, float, int]:
    """Return the rows moved, the seconds and the MiB of the command."""
    began = time.perf_counter()
    script = (
        "import atexit, sys; from bench.measure import most_megabytes;"
        " from cabinet.cli import main;"
        " atexit.register(lambda: print('peak', round(most_megabytes()))); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "move", url],
        env=_environ(path),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    found, peak = MOVED.search(done.stdout), re.search(r"peak (\d+)", done.stdout)
    if found is None or peak is None:
        raise SystemExit(done.stdout)
    return int(found[1]), seconds, int(peak[1])


def _environ(path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    return kept | {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(path.parent / "home"),
        "CABINET_DATABASE_URL": f"sqlite:///{path}",
    }


def _floor(path: Path, url: str) -> float:
    """Return the seconds that reading and sending all rows take, as bare text."""
    began = time.perf_counter()
    with (
        closing(sqlite3.connect(path)) as source,
        psycopg.connect(url) as target,
        target.cursor() as cursor,
    ):
        tables = source.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            named = source.execute(f'PRAGMA table_info("{table}")').fetchall()
            columns = ", ".join(f'"{one[1]}" text' for one in named)
            cursor.execute(f'CREATE TEMP TABLE "{table}" ({columns})'.encode())
            with cursor.copy(f'COPY "{table}" FROM STDIN'.encode()) as copy:
                for row in source.execute(f'SELECT * FROM "{table}"'):
                    copy.write_row(row)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
