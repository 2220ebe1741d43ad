"""What a file has named before: the same thing twice in a file is taken once.

The keys lie in a file of their own on the disk, so that memory is the same for a
thousand rows and for millions. Whoever goes on with a file reads it again from the
start and so knows its keys again.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
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
        # One transaction for ever: nobody else is there, and nothing is to be kept.
        self._kept.execute("BEGIN")
        self._kept.execute(
            "CREATE TABLE first (key TEXT PRIMARY KEY, line INTEGER, said INTEGER)"
            " WITHOUT ROWID"
        )

    def note(self, rows: Iterable[Any]) -> list[First | None]:
        """Return for each row the one before it with its key, None if it is the first."""
        named = [self._named(row) for row in rows]
        kept = self._kept.executemany(
            "INSERT OR IGNORE INTO first VALUES (?, ?, ?)", named
        )
        if kept.rowcount == len(named):
            return [None] * len(named)
        return [self._before(*values) for values in named]

    def close(self) -> None:
        """Give the place back."""
        self._kept.close()

    def _named(self, row: Any) -> tuple[str, int, int]:
        key, said = self._said(row)
        # Keys stay as they are: files are in their order, and so the place is as well.
        return key if type(key) is str else repr(key), row.line, hash(said)

    def _before(self, key: str, line: int, said: int) -> First | None:
        """Return the row that has the key, None if it is this one."""
        first, kept = self._kept.execute(
            "SELECT line, said FROM first WHERE key = ?", (key,)
        ).fetchone()
        return None if first == line else First(first, kept == said)


def _all(row: Any) -> object:
    """Return everything a row says."""
    kind = type(row)
    if kind not in _TOLD:
        fields = getattr(kind, "_fields", None) or kind.__slots__
        names = (name for name in fields if name not in {"line", "raw"})
        _TOLD[kind] = attrgetter(*names)
    return _TOLD[kind](row)


#: By the type of a row, what takes out of it everything it says.
_TOLD: dict[type[Any], Callable[[Any], object]] = {}


def _picked(*names: str) -> Callable[[Any], Said]:
    pick = attrgetter(*names)
    return lambda row: (pick(row), _all(row))


def _reading(row: Any) -> Said:
    is_estimate = row.source is ReadingSource.ESTIMATE
    registers = [register.wh for register in row.registers]
    day = row.taken_on.toordinal()
    key = f"{row.account} {day} {registers} {is_estimate} {row.serial}"
    return key, key


def _charge(row: Any) -> Said:
    content = (
        row.energy.wh,
        str(row.basis),
        row.charged.kopecks,
        row.penalty.kopecks,
        row.recalculated.kopecks,
    )
    return f"{row.account} {row.month.code}", content


def _payment(row: Any) -> Said:
    return row.code, (row.account, row.amount.kopecks)


def _rule(row: Any) -> Said:
    # There is one VAT at a time, whatever its row is called.
    key = (row.rule, "" if row.rule == "vat" else row.key, row.starts)
    return key, _all(row)


#: Of each kind the field where a repeat is told, and what makes rows the same.
KEYS: dict[str, tuple[str, Callable[[Any], Said]]] = {
    "accounts": ("account", _picked("account")),
    "holders": ("account", _picked("account")),
    "replacements": ("old_serial", _picked("account", "old_serial")),
    "meters": ("serial", _picked("account", "serial")),
    "readings": ("taken_on", _reading),
    "charges": ("month", _charge),
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
