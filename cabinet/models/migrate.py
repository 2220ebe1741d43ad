"""Bringing the schema up to date, one process at a time, whole or not at all."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import SqliteDatabase
from playhouse.migrations import Runner

import cabinet.migrations
from cabinet.models.base import database

FOLDER = Path(cabinet.migrations.__path__[0])

#: Any numbers will do, as long as they are ours alone on the server.
MIGRATING = 560422014
UPGRADING = 560422015
_FILES = {MIGRATING: "migrating", UPGRADING: "upgrading"}


class MigrationFailedError(Exception):
    """A migration did not go through; the schema is what it was before the first."""

    def __init__(self, name: str, cause: Exception) -> None:
        super().__init__(f"{name}: {type(cause).__name__}: {str(cause).strip()}")
        self.name = name


def migrate() -> list[str]:
    """Apply what is missing, in one transaction, and return the names of what was applied.

    One that fails, or a process that is killed, leaves the schema and the rows as they
    were, on both databases. Raises MigrationFailedError.
    """
    with alone(MIGRATING), _whole():
        runner = _runner()
        applied = []
        for name in missing_migrations():
            try:
                runner.up(name)
            except Exception as error:
                raise MigrationFailedError(name, error) from error
            applied.append(name)
        # The table of what was applied is there even where nothing is.
        runner.History.create_table()
        return applied


def missing_migrations() -> list[str]:
    """Return the names of migrations the database does not have yet."""
    return [m.name for m in _runner().status() if not m.applied]


def unknown_migrations() -> list[str]:
    """Return the names of migrations of a newer version that the database has."""
    return [m.name for m in _runner().status() if m.path is None]


def last_migration() -> str:
    """Return the name of the newest migration the database has, empty without any."""
    names = [m.name for m in _runner().status() if m.applied]
    return max(names, default="")


def newest_migration() -> str:
    """Return the name of the newest migration this version brings."""
    return str(_runner().migrations()[-1].name)


@contextmanager
def alone(number: int, on_wait: Callable[[], object] = bool) -> Iterator[None]:
    """Let one process at a time do what the number stands for; others wait.

    `on_wait` is called once before waiting.
    """
    db = database.obj
    if isinstance(db, SqliteDatabase):
        path = Path(f"{db.database}.{_FILES[number]}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    (is_ours,) = db.execute_sql("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
    if not is_ours:
        on_wait()
        db.execute_sql("SELECT pg_advisory_lock(%s)", (number,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (number,))


def _runner() -> Runner:
    return Runner(database.obj, str(FOLDER))


@contextmanager
def _whole() -> Iterator[None]:
    """Run all of it in one transaction.

    SQLite changes a table by making it anew. With references watched, dropping the old
    one would take along what refers to it; they cannot be let go of inside a transaction.
    """
    db = database.obj
    if not isinstance(db, SqliteDatabase):
        with db.transaction():
            yield
        return
    is_watched = bool(db.pragma("foreign_keys"))
    db.pragma("foreign_keys", 0)
    try:
        with db.transaction("IMMEDIATE"):
            yield
    finally:
        db.pragma("foreign_keys", int(is_watched))
