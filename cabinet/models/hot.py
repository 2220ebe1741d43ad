"""Queries of the hot pages: their SQL is made once, not at every request.

Making the SQL of a query costs five times its run on SQLite (docs/bench.md).
"""

from collections.abc import Callable
from typing import Any

from peewee import Field, Query, Value

from cabinet.models.base import database


class _Place:
    """Stands among a query's values where one of the caller's comes."""

    def __init__(self, number: int) -> None:
        self.number = number


class Hot:
    """A query with places for values; called with the values, it returns the rows.

    `build` makes the query from a node for each value; `fields` say, in the same order,
    as what the database takes the values. The query chooses what a row is, as usual:
    `tuples()` for those of a page. It is made at the first call, once for each kind of
    database.
    """

    def __init__(self, build: Callable[..., Query], *fields: Field) -> None:
        self._build = build
        self._fields = fields
        self._made: dict[type, tuple[Query, str, list[Any]]] = {}

    def __call__(self, *values: object) -> list[Any]:
        """Return the rows for the values."""
        query, sql, params = self._made.get(type(database.obj)) or self._make()
        given = [
            field.db_value(value)
            for field, value in zip(self._fields, values, strict=True)
        ]
        cursor = database.execute_sql(
            sql, [given[p.number] if isinstance(p, _Place) else p for p in params]
        )
        # peewee's own reader of rows: it knows the types of the columns.
        rows = query._get_cursor_wrapper(cursor)  # noqa: SLF001
        return list(rows)

    def first(self, *values: object) -> Any:
        """Return the first row for the values, or None."""
        rows = self(*values)
        return rows[0] if rows else None

    def _make(self) -> tuple[Query, str, list[Any]]:
        places = [
            Value(_Place(number), converter=False)
            for number, _field in enumerate(self._fields)
        ]
        query = self._build(*places)
        sql, params = query.sql()
        self._made[type(database.obj)] = made = (query, sql, params)
        return made
