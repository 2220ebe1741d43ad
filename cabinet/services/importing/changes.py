"""What a part of an import changed, kept so that it can be put back."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from peewee import Model

from cabinet.models import MODELS

Plain = dict[str, Any]
#: A table, a row's id, what stood there (nothing of a new row), what stands there now.
One = tuple[str, int, Plain | None, Plain]
#: The same of one row, or of many that were changed alike.
Change = One | tuple[str, list[int], Plain | None, Plain]

_MODELS = {model.__name__: model for model in MODELS}


def change(
    model: type[Model],
    row_id: int,
    before: Mapping[str, object] | None,
    after: Mapping[str, object],
) -> One:
    """Return a change as it is kept; columns that stay as they are are left out."""
    now = plain(model, after)
    if before is None:
        return (model.__name__, row_id, None, now)
    was = plain(model, before)
    moved = [name for name in now if now[name] != was.get(name)]
    return (
        model.__name__,
        row_id,
        {name: was[name] for name in moved},
        {name: now[name] for name in moved},
    )


def each(changes: Iterable[Change]) -> Iterator[One]:
    """Yield the change of each row, in the order they were made."""
    for name, rows, before, after in changes:
        for row_id in rows if isinstance(rows, list) else [rows]:
            yield name, row_id, before, after


def model_of(name: str) -> type[Model]:
    """Return the table of a change."""
    return _MODELS[name]


def plain(model: type[Model], values: Mapping[str, object]) -> Plain:
    """Return the values as JSON keeps them."""
    fields = model._meta.fields  # noqa: SLF001 - peewee's own way to a column
    return {
        name: _plain(fields[name].db_value(value)) for name, value in values.items()
    }


def whole(model: type[Model], values: Plain) -> dict[str, Any]:
    """Return values that were kept as a row has them."""
    fields = model._meta.fields  # noqa: SLF001 - peewee's own way to a column
    return {name: fields[name].python_value(value) for name, value in values.items()}


def current(
    model: type[Model], ids: Iterable[int], names: Iterable[str]
) -> dict[int, Plain]:
    """Return what stands in the columns of the rows now, by id."""
    names = list(names)
    fields = [model._meta.fields[name] for name in names]  # noqa: SLF001 - peewee's own way to a column
    key: Any = model._meta.primary_key  # noqa: SLF001 - peewee's own way to the key
    query = model.select(key, *fields).where(key.in_(list(ids))).tuples()
    return {
        row_id: plain(model, dict(zip(names, values, strict=True)))
        for row_id, *values in query
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
