"""Many rows at once: one statement, prepared once, run by the driver for each row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice, repeat
from operator import attrgetter
from typing import Any, TypeVar

import orjson
from peewee import (
    OP,
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    Expression,
    Field,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

from cabinet.models.base import ScaledField, database, on_sqlite

T = TypeVar("T")

#: Of which type a value of such a field is as the driver takes it.
_PLAIN: dict[type[Field], type] = {
    BigIntegerField: int,
    BooleanField: bool,
    CharField: str,
    DateField: date,
    ForeignKeyField: int,
    IntegerField: int,
    TextField: str,
}


def insert(
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Insert rows that all name the same fields; the others take their defaults.

    Peewee would build the SQL for every row, which costs ten times the insert itself.
    """
    if rows:
        insert_columns(model, {name: [row[name] for row in rows] for name in rows[0]})


def insert_columns(
    model: type[Model],
    columns: Mapping[str, Sequence[Any]],
) -> None:
    """Insert rows that are given field by field, as `insert` does; there is one at least."""
    meta = model._meta  # noqa: SLF001 - peewee's own way to a table
    given = [field for field in meta.sorted_fields if field.name in columns]
    others = [
        field
        for field in meta.sorted_fields
        if field.name not in columns and field.default is not None
    ]
    made: list[Iterable[object]] = [
        _column(field, columns[field.name]) for field in given
    ]
    count = len(next(iter(columns.values())))
    made += [_defaults(field, count) for field in others]
    values = list(zip(*made, strict=True))
    _insert(meta.table_name, [*given, *others], values)


def put(
    model: type[Model],
    names: Sequence[str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Insert rows whose values are as the driver takes them; `names` are their fields.

    For rows that `insert` would take apart and put together again. `plain` makes what
    many of them have in common.
    """
    if not rows:
        return
    meta = model._meta  # noqa: SLF001 - peewee's own way to a table
    given = [meta.fields[name] for name in names]
    others = [
        field
        for field in meta.sorted_fields
        if field.name not in names and field.default is not None
    ]
    rest = tuple(plain(field, _default(field)) for field in others)
    values = [row + rest for row in rows] if rest else rows
    _insert(meta.table_name, [*given, *others], values)


def insert_unless_there(
    model: type[Model],
    same: Mapping[str, object],
    name: str,
    values: Sequence[str],
) -> int:
    """Insert a row for each of the texts of a field unless its unique key is taken.

    What the other fields say is the `same` for all. Returns how many came in.
    """
    fields = model._meta.fields  # noqa: SLF001 - peewee's own way to a column
    columns = ", ".join(f'"{fields[one].column_name}"' for one in [*same, name])
    listed: object = list(values)
    source = "unnest(%s::text[]) AS one(value)"
    if on_sqlite():
        listed, source = encode(listed), "json_each(?)"
    marks = ", ".join([database.obj.param] * len(same))
    cursor = database.execute_sql(
        f'INSERT INTO "{model._meta.table_name}" ({columns})'  # noqa: S608, SLF001 - our own words
        f" SELECT {marks}, value FROM {source} WHERE true ON CONFLICT DO NOTHING",
        (*same.values(), listed),
    )
    changed: int = cursor.rowcount
    return changed


def plain(field: Field, value: object) -> object:
    """Return what the driver takes of one value, made once for many rows."""
    made = _taker(field)(value)
    if on_sqlite() and isinstance(made, date):
        # As the driver itself would write it.
        return made.isoformat(" ") if isinstance(made, datetime) else made.isoformat()
    return made


def encode(value: object) -> str:
    """Return JSON as the columns keep it.

    Peewee hands SQLite an expression for JSON, which executemany cannot take; and what
    comes with Python takes a sixth of the time of a month's bills to write it.
    """
    return orjson.dumps(value).decode()


def reserve(model: type[Model], count: int) -> Sequence[int]:
    """Return so many ids for rows that are about to be inserted by this transaction."""
    table = model._meta.table_name  # noqa: SLF001 - peewee's own way to a table
    if on_sqlite():
        # The transaction is the only one that writes.
        (last,) = database.execute_sql(f'SELECT MAX("id") FROM "{table}"').fetchone()  # noqa: S608 - our own words
        first = (last or 0) + 1
        return range(first, first + count)
    found = database.execute_sql(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        (table, count),
    ).fetchall()
    return [row_id for (row_id,) in found]


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


def among(field: Field, values: Iterable[str] | Iterable[int]) -> Expression:
    """Return the condition that a column has one of many values, sent as one of them.

    Peewee would write a mark for each, and the database read them all.
    """
    found = list(values)
    if on_sqlite():
        listed = SQL("(SELECT value FROM json_each(?))", [encode(found)])
        return Expression(field, OP.IN, listed)
    if not found or isinstance(found[0], str):
        return Expression(field, OP.EQ, SQL("ANY(%s)", [found]))
    # The driver would look at each for what has to be quoted.
    numbers = "{" + ",".join(map(str, found)) + "}"
    return Expression(field, OP.EQ, SQL("ANY(%s::bigint[])", [numbers]))


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut the rows into lists of at most so many."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _taker(field: Field) -> Callable[[Any], object]:
    """Return what makes a value of the field one the driver takes."""
    if isinstance(field, JSONField):
        return lambda value: None if value is None else encode(value)
    taker: Callable[[Any], object] = field.db_value
    return taker


def _column(field: Field, values: Sequence[Any]) -> Sequence[object]:
    """Return what the driver takes of the values of a field, one of each row."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {_PLAIN.get(type(field))}:
        return values
    if isinstance(field, ScaledField) and kinds == {field.value_type}:
        units = attrgetter(field.attribute)
        return [None if value is None else units(value) for value in values]
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
    return repeat(take(_default(field)), count)


def _default(field: Field) -> object:
    return field.default() if callable(field.default) else field.default


def _insert(
    table: str, fields: Sequence[Field], values: Sequence[Sequence[object]]
) -> None:
    names = [field.column_name for field in fields]
    if not on_sqlite():
        copy(table, names, values)
        return
    marks = ", ".join("?" * len(fields))
    _run(f'INSERT INTO "{table}" ({_listed(names)}) VALUES ({marks})', values)  # noqa: S608 - names of our own tables


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _run(sql: str, values: Iterable[Sequence[object]]) -> None:
    cursor = database.connection().cursor()
    try:
        cursor.executemany(sql, values)
    finally:
        cursor.close()
