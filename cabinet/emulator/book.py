"""The emulator's own database: plain SQLite in one file, safe among threads and kills."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS deal (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    shop TEXT NOT NULL,
    number TEXT NOT NULL,
    amount INTEGER NOT NULL,
    state TEXT NOT NULL,
    is_two_stage INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    method TEXT NOT NULL,
    return_url TEXT NOT NULL,
    fail_url TEXT NOT NULL,
    notice_url TEXT NOT NULL,
    more TEXT NOT NULL,
    deed TEXT NOT NULL DEFAULT '',
    step TEXT NOT NULL DEFAULT 'page',
    refunded INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    paid_at TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS deal_number ON deal (provider, shop, number)
    WHERE number <> '';
CREATE TABLE IF NOT EXISTS key (
    shop TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, about TEXT NOT NULL,
    PRIMARY KEY (shop, name)
);
CREATE TABLE IF NOT EXISTS refund (
    id TEXT PRIMARY KEY,
    deal TEXT NOT NULL REFERENCES deal,
    amount INTEGER NOT NULL,
    words TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY,
    deal TEXT NOT NULL REFERENCES deal,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    body BLOB NOT NULL,
    media_type TEXT NOT NULL,
    answer TEXT NOT NULL,
    due_at TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    taken_at TEXT
);
CREATE TABLE IF NOT EXISTS act (
    id INTEGER PRIMARY KEY,
    deal TEXT NOT NULL REFERENCES deal,
    due_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    call TEXT NOT NULL,
    kind TEXT NOT NULL,
    times INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A payment as the bank keeps it; money in kopecks.

    `state` is pending, waiting, succeeded or canceled, `step` where the customer is on
    the bank's pages, `more` what the shop sent along.
    """

    id: str
    provider: str
    shop: str
    number: str
    amount: int
    state: str
    is_two_stage: bool
    reason: str
    method: str
    return_url: str
    fail_url: str
    notice_url: str
    more: dict[str, Any]
    deed: str
    step: str
    refunded: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None


class Book:
    """Opens the file; each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.writing() as book:
            for statement in SCHEMA.split(";"):
                book.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run one change: all of it, or nothing."""
        book = self._connection()
        book.execute("BEGIN IMMEDIATE")
        try:
            yield book
        except BaseException:
            book.execute("ROLLBACK")
            raise
        book.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return what the query finds."""
        return self._connection().execute(query, values).fetchall()

    def deal(self, query: str, *values: object) -> Deal | None:
        """Return the first payment that fits, `query` following WHERE."""
        found = self.deals(query, *values)
        return found[0] if found else None

    def deals(self, query: str, *values: object) -> list[Deal]:
        """Return the payments that fit, `query` following WHERE."""
        # The conditions are ours, the values are bound.
        return [
            _deal(row)
            for row in self.rows(f"SELECT * FROM deal WHERE {query}", *values)
        ]  # noqa: S608

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, timeout=20, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            self._local.connection = found
        return found


def _deal(row: sqlite3.Row) -> Deal:
    values = dict(row)
    for name in ("created_at", "expires_at", "paid_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["more"] = json.loads(values["more"])
    values["is_two_stage"] = bool(values["is_two_stage"])
    return Deal(**values)
