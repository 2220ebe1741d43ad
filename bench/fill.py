"""A town of 20 000, 200 000 or 2 000 000 accounts, streamed into a database of its own.

`python -m bench.fill`: 20 000 accounts on SQLite. `--accounts N` makes so many,
`--months 24` gives them readings of two years in place of one. With `--database ADDRESS`,
any database of a Postgres server, they go by COPY into a database of their own there; it
is dropped in the end, or with `--keep` left to the benches that ask for the same town
(`bench.window`, `bench.hot`, `bench.billing`).

Every account has a holder, a meter, readings, three bills with their lines and ledger
rows, copied of some hundreds that the portal's services have billed (`bench.pattern`).
The first 20 000 have a cabinet with a password and an open session. In the end the ledger
is checked.
"""

import argparse
import base64
import hashlib
import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from peewee import Model

from bench import pattern, town
from bench.crowd import Person, crowd
from bench.measure import machine, most_megabytes, write
from bench.pattern import Copy, Pattern
from bench.portal import PASSWORD
from bench.unindexed import unindexed
from cabinet.domain.people import AccessLevel, Role
from cabinet.models import AccountAccess, Session, User
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import bulk, credentials, searching, sessions
from cabinet.services.ledger_check import CHECKS, check_ledger
from cabinet.services.payments import invariants

FEW = 20_000
#: Accounts that are billed, of which the others are copies, and copies of one transaction.
PATTERNS, CHUNK = 720, 5_000
#: So many accounts in turn are of one branch: registries come branch by branch.
BLOCK, BRANCHES = 2_500, 4
#: How many have a cabinet, at the most.
CABINETS = 20_000
YEAR = 12
#: The sixth day of the window, the busiest of the month.
NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling took: seconds, megabytes of the process, bytes of the database."""

    rows: int
    seconds: float
    words: float
    before: float
    peak: float
    size: int


def main() -> None:
    """Fill, check, measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    wanted = parser.parse_args()
    kind = "Postgres" if wanted.database else "SQLite"
    section = "fill-postgres" if wanted.database else "fill"
    if wanted.accounts <= FEW:
        section += " of few"
    with tempfile.TemporaryDirectory() as folder:
        if wanted.keep:
            drop(wanted.database, name_of(wanted.accounts, wanted.months))
        with filled(wanted, Path(folder)) as (url, figures):
            open_database(url)
            with database.connection_context():
                faults = _faults()
                floor = _floor(Path(folder))
            close_database()
    if figures is None:
        raise SystemExit("the town was there already")
    write(section, _section(wanted, kind, figures, floor, faults))
    raise SystemExit(bool(faults))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a command say which town it wants."""
    parser.add_argument("--accounts", type=int, default=FEW)
    parser.add_argument("--months", type=int, default=YEAR, help="of readings")
    parser.add_argument("--database", default="", help="address of a Postgres server")
    parser.add_argument(
        "--keep", action="store_true", help="leave the database, or take one left"
    )


def name_of(accounts: int, months: int) -> str:
    """Return the name of the database of such a town on a server where it is kept."""
    return f"cabinet_bench_{accounts}_{months}"


def cookie_of(user_id: int) -> str:
    """Return the cookie that somebody's open session was given."""
    made = hashlib.sha256(f"bench of {user_id}".encode()).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def email_of(user_id: int) -> str:
    """Return what somebody signs in with."""
    return f"reader{user_id}@example.org"


@contextmanager
def filled(
    wanted: argparse.Namespace, folder: Path
) -> Iterator[tuple[str, Filled | None]]:
    """Yield the address of the town that is wanted, and what filling it took.

    A town that was kept is taken as it is, brought to the schema of today.
    """
    if wanted.keep and not wanted.database:
        raise SystemExit("--keep goes with --database")
    name = name_of(wanted.accounts, wanted.months)
    if wanted.keep and _is_there(wanted.database, name):
        url = urlsplit(wanted.database)._replace(path=f"/{name}").geturl()
        open_database(url)
        migrate()
        close_database()
        yield url, None
        return
    with town.made_for_the_while(wanted.database, folder) as url:
        open_database(url)
        migrate()
        with database.connection_context():
            figures = fill(wanted.accounts, wanted.months)
        close_database()
        if not wanted.keep:
            yield url, figures
            return
        # Under its own name only when it is whole.
        made = urlsplit(url).path.removeprefix("/")
        town.on_server(wanted.database, "ALTER DATABASE {} RENAME TO {}", made, name)
    yield urlsplit(wanted.database)._replace(path=f"/{name}").geturl(), figures


def fill(count: int, months: int) -> Filled:
    """Put so many accounts into the open, empty database."""
    before, began = most_megabytes(), time.perf_counter()
    known = [pattern.LAST.plus(-back) for back in range(months - 1, -1, -1)]
    people = crowd(count)
    first = list(itertools.islice(people, PATTERNS))
    pattern.settle(first, known)
    with unindexed([model for model, _ in pattern.TABLES]):
        _copy_all(pattern.patterns_of(first), people, len(first))
    _open_cabinets(count)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    searching.make_due()
    words = time.perf_counter() - began
    if on_sqlite():
        database.execute_sql("PRAGMA optimize")
    else:
        # As its own housekeeping does soon after so much was written.
        database.execute_sql("VACUUM ANALYZE")
    rows = sum(_count(model) for model, _ in pattern.TABLES)
    return Filled(rows, seconds, words, before, most_megabytes(), _size())


