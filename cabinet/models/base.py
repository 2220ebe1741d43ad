"""The database handle, the columns of our own, and the two kinds of transaction."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson
from peewee import (
    SQL,
    BigIntegerField,
    CharField,
    DatabaseProxy,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    OperationalError,
    Query,
    SqliteDatabase,
)

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month

database = DatabaseProxy()

#: Made once: `json.dumps` would make one for each row.
_READABLE = json.JSONEncoder(ensure_ascii=False)

#: Seconds a writer waits for others before the page says to come back.
WRITERS_WAIT = 5
_turn = Lock()


#: How databases say that somebody else has what is waited for.
_LOCKED = ("locked", "lock timeout")


class NestedTransactionError(RuntimeError):
    """A use case opened a second transaction inside its own."""


class OthersWriteError(RuntimeError):
    """Others wrote for as long as one would wait for them."""


class Base(Model):
    """A table of the cabinet."""

    class Meta:
        """Tables are named in the singular, like their classes."""

        database = database
        legacy_table_names = False


class _Column:
    """What a column of ours gives and takes on a row is known at run time only."""

    if TYPE_CHECKING:

        def __get__(self, row: object, model: object = None) -> Any: ...

        def __set__(self, row: object, value: Any) -> None: ...


class ScaledField(_Column, BigIntegerField):
    """A whole number of small units with a type of its own in Python."""

    value_type: type
    attribute: str

    def db_value(self, value: object) -> object:
        """Return the number of units; anything but our type is an error."""
        if value is None:
            return None
        if not isinstance(value, self.value_type):
            message = f"{self.name} takes {self.value_type.__name__}, not {value!r}"
            raise TypeError(message)
        return getattr(value, self.attribute)

    def python_value(self, value: int | None) -> Any:
        """Return our type; sums come as Decimal from Postgres."""
        return None if value is None else self.value_type(int(value))


class MoneyField(ScaledField):
    """Kopecks."""

    value_type = Money
    attribute = "kopecks"


class EnergyField(ScaledField):
    """Watt-hours."""

    value_type = Energy
    attribute = "wh"


class PriceField(ScaledField):
    """Millionths of a rouble for a kilowatt-hour."""

    value_type = Price
    attribute = "micro"


class MonthField(_Column, IntegerField):
    """A calendar month, kept as the number 202610."""

    def db_value(self, value: object) -> object:
        """Return the number of the month."""
        if value is None:
            return None
        if not isinstance(value, Month):
            message = f"{self.name} takes Month, not {value!r}"
            raise TypeError(message)
        return value.code

    def python_value(self, value: int | None) -> Month | None:
        """Return the month."""
        return None if value is None else Month.from_code(value)


class UtcDateTimeField(_Column, DateTimeField):
    """An instant: aware in Python, naive UTC in the database."""

    def db_value(self, value: object) -> object:
        """Return naive UTC; a naive value is an error."""
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            message = f"{self.name} takes an aware datetime, not {value!r}"
            raise TypeError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def python_value(self, value: object) -> datetime | None:
        """Return aware UTC."""
        if isinstance(value, str):
            # As SQLite keeps it: peewee would try its formats one after the other.
            value = datetime.fromisoformat(value)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


class WordField(_Column, CharField):
    """One word of a closed list; an unknown word is an error."""

    def __init__(self, words: type[StrEnum], **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)
        self.words = words
        self._known = {str(word): word for word in words}

    def db_value(self, value: object) -> object:
        """Return the word."""
        if value is None:
            return None
        known = self._known.get(str(value))
        return (known or self.words(str(value))).value

    def python_value(self, value: str | None) -> StrEnum | None:
        """Return the member of the list."""
        if value is None:
            return None
        return self._known.get(value) or self.words(value)


class TextJSONField(_Column, JSONField):
    """JSON whose Cyrillic stays readable in the database."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("dumps", _READABLE.encode)
        kwargs.setdefault("loads", orjson.loads)
        super().__init__(**kwargs)


def rare_reference(model: type[Model] | str) -> ForeignKeyField:
    """Return a reference that not every row has; `index_where_set` finds those that do."""
    return ForeignKeyField(
        model, backref="+", null=True, on_delete="RESTRICT", index=False
    )


def index_where_set(*references: ForeignKeyField) -> None:
    """Let the rows be found that have a reference: the others cost nothing."""
    for field in references:
        meta = field.model._meta  # noqa: SLF001 - peewee's own way to a table
        field.model.add_index(
            field,
            where=SQL(f"{field.column_name} IS NOT NULL"),
            name=f"{meta.name}_{field.column_name}",
        )


def on_sqlite() -> bool:
    """Tell whether the embedded database is used."""
    return isinstance(database.obj, SqliteDatabase)


@contextmanager
def writing() -> Iterator[None]:
    """Run one use case that writes.

    On SQLite the lock is taken at once (BEGIN IMMEDIATE): a deferred one fails with
    "database is locked" when it turns from reading to writing. Threads of one process
    wait for it in turn: left to SQLite they would poll, and the unlucky wait longest. A
    second use case inside the first is an error.
    """
    _refuse_nesting()
    if not on_sqlite():
        with database.transaction():
            yield
        return
    if not _turn.acquire(timeout=WRITERS_WAIT):
        raise OperationalError("database is locked")
    try:
        with database.transaction("IMMEDIATE"):
            yield
    finally:
        _turn.release()


@contextmanager
def writing_if_free(seconds: float) -> Iterator[None]:
    """Run one short use case that writes, and wait for others no longer than `seconds`.

    Raises OthersWriteError where they are not done by then.
    """
    _refuse_nesting()
    if on_sqlite() and not _turn.acquire(timeout=seconds):
        raise OthersWriteError
    try:
        yield from _hurried(int(seconds * 1000))
    except OperationalError as error:
        if any(word in str(error) for word in _LOCKED):
            raise OthersWriteError from error
        raise
    finally:
        if on_sqlite():
            _turn.release()


def _hurried(milliseconds: int) -> Iterator[None]:
    if not on_sqlite():
        with database.transaction():
            database.execute_sql(f"SET LOCAL lock_timeout = {milliseconds}")
            yield
        return
    database.execute_sql(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        with database.transaction("IMMEDIATE"):
            yield
    finally:
        database.execute_sql(f"PRAGMA busy_timeout = {WRITERS_WAIT * 1000}")


@contextmanager
def reading() -> Iterator[None]:
    """Run one use case that only reads, on one snapshot, without the write lock."""
    _refuse_nesting()
    kind = ("DEFERRED",) if on_sqlite() else ("REPEATABLE READ",)
    with database.transaction(*kind):
        yield


def _refuse_nesting() -> None:
    if database.in_transaction():
        message = "a use case is one transaction; call its inner function instead"
        raise NestedTransactionError(message)


def lock(query: Query, *, is_skipping: bool = False) -> Query:
    """Lock the selected rows until the end of the transaction.

    `is_skipping` leaves out what somebody else has locked, in place of waiting for it.
    On SQLite the transaction itself is the lock.
    """
    if on_sqlite():
        return query
    return query.for_update("FOR UPDATE SKIP LOCKED" if is_skipping else True)


def take_turn(number: int) -> None:
    """Wait, inside the open transaction, for others that took the turn of this number.

    On SQLite there is one writer anyway.
    """
    if not on_sqlite():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (number,))
