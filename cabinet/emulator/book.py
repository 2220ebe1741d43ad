"""The emulator's own database: plain SQLite in one file, safe among threads and kills."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS deal (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    shop TEXT NOT NULL,
    number TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL,
    is_two_stage INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    method TEXT NOT NULL,
    return_url TEXT NOT NULL,
    fail_url TEXT NOT NULL,
    notice_url TEXT NOT NULL,
    more TEXT NOT NULL,
    card TEXT NOT NULL DEFAULT '',
    deed TEXT NOT NULL DEFAULT '',
    step TEXT NOT NULL DEFAULT 'page',
    tries INTEGER NOT NULL DEFAULT 0,
    is_shown INTEGER NOT NULL DEFAULT 0,
    released INTEGER NOT NULL DEFAULT 0,
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured <= amount),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded <= captured),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    held_at TEXT,
    paid_at TEXT
);
CREATE INDEX IF NOT EXISTS deal_number ON deal (provider, shop, number);
CREATE INDEX IF NOT EXISTS deal_open ON deal (state, expires_at);
CREATE UNIQUE INDEX IF NOT EXISTS deal_order ON deal (shop, number)
    WHERE provider = 'sberbank';
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, deal TEXT NOT NULL REFERENCES deal, name TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS key (
    shop TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, answer TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (shop, name)
);
CREATE TABLE IF NOT EXISTS refund (
    id TEXT PRIMARY KEY,
    deal TEXT NOT NULL REFERENCES deal,
    amount INTEGER NOT NULL CHECK (amount > 0),
    words TEXT NOT NULL,
    request TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (deal, request)
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
CREATE INDEX IF NOT EXISTS notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY, notice INTEGER NOT NULL REFERENCES notice,
    at TEXT NOT NULL, outcome TEXT NOT NULL
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
    times INTEGER NOT NULL,
    seed INTEGER NOT NULL DEFAULT 0,
    seconds INTEGER NOT NULL DEFAULT 0,
    used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS setting (
    shop TEXT PRIMARY KEY, notice_url TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A payment as the bank keeps it; money in kopecks.

    `state` is pending, waiting, succeeded or canceled, `step` where the customer is on
    the bank's pages (page, code, card, done), `more` what the shop sent along.
    `released` is what was let go of a held sum, `captured` what was taken of it.
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
    card: str
    deed: str
    step: str
    tries: int
    is_shown: bool
    released: int
    captured: int
    refunded: int
    created_at: datetime
    expires_at: datetime
    held_at: datetime | None
    paid_at: datetime | None


class Book:
    """Opens the file; each thread of each process has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.writing() as book:
            for statement in SCHEMA.split(";"):
                book.execute(statement)
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run one change: all of it, or nothing; inside another it is a part of that."""
        book = self._connection()
        if book.in_transaction:
            yield book
            return
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
        whole = f"SELECT * FROM deal WHERE {query}"  # noqa: S608 - our own conditions
        return [_deal(row) for row in self.rows(whole, *values)]

    def close(self) -> None:
        """Close this thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            self._local.connection = None

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        # SQLite's connections are not for another process: a fork opens its own.
        if found is None or self._local.process != os.getpid():
            found = sqlite3.connect(self._path, timeout=20, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA foreign_keys=1")
            self._local.connection = found
            self._local.process = os.getpid()
        return found


def insert(book: sqlite3.Connection, table: str, **values: object) -> None:
    """Write a row; names are our own, values are bound."""
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    whole = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
    book.execute(whole, tuple(values.values()))


def text_of(moment: datetime) -> str:
    """Return the moment as it is kept: texts in UTC sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _deal(row: sqlite3.Row) -> Deal:
    values = dict(row)
    for name in ("created_at", "expires_at", "held_at", "paid_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["more"] = json.loads(values["more"])
    for name in ("is_two_stage", "is_shown"):
        values[name] = bool(values[name])
    return Deal(**values)