def _copy_all(patterns: list[Pattern], people: Iterator[Person], last: int) -> None:
    """Write the rows of everybody who is no pattern, chunk by chunk."""
    chance = random.Random(3)

    def new_uuid() -> str:
        return f"{chance.getrandbits(128):032x}"

    for chunk in bulk.chunks(people, CHUNK):
        copies = [
            Copy(number, person, new_uuid)
            for number, person in enumerate(chunk, start=last + 1)
        ]
        last += len(chunk)
        with writing():
            for model, _ in pattern.TABLES:
                _put(model, _rows_of(model, copies, patterns))
    for model, _ in pattern.TABLES:
        town.number_on(model)


def _rows_of(
    model: type[Model], copies: Sequence[Copy], patterns: list[Pattern]
) -> Iterator[list[object]]:
    for copy in copies:
        for template in patterns[_pattern_of(copy.id)].rows.get(model, ()):
            yield template.row(copy)


def _pattern_of(account_id: int) -> int:
    """Return the place of the pattern: one of the branch whose block the account is in.

    The branches of the patterns, numbered from one, take turns.
    """
    block, within = divmod(account_id - 1, BLOCK)
    turn = within % (PATTERNS // BRANCHES)
    return BRANCHES * turn + (block - 1) % BRANCHES


def _put(model: type[Model], rows: Iterator[list[object]]) -> None:
    names = town.columns_of(model)
    table = model._meta.table_name  # noqa: SLF001 - peewee's own way to a table
    columns = ", ".join(f'"{name}"' for name in names)
    cursor = database.connection().cursor()
    if on_sqlite():
        marks = ", ".join("?" * len(names))
        cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)
        return
    with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _open_cabinets(count: int) -> None:
    """Give accounts of all over the town a person each, all with the same password."""
    password = credentials.hash_password(PASSWORD)
    began = NOW - timedelta(days=300)
    ids = range(1, min(count, CABINETS) + 1)
    # Rows of those who come must not lie side by side: they would fit into memory.
    apart = count // len(ids)
    town.bring(
        User,
        (
            {
                "id": number,
                "email": email_of(number),
                "name": "",
                "password_hash": password,
                "role": Role.CUSTOMER,
                "created_at": began,
            }
            for number in ids
        ),
    )
    town.bring(
        AccountAccess,
        (
            {
                "id": number,
                "user": number,
                "account": 1 + (number - 1) * apart,
                "level": AccessLevel.FULL,
                "slug": "home",
                "evidence": "bench",
                "granted_at": began,
            }
            for number in ids
        ),
    )
    town.bring(
        Session,
        (
            {
                "id": number,
                "sid_hash": sessions.hash_of(cookie_of(number)),
                "user": number,
                "created_at": NOW - timedelta(days=20),
                "last_seen_at": NOW - timedelta(days=20),
                "expires_at": NOW + timedelta(days=365),
            }
            for number in ids
        ),
    )


def _faults() -> int:
    checks = (*CHECKS, *invariants.checks(NOW))
    faults = 0
    for finding in check_ledger(checks):
        print(finding.line)
        faults += 1
    return faults


def _floor(folder: Path) -> tuple[int, float]:
    """Return how many rows, ready as text, the driver alone brings in, and the seconds.

    On Postgres by COPY into tables with the same indexes; SQLite is told nothing of.
    """
    if on_sqlite():
        return 0, 0.0
    rows, seconds = 0, 0.0
    cursor = database.connection().cursor()
    for model, whose in pattern.TABLES:
        table = model._meta.table_name  # noqa: SLF001 - peewee's own way to a table
        path = folder / table
        with (
            path.open("wb") as file,
            cursor.copy(
                f'COPY (SELECT * FROM "{table}" WHERE {whose} <= {FEW}) TO STDOUT'
            ) as out,
        ):
            for part in out:
                file.write(part)
        cursor.execute(
            f'CREATE TEMP TABLE floor_{table} (LIKE "{table}" INCLUDING INDEXES)'
        )
        began = time.perf_counter()
        with (
            path.open("rb") as file,
            cursor.copy(f"COPY floor_{table} FROM STDIN") as copy,
        ):
            while part := file.read(2**16):
                copy.write(part)
        seconds += time.perf_counter() - began
        rows += cursor.rowcount
        path.unlink()
    return rows, seconds


def _section(
    wanted: argparse.Namespace,
    kind: str,
    figures: Filled,
    floor: tuple[int, float],
    faults: int,
) -> str:
    rate = figures.rows / figures.seconds
    rows, seconds = floor
    beside = ""
    if seconds:
        beside = (
            f" The floor, rows of {FEW} accounts ready as text, by COPY into tables with"
            f" the same indexes: {rows / seconds:.0f} rows a second, {rows / seconds / rate:.1f}"
            " times as many."
        )
    return (
        f"{machine()}\n\n{kind}, {wanted.months} months of readings,"
        f" {len(pattern.BILLED)} of bills.\n\n"
        "| accounts | rows | seconds | rows a second | words of the search, seconds |"
        " the database | bytes an account |\n|---|---|---|---|---|---|---|\n"
        f"| {wanted.accounts} | {figures.rows} | {figures.seconds:.0f} | {rate:.0f} | {figures.words:.0f} |"
        f" {figures.size / 2**30:.2f} GB | {figures.size / wanted.accounts:.0f} |\n\n"
        f"Memory: {figures.before:.0f} MB before, {figures.peak:.0f} MB at the most."
        f" `cabinet ledger check` finds {faults} faults.{beside}"
    )


def _count(model: type[Model]) -> int:
    return int(model.select().count())


def _size() -> int:
    if on_sqlite():
        return int(database.pragma("page_count") * database.pragma("page_size"))
    found = database.execute_sql("SELECT pg_database_size(current_database())")
    return int(found.fetchone()[0])


def _is_there(server: str, name: str) -> bool:
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (name,)
        )
        return found.fetchone() is not None


def drop(server: str, name: str) -> None:
    """Drop a town that was kept, if it is there."""
    town.on_server(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


if __name__ == "__main__":
    main()
