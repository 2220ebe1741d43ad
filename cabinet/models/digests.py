"""A digest of a table's rows that is the same on both databases.

Rows are digested one by one and the digests added up, so that the order in which a
database gives them does not matter and memory stays flat; a row that is there twice
counts twice. A cell is told in one way, whatever kept it: each database has its own
functions for that, which know nothing of how rows were copied.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

_WHOLE = 1 << 256
_NOTHING = b"-"

Teller = Callable[[Any], bytes]


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows, and the sum of their digests."""

    rows: int
    value: int

    @property
    def short(self) -> str:
        """Return what people compare at a glance."""
        return f"{self.value:064x}"[:16]


class Digesting:
    """Takes rows in, in any order; one teller for each of their columns."""

    def __init__(self, tellers: Sequence[Teller]) -> None:
        self._tellers = tuple(tellers)
        self._rows = 0
        self._value = 0

    def add(self, row: Sequence[object]) -> None:
        """Take a row in."""
        cells = []
        for tell, value in zip(self._tellers, row, strict=True):
            if value is None:
                cells.append(_NOTHING)
                continue
            told = tell(value)
            cells += (b"%d:" % len(told), told)
        made = hashlib.sha256(b"".join(cells)).digest()
        self._rows += 1
        self._value = (self._value + int.from_bytes(made)) % _WHOLE

    def digest(self) -> Digest:
        """Return the digest of what was taken in."""
        return Digest(self._rows, self._value)


def _text(value: str) -> bytes:
    return value.encode()


def _number(value: int) -> bytes:
    return b"%d" % value


def _json(text: object) -> bytes:
    """Return JSON in one spelling: keys in order, numbers by their value.

    A column of JSON in SQLite keeps a bare number as a number.
    """
    found = json.loads(
        text if isinstance(text, str) else json.dumps(text),
        parse_int=Decimal,
        parse_float=Decimal,
    )
    return json.dumps(
        found, sort_keys=True, ensure_ascii=False, default=_marked
    ).encode()


def _marked(number: Decimal) -> dict[str, str]:
    # Under a key that no JSON of ours has: Postgres keeps no NUL.
    return {"\0": f"{number.normalize():f}"}


def _moment(value: datetime) -> bytes:
    return value.isoformat(timespec="microseconds").encode()


#: By the type of the column in Postgres: how a value is told as SQLite gives it.
OF_SQLITE: Mapping[str, Teller] = {
    "bigint": _number,
    "boolean": _number,
    "bytea": bytes,
    "character varying": _text,
    "date": lambda text: date.fromisoformat(text).isoformat().encode(),
    "integer": _number,
    "jsonb": _json,
    "text": _text,
    "timestamp without time zone": lambda text: _moment(datetime.fromisoformat(text)),
    "uuid": lambda text: UUID(text).bytes,
}

#: And as Postgres gives it; JSON is asked for as text.
OF_POSTGRES: Mapping[str, Teller] = {
    "bigint": _number,
    "boolean": _number,
    "bytea": bytes,
    "character varying": _text,
    "date": lambda value: value.isoformat().encode(),
    "integer": _number,
    "jsonb": _json,
    "text": _text,
    "timestamp without time zone": _moment,
    "uuid": lambda value: value.bytes,
}
