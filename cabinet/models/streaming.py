"""Rows of a statement, a few in memory at a time, however many there are."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from cabinet.models.base import database, on_sqlite

#: Rows fetched at once.
FETCHED = 1000
_numbers = count(1)


def stream(statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a SELECT inside the open transaction.

    SQLite makes a row when it is asked for. Postgres would send all of them before the
    first is seen, so it keeps a cursor, planned for all rows and not for the first few.
    A cursor that is not read to its end goes with the transaction.
    """
    if on_sqlite():
        yield from database.execute_sql(statement, values or None)
        return
    name = f"streamed_{next(_numbers)}"
    database.execute_sql("SET LOCAL cursor_tuple_fraction = 1")
    database.execute_sql(
        f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", values or None
    )
    while rows := database.execute_sql(f"FETCH {FETCHED} FROM {name}").fetchall():
        yield from rows
    database.execute_sql(f"CLOSE {name}")
