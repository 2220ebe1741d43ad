"""Rows in every table of the model, made from its columns, with values that are not easy."""

import uuid
from datetime import UTC, date, datetime, timedelta

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
    UUIDField,
)

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.models import MODELS
from cabinet.models.base import (
    EnergyField,
    MoneyField,
    MonthField,
    PriceField,
    UtcDateTimeField,
    WordField,
)

#: What a file of text and a stream of it have signs of their own for.
TEXT = "Ёж «№{number}»\t\\N \\. 'x'\n\"y\" {{}} 😀"
MOMENT = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)


def fill(rows=2):
    """Put rows into every table, parents first."""
    for model in MODELS:
        for number in range(1, rows + 1):
            values = {
                field.name: value_of(field, number)
                for field in model._meta.sorted_fields
                if not isinstance(field, AutoField)
            }
            # Triggers may have put the row there already.
            model.insert(values).on_conflict_ignore().execute()


def value_of(field, number):
    if isinstance(field, ForeignKeyField):
        return None if field.null and field.rel_model is field.model else number
    for kind, make in MAKERS:
        if isinstance(field, kind):
            return make(field, number)
    raise TypeError(field)


def _text(field, number):
    text = TEXT.format(number=number)
    most = getattr(field, "max_length", None)
    if most and len(text) > most:
        text = f"{number}ё"[:most]
    return text


MAKERS = (
    (MoneyField, lambda _, number: Money(number * 100)),
    (EnergyField, lambda _, number: Energy(number * 1000)),
    (PriceField, lambda _, number: Price(number * 1_000_000)),
    (MonthField, lambda _, number: Month(2026, number)),
    (WordField, lambda field, _: next(iter(field.words))),
    (UtcDateTimeField, lambda _, number: MOMENT + timedelta(days=number)),
    (UUIDField, lambda _, number: uuid.UUID(int=number << 64 | number)),
    (BooleanField, lambda _, number: bool(number % 2)),
    (DateField, lambda _, number: date(2024, 2, 28) + timedelta(days=number)),
    (
        JSONField,
        lambda _, number: {"ключ": [number, 1.5, 1e20, None, TEXT], "a": {"b": True}},
    ),
    (BlobField, lambda _, number: bytes(range(256)) * number),
    (CharField, _text),
    (TextField, _text),
    (IntegerField, lambda _, number: number),
)
