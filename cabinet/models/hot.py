"""Queries of the hot pages: their SQL is made once, not at every request.

Making the SQL of a query costs five times its run on SQLite, and making its rows by
peewee's own readers twice as much again (docs/adr/0019-speed-of-pages.md).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    DateField,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    Query,
    TextField,
    Value,
    fn,
)

from cabinet.models.base import database, on_sqlite

Converter = Callable[[Any], Any]

#: Columns of which both drivers give what Python takes. Kinds of our own are not these.
AS_GIVEN = (AutoField, BigIntegerField, CharField, IntegerField, TextField)


class _Place:
    """Stands among a query's values where one of the caller's comes."""

    def __init__(self, number: int) -> None:
        self.number = number


class _Made:
    """The SQL of a query for one kind of database."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.sql, self._params = query.sql()
        self._places = [
            (at, param.number)
            for at, param in enumerate(self._params)
            if isinstance(param, _Place)
        ]
        self.converters: list[tuple[int, Converter]] | None = None

    def run(self, given: Sequence[object]) -> Any:
        """Send the statement with the values in their places and return the cursor."""
        params = self._params.copy()
        for at, number in self._places:
            params[at] = given[number]
        return database.obj.execute_sql(self.sql, params)


class Hot:
    """A query with places for values; called with the values, it returns the rows.

    `build` makes the query from a node for each value; `fields` say, in the same order,
    as what the database takes the values. Columns come with their types; `row` makes a
    row of them, a `NamedTuple` as a rule, else it is a tuple. A query that is no
    `tuples()` gives models, at many times the price. The SQL is made at the first call,
    once for each kind of database.
    """

    def __init__(
        self,
        build: Callable[..., Query],
        *fields: Field,
        row: Callable[..., Any] | None = None,
    ) -> None:
        self._build = build
        self._fields = fields
        self._row = row
        self._made: dict[type, _Made] = {}

    def __call__(self, *values: object) -> list[Any]:
        """Return the rows for the values."""
        made = self._made.get(type(database.obj)) or self._make()
        cursor = made.run(
            [
                field.db_value(value)
                for field, value in zip(self._fields, values, strict=True)
            ]
        )
        if made.query._row_type is None:  # noqa: SLF001 - peewee's word for models
            return list(made.query._get_cursor_wrapper(cursor))  # noqa: SLF001
        rows: list[Any] = cursor.fetchall()
        if not rows:
            return rows
        if made.converters is None:
            made.converters = _converters(made.query, cursor)
        return _read(rows, made.converters, self._row)

    def first(self, *values: object) -> Any:
        """Return the first row for the values, or None."""
        rows = self(*values)
        return rows[0] if rows else None

    def _make(self) -> _Made:
        places = [
            Value(_Place(number), converter=False)
            for number, _field in enumerate(self._fields)
        ]
        self._made[type(database.obj)] = made = _Made(self._build(*places))
        return made


def read(query: Query, row: Callable[..., Any] | None = None) -> list[Any]:
    """Return the rows of a query that is asked once and gives many, as `Hot` reads them."""
    made = _Made(query)
    cursor = made.run(())
    rows: list[Any] = cursor.fetchall()
    return _read(rows, _converters(query, cursor), row) if rows else rows


class Added:
    """An INSERT of one row of a table; called with the columns, it returns the id.

    Columns that are not named take the defaults of the model. The SQL is made once for
    each set of columns.
    """

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._fresh = {
            field.name: field.default
            for field in model._meta.sorted_fields  # noqa: SLF001
            if callable(field.default)
        }
        self._made: dict[tuple[object, ...], tuple[_Made, list[Converter]]] = {}

    def __call__(self, **values: object) -> int:
        """Add the row inside the open transaction and return its id."""
        for name, default in self._fresh.items():
            if name not in values:
                values[name] = default()
        known = (type(database.obj), *values)
        made, gives = self._made.get(known) or self._make(known, list(values))
        given = [
            give(value) for give, value in zip(gives, values.values(), strict=True)
        ]
        cursor = made.run(given)
        return int(cursor.lastrowid if on_sqlite() else cursor.fetchone()[0])

    def _make(
        self, known: tuple[object, ...], names: list[str]
    ) -> tuple[_Made, list[Converter]]:
        fields = [self._model._meta.combined[name] for name in names]  # noqa: SLF001
        nodes = [_node(field, number) for number, field in enumerate(fields)]
        query = self._model.insert(dict(zip(fields, nodes, strict=True)))
        if not on_sqlite():
            query = query.returning(self._model._meta.primary_key)  # noqa: SLF001
        gives = [_give(field) for field in fields]
        self._made[known] = found = (_Made(query), gives)
        return found


def _node(field: Field, number: int) -> Any:
    """Return what stands for a value of the column in an INSERT."""
    place = Value(_Place(number), converter=False)
    return fn.json(place) if _is_text_of_json(field) else place


def _give(field: Field) -> Converter:
    give: Converter = (
        field._dumps if _is_text_of_json(field) else field.db_value  # noqa: SLF001
    )
    return give


def _is_text_of_json(field: Field) -> bool:
    return isinstance(field, JSONField) and on_sqlite()


def _read(
    rows: list[Any],
    converters: list[tuple[int, Converter]],
    make: Callable[..., Any] | None,
) -> list[Any]:
    found = []
    for row in rows:
        values = list(row)
        for at, convert in converters:
            # Nothing is nothing as every type; half of the columns of a row are.
            if values[at] is not None:
                values[at] = convert(values[at])
        found.append(tuple(values) if make is None else make(*values))
    return found


def _converters(query: Query, cursor: Any) -> list[tuple[int, Converter]]:
    """Return what makes Python's values of which columns, as peewee would do it."""
    # peewee's own reader of rows: it knows the types of the columns.
    reader = query._get_cursor_wrapper(cursor)  # noqa: SLF001
    reader.initialize()
    return [
        (at, _quick(converter))
        for at, converter in enumerate(reader.converters)
        if converter is not None and not _is_idle(converter)
    ]


def _is_idle(converter: Converter) -> bool:
    """Tell whether a column's values are used as drivers give them."""
    return type(_column(converter)) in AS_GIVEN


def _quick(converter: Converter) -> Converter:
    """Return the same for days, without trying one format after the other."""
    if type(_column(converter)) is not DateField:
        return converter

    def day(value: Any) -> Any:
        return date.fromisoformat(value) if type(value) is str else converter(value)

    return day


def _column(converter: Converter) -> object:
    field = getattr(converter, "__self__", None)
    return field.rel_field if isinstance(field, ForeignKeyField) else field
