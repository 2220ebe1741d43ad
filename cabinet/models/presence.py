"""Who uses an SQLite file: the portal and its worker say so while they live.

What moves or replaces the whole database must not do so under them. The mark is a lock
on a file beside the database; it goes with the process, however that ends. A Postgres
server knows its clients itself, and nothing replaces files there.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cabinet.models.base import database, on_sqlite

#: Seconds to wait for who only looks whether somebody is there.
_LOOK = 0.5
#: Whoever else works on the database as its account does: the portal and its worker.
_CLIENTS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user
AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class InUseError(Exception):
    """The database is in use by those who would be harmed, or is being replaced."""


@contextmanager
def present() -> Iterator[None]:
    """Say that the open database is in use; raises InUseError while it is replaced.

    Processes forked meanwhile say it too, as long as one of them lives.
    """
    if not on_sqlite():
        yield
        return
    with _mark().open("a", encoding="ascii") as handle:
        _lock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def absent() -> Iterator[None]:
    """Keep portal and worker from starting; raises InUseError where one is running."""
    if not on_sqlite():
        yield
        return
    with _mark().open("a", encoding="ascii") as handle:
        _lock(handle, fcntl.LOCK_EX)
        yield


def refuse_clients() -> None:
    """Raise InUseError where others are connected to the open Postgres database.

    Who comes later is not kept away: nothing is replaced under anybody.
    """
    if on_sqlite():
        return
    # Who was stopped a moment ago may not have gone yet.
    until = time.monotonic() + _LOOK
    while others := database.execute_sql(_CLIENTS).fetchone()[0]:
        if time.monotonic() >= until:
            raise InUseError(f"{others} connections")
        time.sleep(_LOOK / 10)


def is_in_use() -> bool:
    """Tell whether a portal or a worker runs on the open SQLite file."""
    try:
        with absent():
            return False
    except InUseError:
        return True


def _mark() -> Path:
    path = Path(f"{database.obj.database}.running")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _lock(handle: IO[str], kind: int) -> None:
    until = time.monotonic() + (_LOOK if kind == fcntl.LOCK_SH else 0)
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise InUseError(handle.name) from error
            time.sleep(_LOOK / 10)
        else:
            return
