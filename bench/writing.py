"""The floor of what writes many rows: the driver alone, into tables made like ours.

Empty tables with the same columns and indexes; a chunk of rows is one commit, by
executemany on SQLite and by COPY on Postgres.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cabinet.models.base import database, on_sqlite
from cabinet.services import bulk

Write = Callable[[str, list[tuple[Any, ...]]], None]


@contextmanager
def writer(folder: Path, tables: Sequence[str], name: str = "floor") -> Iterator[Write]:
    """Give what writes rows into a table like ours; `name` tells one floor from another."""
    write = _sqlite if on_sqlite() else _postgres
    with write(folder, tables, name) as put:
        yield put


@contextmanager
def _sqlite(folder: Path, tables: Sequence[str], name: str) -> Iterator[Write]:
    names = ", ".join(f"'{table}'" for table in tables)
    made = database.execute_sql(
        f"SELECT sql FROM sqlite_master WHERE tbl_name IN ({names})"
        " AND type IN ('table', 'index') AND sql IS NOT NULL"
    ).fetchall()
    with closing(sqlite3.connect(folder / f"{name}.sqlite3")) as plain:
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
def _postgres(_folder: Path, tables: Sequence[str], name: str) -> Iterator[Write]:
    connection = database.connection()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE IF EXISTS {name}_{table}")
            cursor.execute(
                f"CREATE TABLE {name}_{table} (LIKE {table} INCLUDING INDEXES)"
            )
        connection.commit()

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            with cursor.copy(f"COPY {name}_{table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([_plain(one) for one in row])
            connection.commit()

        try:
            yield put
        finally:
            # A town that is kept keeps none of it, nor does a disk that was full.
            connection.rollback()
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {name}_{table}")
            connection.commit()


def _plain(value: Any) -> Any:
    """Return JSON as the text it is sent as."""
    return bulk.encode(value) if isinstance(value, dict | list) else value
