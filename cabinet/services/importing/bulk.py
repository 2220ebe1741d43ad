"""Many rows at once: one statement, prepared once, run by the driver for each row."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from peewee import Field, JSONField, Model

from cabinet.models.base import database, on_sqlite

T = TypeVar("T")


def insert(
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
) -> None:
    """Insert rows that all name the same fields; the others take their defaults.

    `unless_there` leaves out rows whose unique key is taken. Peewee would build the SQL
    for every row, which costs ten times the insert itself.
    """
    if not rows:
        return
    meta = model._meta  # noqa: SLF001 - peewee's own way to a table
    given = set(rows[0])
    fields: list[Field] = [
        field
        for field in meta.sorted_fields
        if field.name in given or field.default is not None
    ]
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join([database.obj.param] * len(fields))
    rest = " ON CONFLICT DO NOTHING" if unless_there else ""
    _run(
        f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks}){rest}',  # noqa: S608 - names of our own tables
        ([_value(field, row, given) for field in fields] for row in rows),
    )


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


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut the rows into lists of at most so many."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _value(field: Field, row: Mapping[str, Any], given: set[str]) -> object:
    if field.name in given:
        value = row[field.name]
    else:
        value = field.default() if callable(field.default) else field.default
    if isinstance(field, JSONField) and on_sqlite():
        # Peewee hands SQLite an expression here, which executemany cannot take.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return field.db_value(value)


def _run(sql: str, values: Iterable[Sequence[object]]) -> None:
    cursor = database.connection().cursor()
    try:
        cursor.executemany(sql, values)
    finally:
        cursor.close()
