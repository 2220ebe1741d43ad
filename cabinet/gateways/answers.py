"""What a provider's answer says: fields that are there, of their kind, and exact.

Whatever is not as documented raises UnclearError: an answer that cannot be read tells
nothing of whether the call was done. Sums are never read from a JSON fraction.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from cabinet.domain.money import Money
from cabinet.gateways.base import UnclearError

#: What may stand in an address: nothing that leads elsewhere.
ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_ROUBLES = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
_MOST_KOPECKS = 10**14
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MILLISECONDS = 10**13


class WrongShapeError(ValueError):
    """A part of the answer is missing or of another kind."""


def load(body: bytes, *, numbers_as_texts: bool = False) -> dict[str, Any]:
    """Return the object that the JSON is; raises ValueError for anything else.

    A fraction becomes a Decimal, so that it is never taken for a sum. What comes twice
    is nothing: one reader takes the first of the two and another the last.
    """
    as_text = {"parse_int": str, "parse_float": str} if numbers_as_texts else {}
    how: dict[str, Any] = {"parse_float": Decimal, **as_text}
    try:
        values = json.loads(
            body.decode("utf-8"),
            parse_constant=_no_constant,
            object_pairs_hook=_each_once,
            **how,
        )
    except RecursionError as error:
        raise WrongShapeError("nested too deep") from error
    if not isinstance(values, dict):
        raise WrongShapeError("not an object")
    return values


def read(body: bytes) -> "Fields":
    """Return the answer; raises UnclearError when it is no JSON object."""
    try:
        return Fields(load(body))
    except ValueError as error:
        raise UnclearError("not readable") from error


def unclear(words: str) -> NoReturn:
    """Raise UnclearError for an answer of another shape."""
    raise UnclearError(words) from WrongShapeError(words)


class Fields:
    """An object of the answer."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; with a default also when there is none."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not is_writable(value):
            unclear(f"{name} is no text")
        return value

    def code(self, name: str, default: str | None = None) -> str:
        """Return a code or an id that comes as a text or as a number, as a text."""
        value = self._values.get(name)
        if type(value) is int:
            return str(value)
        return self.text(name, default)

    def id(self, name: str) -> str:
        """Return an id that may stand in an address."""
        value = self.code(name)
        if ID.fullmatch(value) is None:
            unclear(f"{name} is no id")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return yes or no; with a default also when there is none."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            unclear(f"{name} is neither true nor false")
        return value

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self._values.get(name)
        if type(value) is not int:
            unclear(f"{name} is no whole number")
        return value

    def kopecks(self, name: str) -> Money:
        """Return a sum in whole kopecks."""
        value = self._values.get(name)
        if type(value) is not int or not 0 <= value <= _MOST_KOPECKS:
            unclear(f"{name} is no sum in kopecks")
        return Money(value)

    def roubles(self, name: str) -> Money:
        """Return a sum in roubles with two places, written as a text."""
        value = self.text(name)
        if _ROUBLES.fullmatch(value) is None:
            unclear(f"{name} is no sum in roubles")
        return Money.parse(value)

    def inner(self, name: str) -> "Fields":
        """Return an object inside; an empty one when there is none."""
        value = self._values.get(name)
        if value is None:
            return Fields({})
        if not isinstance(value, dict):
            unclear(f"{name} is no object")
        return Fields(value)

    def texts(self) -> dict[str, str]:
        """Return what of it is plain texts."""
        return {
            name: value
            for name, value in self._values.items()
            if isinstance(value, str) and is_writable(name) and is_writable(value)
        }

    def rows(self, name: str) -> "list[Fields]":
        """Return a list of objects; an empty one when there is none."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            unclear(f"{name} is no list of objects")
        return [Fields(one) for one in value]

    def moment(self, name: str) -> datetime | None:
        """Return a moment written by ISO 8601 with its offset, None when none is."""
        if name not in self:
            return None
        try:
            moment = datetime.fromisoformat(self.text(name))
            if moment.tzinfo is None:
                unclear(f"{name} has no offset")
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise UnclearError(f"{name} is no moment") from error

    def milliseconds(self, name: str) -> datetime | None:
        """Return a moment written as milliseconds since 1970, None when none is."""
        value = self._values.get(name)
        if value is None:
            return None
        if type(value) is not int or not 0 < value < _MOST_MILLISECONDS:
            unclear(f"{name} is no moment")
        return _EPOCH + timedelta(milliseconds=value)


def is_writable(text: str) -> bool:
    """Tell whether a database takes the text: no zero sign, no half of a sign."""
    return _UNWRITABLE.search(text) is None


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise WrongShapeError("a field comes twice")
    return values


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
