"""Bringing the schema up to date, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import SqliteDatabase
from playhouse.migrations import Runner

import cabinet.migrations
from cabinet.models.base import database

FOLDER = Path(cabinet.migrations.__path__[0])

#: Any number will do, as long as it is ours alone on the server.
LOCK_NUMBER = 560422014


def migrate() -> list[str]:
    """Apply what is missing and return the names of what was applied."""
    with _alone():
        return [str(name) for name in Runner(database.obj, str(FOLDER)).up()]


def missing_migrations() -> list[str]:
    """Return the names of migrations the database does not have yet."""
    return [m.name for m in Runner(database.obj, str(FOLDER)).status() if not m.applied]


def last_migration() -> str:
    """Return the name of the newest migration the database has, empty without any."""
    names = [m.name for m in Runner(database.obj, str(FOLDER)).status() if m.applied]
    return max(names, default="")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process migrate at a time."""
    db = database.obj
    if isinstance(db, SqliteDatabase):
        path = Path(f"{db.database}.migrating")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    db.execute_sql("SELECT pg_advisory_lock(%s)", (LOCK_NUMBER,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (LOCK_NUMBER,))
