"""What a file has named before: the same thing twice in a file is taken once.

The keys lie in a file of their own on the disk, so that memory is the same for a
thousand rows and for millions. Whoever goes on with a file reads it again from the
start and so knows its keys again.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cabinet.domain.metering import ReadingSource

#: Kibibytes of memory for keys.
_CACHE = 4096

Said = tuple[object, object]


@dataclass(frozen=True, slots=True)
class First:
    """The line that named a key first, and whether the later row says the same."""

    line: int
    is_same: bool


class Firsts:
    """The keys of the rows read so far."""

    def __init__(self, kind: str) -> None:
        """Open an empty place for the keys of a kind of file."""
        self.field, self._said = KEYS[kind]
        # Without a name SQLite keeps it in a file that is gone with the connection.
        self._kept = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for word in (f"cache_size = -{_CACHE}", "journal_mode = OFF"):
            self._kept.execute(f"PRAGMA {word}")
        self._kept.execute(
            "CREATE TABLE first (key BLOB PRIMARY KEY, line INTEGER, said BLOB)"
            " WITHOUT ROWID"
        )

    def note(self, rows: Iterable[Any]) -> list[First | None]:
        """Return for each row the one before it with its key, None if it is the first."""
        found: list[First | None] = []
        for row in rows:
            key, said = self._said(row)
            values = (_digest(key), row.line, _digest(said))
            added = self._kept.execute(
                "INSERT OR IGNORE INTO first VALUES (?, ?, ?)", values
            )
            found.append(None if added.rowcount else self._before(values))
        return found

    def close(self) -> None:
        """Give the place back."""
        self._kept.close()

    def _before(self, values: tuple[bytes, int, bytes]) -> First | None:
        line, said = self._kept.execute(
            "SELECT line, said FROM first WHERE key = ?", values[:1]
        ).fetchone()
        return First(line, said == values[2])


def _digest(said: object) -> bytes:
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()


def _all(row: Any) -> object:
    """Return everything a row says."""
    return tuple(
        getattr(row, name)
        for name in type(row).__slots__
        if name not in {"line", "raw"}
    )


def _picked(*names: str) -> Callable[[Any], Said]:
    return lambda row: (tuple(getattr(row, name) for name in names), _all(row))


def _reading(row: Any) -> Said:
    is_estimate = row.source is ReadingSource.ESTIMATE
    key = row.account, row.serial, row.taken_on, row.registers, is_estimate
    return key, key


def _payment(row: Any) -> Said:
    return row.code, (row.account, row.amount)


def _rule(row: Any) -> Said:
    # There is one VAT at a time, whatever its row is called.
    key = (row.rule, "" if row.rule == "vat" else row.key, row.starts)
    return key, _all(row)


#: Of each kind the field where a repeat is told, and what makes rows the same.
KEYS: dict[str, tuple[str, Callable[[Any], Said]]] = {
    "accounts": ("account", _picked("account")),
    "meters": ("serial", _picked("account", "serial")),
    "readings": ("taken_on", _reading),
    "charges": ("month", _picked("account", "month")),
    "payments": ("code", _payment),
    "counted": ("counted_in", _picked("account", "serial", "taken_on")),
    "benefits": ("title", _picked("account", "title", "starts")),
    "papers": ("number", _picked("account", "kind", "number")),
    "tariffs": (
        "starts",
        _picked("region", "category", "plan", "zone", "range_number", "starts"),
    ),
    "rules": ("starts", _rule),
    "key_rates": ("starts", _picked("starts")),
    "norms": (
        "rooms",
        _picked("region", "rooms", "residents", "stove", "premises", "water_heater"),
    ),
}
