"""Ending a statement that takes minutes, from beside it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from cabinet.models.base import database, on_sqlite

log = logging.getLogger(__name__)

#: Seconds between two looks whether it is to end.
EVERY = 0.5


@contextmanager
def interruptible(
    is_over: Callable[[], bool], *, every: float = EVERY
) -> Iterator[None]:
    """Let what this thread asks of the database meanwhile fail once `is_over`.

    `is_over` is called in another thread, which may use the database too; it must not
    raise. Whatever statement runs then fails with an OperationalError, of peewee or, amid
    its rows, of the driver.
    """
    connection, left = database.connection(), Event()

    def watch() -> None:
        while not left.wait(every):
            try:
                if is_over():
                    _interrupt(connection)
            finally:
                # The thread's own, if it has asked the database: not held meanwhile.
                if not database.is_closed():
                    database.close()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        # Nothing is interrupted any more once the watcher is gone.
        left.set()
        watcher.join()


def _interrupt(connection: Any) -> None:
    """End the statement that runs on the connection, if any does."""
    try:
        if on_sqlite():
            connection.interrupt()
        else:
            connection.cancel_safe(timeout=5)
    except Exception:
        # A database that is away ends the statement by itself.
        log.warning("a statement was not interrupted", exc_info=True)
