"""A place with many accounts: a database made for the while, and the people in it."""

import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg
from peewee import Model
from psycopg import sql

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.models import Account, Bill, Branch, Meter, Reading
from cabinet.models.base import database, on_sqlite, writing
from cabinet.services import bulk
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file

DATA = Path(__file__).parent.parent / "cabinet" / "data"
DATED = ("tariffs", "rules", "key_rate", "norms")
CHUNK = 5_000
#: One of so many sends no reading.
SILENT = 17
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)

Row = Mapping[str, Any]


@contextmanager
def made_for_the_while(server: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database that goes away afterwards.

    `server` is that of any database of a Postgres server; without one it is a file.
    """
    name = f"cabinet_bench_{secrets.token_hex(6)}"
    if not server:
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    on_server(server, "CREATE DATABASE {}", name)
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        on_server(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def on_server(server: str, statement: LiteralString, *names: str) -> None:
    """Run a statement about databases; the names stand at its braces."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def settle(count: int, months: tuple[Month, ...]) -> None:
    """Put the people into the open database: accounts, meters, readings of the months."""
    make_branches()
    for name in DATED:
        with (DATA / f"{name}.csv").open("rb") as stream:
            import_file(f"{name}.csv", stream, now=NOW)
    Branch.update(own_billing=True).execute()
    branch = Branch.get(Branch.code == "kursk")
    ids = range(1, count + 1)
    bring(Account, (_account(branch, number) for number in ids))
    bring(Meter, (_meter(number) for number in ids))
    for at, month in enumerate(months):
        sent = (number for number in ids if (number + at) % SILENT)
        first = at * count
        bring(Reading, (_reading(first + one, one, month, at) for one in sent))
    database.execute_sql("ANALYZE")


def bring(model: type[Model], rows: Iterator[Row]) -> None:
    """Write the rows, which name their ids, and let the database number on from there."""
    if on_sqlite():
        for chunk in bulk.chunks(rows, CHUNK):
            with writing():
                bulk.insert(model, chunk)
        return
    with writing():
        _copy(model, rows)
        number_on(model)


def columns_of(model: type[Model]) -> list[str]:
    """Return the columns of the rows: a row's number is the database's own to give."""
    names = [one.column_name for one in model._meta.sorted_fields]  # noqa: SLF001 - peewee's own way to columns
    return names if model in {Account, Meter, Bill} else names[1:]


def number_on(model: type[Model]) -> None:
    """Let Postgres number on after rows that named their ids; SQLite does by itself."""
    if on_sqlite():
        return
    table = f'"{model._meta.table_name}"'  # noqa: SLF001 - peewee's own way to a table
    database.execute_sql(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
        f" (SELECT max(id) FROM {table}))"
    )


def _copy(model: type[Model], rows: Iterable[Row]) -> None:
    """Write rows that all name the same fields; the others take their defaults."""
    meta = model._meta  # noqa: SLF001 - peewee's own way to a table
    fields = meta.sorted_fields
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    cursor = database.connection().cursor()
    with cursor.copy(f'COPY "{meta.table_name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(
                [
                    field.db_value(
                        row[field.name] if field.name in row else _made(field.default)
                    )
                    for field in fields
                ]
            )


def _made(default: Any) -> Any:
    return default() if callable(default) else default


def _account(branch: Branch, number: int) -> Row:
    return {
        "id": number,
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


def _meter(number: int) -> Row:
    two = number % 3 == 0
    return {
        "id": number,
        "public_id": uuid.UUID(int=number),
        "account": number,
        "serial": f"{number:08}",
        "zones": 1 + two,
        "digits": 5,
        "opening_on": date(2026, 7, 31),
        "opening_t1": Energy.from_kwh(1000),
        "opening_t2": Energy.from_kwh(500) if two else None,
        "opening_t3": None,
        "verified_until": date(2036, 1, 1),
        "status": MeterStatus.ACTIVE,
    }


def _reading(reading_id: int, meter: int, month: Month, at: int) -> Row:
    used = (at + 1) * (80 + meter % 200)
    return {
        "id": reading_id,
        "public_id": uuid.UUID(int=reading_id),
        "meter": meter,
        "period": month,
        "t1": Energy.from_kwh(1000 + used),
        "t2": Energy.from_kwh(500 + used // 2) if meter % 3 == 0 else None,
        "t3": None,
        "taken_on": month.starts.replace(day=22),
        "received_at": datetime(month.year, month.number, 22, 9, tzinfo=UTC),
        "source": ReadingSource.CABINET,
        "state": ReadingState.SUBMITTED,
        "key": None,
    }
