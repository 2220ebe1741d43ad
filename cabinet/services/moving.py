"""Moving a whole installation from SQLite to Postgres, proved row by row.

All of it is one transaction of Postgres: tables, rows, indexes, references, and the
proof. Until it is committed nobody sees anything, and whatever ends it before, a
difference, a fault or a kill, leaves the target as empty as it was. See
docs/adr/0021-moving-to-postgres.md.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from peewee import PeeweeException

from cabinet.models import filling, migrate, snapshot
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import open_database
from cabinet.models.digests import OF_POSTGRES, OF_SQLITE, Digest, Digesting
from cabinet.models.triggers import found_triggers, trigger_names
from cabinet.services import bulk

#: Rows between two words about how far it has come, and rows fetched at once.
PACE = 50_000
FETCHED = 2_000


class MoveError(Exception):
    """The move did not take place; the target is as it was. The words say why."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was found of a table on both sides."""

    name: str
    source: Digest
    target: Digest

    @property
    def is_same(self) -> bool:
        """Tell whether both sides hold the same rows."""
        return self.source == self.target


class NotEmptyError(MoveError):
    """The target holds something; nothing of it was touched."""


class DifferentError(MoveError):
    """The sides differ; carries the digests of every table."""

    def __init__(self, tables: Sequence[Table]) -> None:
        super().__init__("digests differ")
        self.tables = tables


#: Called with a table, the rows done and the rows there are.
Tell = Callable[[str, int, int], object]


def move(path: Path, url: str, *, tell: Tell) -> list[Table]:
    """Copy the SQLite file into the empty Postgres of the address and compare.

    Leaves the target open as the database of this process. Raises MoveError; nothing is
    changed in the target then. The file is only read, all of it as of one moment;
    somebody writing to it meanwhile is a MoveError.
    """
    with _snapshot(path) as source:
        _open_target(url)
        with _told(), migrate.alone(migrate.UPGRADING):
            if snapshot.has_tables():
                raise NotEmptyError("в новой базе уже есть таблицы: нужна пустая")
            with database.transaction():
                tables = _pour(source, tell)
        database.execute_sql("ANALYZE")
    return tables


def _pour(source: "_Source", tell: Tell) -> list[Table]:
    database.execute_sql("SET LOCAL statement_timeout = 0")
    database.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    migrate.migrate()
    found = filling.columns()
    if unlike := _named(found) ^ source.columns():
        raise MoveError(f"таблицы не те же: {', '.join(sorted(unlike))}")
    copied: dict[str, Digest] = {}
    with filling.bare():
        for table, columns in found.items():
            copied[table] = _copy(source, table, columns, tell)
    filling.number_on()
    if missing := trigger_names() - found_triggers():
        raise MoveError(f"нет триггеров: {', '.join(sorted(missing))}")
    compared = [
        Table(table, copied[table], _digest(table, columns))
        for table, columns in found.items()
    ]
    if not all(one.is_same for one in compared):
        raise DifferentError(compared)
    if source.is_changed():
        raise MoveError(
            "в прежнюю базу писали во время переноса: остановите cabinet serve,"
            " cabinet work и всё, что запускает cron"
        )
    return compared


def _named(tables: filling.Columns) -> set[str]:
    return {
        f"{table}.{name}" for table, columns in tables.items() for name, _ in columns
    }


def _copy(
    source: "_Source", table: str, columns: list[tuple[str, str]], tell: Tell
) -> Digest:
    """Stream the rows of a table; Postgres itself reads what SQLite has."""
    digesting = Digesting([OF_SQLITE[kind] for _, kind in columns])
    count = source.count(table)

    def rows() -> Generator[Sequence[object], None, None]:
        number = 0
        with closing(source.rows(table, columns)) as found:
            for number, row in enumerate(found, start=1):
                try:
                    digesting.add(row)
                except (ValueError, TypeError) as error:
                    raise MoveError(f"{table}, строка {row[0]}: {error}") from error
                if not number % PACE:
                    tell(table, number, count)
                yield row
        tell(table, number, count)

    with closing(rows()) as values:
        bulk.copy(table, [name for name, _ in columns], values)
    return digesting.digest()


def _digest(table: str, columns: list[tuple[str, str]]) -> Digest:
    """Read the rows back as they lie in Postgres."""
    digesting = Digesting([OF_POSTGRES[kind] for _, kind in columns])
    asked = ", ".join(
        f'"{name}"::text' if kind == "jsonb" else f'"{name}"' for name, kind in columns
    )
    with database.connection().cursor(name="digest") as cursor:
        cursor.itersize = FETCHED
        cursor.execute(f'SELECT {asked} FROM "{table}"')  # noqa: S608 - names of our own tables
        for row in cursor:
            digesting.add(row)
    return digesting.digest()


class _Source:
    """An SQLite file as of one moment, only read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = self._asked("PRAGMA data_version")
        connection.execute("BEGIN")
        # The first look is the moment.
        self._columns = connection.execute(
            "SELECT tables.name, columns.name FROM sqlite_master AS tables,"
            " pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            " AND tables.name NOT LIKE 'sqlite#_%' ESCAPE '#'"
        ).fetchall()

    def columns(self) -> set[str]:
        """Return the names of the columns of every table but that of the history."""
        return {
            f"{table}.{name}"
            for table, name in self._columns
            if table != filling.HISTORY
        }

    def count(self, table: str) -> int:
        """Return how many rows the table has."""
        found: int = self._asked(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - names of our own tables
        return found

    def rows(
        self, table: str, columns: list[tuple[str, str]]
    ) -> Generator[Sequence[object], None, None]:
        """Yield the rows as they lie there, a few in memory at a time."""
        names = ", ".join(f'"{name}"' for name, _ in columns)
        query = f'SELECT {names} FROM "{table}"'  # noqa: S608 - names of our own tables
        with closing(self._connection.execute(query)) as cursor:
            yield from cursor

    def is_changed(self) -> bool:
        """Tell whether anybody wrote to the file since; ends the moment."""
        self._connection.execute("COMMIT")
        return bool(self._asked("PRAGMA data_version") != self._version)

    def _asked(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()[0]


@contextmanager
def _snapshot(path: Path) -> Iterator[_Source]:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        yield _Source(connection)


def _open_target(url: str) -> None:
    try:
        open_database(url)
        database.connect(reuse_if_open=True)
    except PeeweeException as error:
        raise MoveError(f"новая база не отвечает: {str(error).strip()}") from error
    if on_sqlite():
        raise MoveError("переносить можно только в Postgres: postgresql://…")
    (encoding,) = database.execute_sql("SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        raise MoveError(f"новая база в кодировке {encoding}: нужна UTF8")


@contextmanager
def _told() -> Iterator[None]:
    """Tell in our words what either database refuses."""
    try:
        yield
    except migrate.MigrationFailedError as error:
        raise MoveError(f"таблицы не создались: {error}") from error
    except filling.UnlikeError as error:
        raise MoveError("индексы и ссылки не стали прежними") from error
    except sqlite3.Error as error:
        raise MoveError(f"прежняя база не читается: {error}") from error
    except (psycopg.Error, PeeweeException) as error:
        cause = error.__cause__ if isinstance(error, PeeweeException) else error
        where = cause.diag.context if isinstance(cause, psycopg.Error) else None
        raise MoveError(
            f"Postgres не принял строку: {str(error).strip()} {where or ''}".strip()
        ) from error
