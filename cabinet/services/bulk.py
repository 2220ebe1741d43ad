"""Many rows at once: one statement, prepared once, run by the driver for each row."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import Any, TypeVar

from peewee import (
    OP,
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    Expression,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

from cabinet.models.base import database, on_sqlite

T = TypeVar("T")

#: Of which type a value of such a field is as the driver takes it.
_PLAIN: dict[type[Field], type] = {
    BigIntegerField: int,
    BooleanField: bool,
    CharField: str,
    ForeignKeyField: int,
    IntegerField: int,
    TextField: str,
}
#: Peewee hands SQLite an expression for JSON, which executemany cannot take. Values made
#: by our own packing hold no circles to be looked for.
_ENCODE = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode


def insert(
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
) -> int:
    """Insert rows that all name the same fields; the others take their defaults.

    Returns how many came in: `unless_there` leaves out rows whose unique key is taken. Peewee would build the SQL
    for every row, which costs ten times the insert itself.
    """
    if not rows:
        return 0
    meta = model._meta  # noqa: SLF001 - peewee's own way to a table
    given = [field for field in meta.sorted_fields if field.name in rows[0]]
    others = [
        field
        for field in meta.sorted_fields
        if field.name not in rows[0] and field.default is not None
    ]
    made: list[Iterable[object]] = [
        _column(field, [row[field.name] for row in rows]) for field in given
    ]
    made += [_defaults(field, len(rows)) for field in others]
    values = zip(*made, strict=True)
    names = [field.column_name for field in [*given, *others]]
    if not on_sqlite() and not unless_there:
        copy(meta.table_name, names, values)
        return len(rows)
    columns = _listed(names)
    marks = ", ".join([database.obj.param] * (len(given) + len(others)))
    rest = " ON CONFLICT DO NOTHING" if unless_there else ""
    return _run(
        f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks}){rest}',  # noqa: S608 - names of our own tables
        values,
    )


def copy(
    table: str, columns: Iterable[str], values: Iterable[Sequence[object]]
) -> None:
    """Send rows to Postgres as one stream: it takes them at half the cost of statements."""
    statement = f'COPY "{table}" ({_listed(columns)}) FROM STDIN'
    with database.connection().cursor() as cursor, cursor.copy(statement) as stream:
        for row in values:
            stream.write_row(row)


def update(
    model: type[Model], assignment: str, values: Iterable[Sequence[object]]
) -> None:
    """Run `UPDATE … SET assignment WHERE id = ?` for each tuple; the id comes last."""
    param = database.obj.param
    table = model._meta.table_name  # noqa: SLF001 - peewee's own way to a table
    _run(
        f'UPDATE "{table}" SET {assignment.replace("?", param)} WHERE "id" = {param}',  # noqa: S608 - our own words
        values,
    )


def among(field: Field, values: Iterable[str | int]) -> Expression:
    """Return the condition that a column has one of many values, sent as one of them.

    Peewee would write a mark for each, and the database read them all.
    """
    found = list(values)
    if on_sqlite():
        listed = SQL("(SELECT value FROM json_each(?))", [json.dumps(found)])
        return Expression(field, OP.IN, listed)
    return Expression(field, OP.EQ, SQL("ANY(%s)", [found]))


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut the rows into lists of at most so many."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _taker(field: Field) -> Callable[[Any], object]:
    """Return what makes a value of the field one the driver takes."""
    if isinstance(field, JSONField):
        return lambda value: None if value is None else _ENCODE(value)
    taker: Callable[[Any], object] = field.db_value
    return taker


def _column(field: Field, values: list[Any]) -> Sequence[object]:
    """Return what the driver takes of the values of a field, one of each row."""
    kinds = set(map(type, values))
    if kinds == {_PLAIN.get(type(field))}:
        return values
    take = _taker(field)
    made: list[object] = []
    last, given = None, take(None)
    for value in values:
        # Rows often say what the one before said.
        if value is not last:
            last, given = value, take(value)
        made.append(given)
    return made


def _defaults(field: Field, count: int) -> Iterable[object]:
    """Return the default of the field so many times, made for each row anew."""
    take, default = _taker(field), field.default
    # An empty list is the same for every row; a moment or a key is not.
    if callable(default) and default not in {list, dict}:
        return [take(default()) for _ in range(count)]
    return repeat(take(default() if callable(default) else default), count)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _run(sql: str, values: Iterable[Sequence[object]]) -> int:
    cursor = database.connection().cursor()
    try:
        cursor.executemany(sql, values)
        changed: int = cursor.rowcount
        return changed
    finally:
        cursor.close()
