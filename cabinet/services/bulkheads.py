"""Bulkheads: no one kind of dear work takes all threads of a process.

A process of the portal answers with a few threads. What takes long (passwords, documents,
tables, reports, files, calls to a bank) may have some of them, and all of it together never the
last ones: those are for readings and pages. Who finds no place is told so at once, with
nothing begun, and comes again.

Nothing is shared between processes, so that one which is killed takes no place with it.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

#: Threads of a process of the portal.
THREADS = 8
#: Of them, those that may do dear work of any kind at once.
MOST_DEAR = 6
#: Seconds that work waits for its turn.
PATIENCE = 2
#: Seconds within which somebody outside answers who is well.
SOON = 3

_dear = threading.BoundedSemaphore(MOST_DEAR)
_own = threading.local()


class BusyError(Exception):
    """There is no place for this work now; nothing was begun. Carries its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Bulkhead:
    """Places for one kind of work: so many at it, and so many that wait for a place."""

    def __init__(self, name: str, *, most: int, waiting: int) -> None:
        self.name = name
        self.set(most, waiting)

    def set(self, most: int, waiting: int) -> None:
        """Set how many work and wait; only while nobody does."""
        self.most, self.waiting = most, waiting
        self._work = threading.BoundedSemaphore(most)
        self._in = threading.BoundedSemaphore(most + waiting)

    @property
    def threads(self) -> int:
        """Return how many threads may be in it, those that wait included."""
        return self.most + self.waiting

    @contextmanager
    def place(self) -> Iterator[None]:
        """Work in one of the places; raises BusyError."""
        with (
            _taken(self._in, 0, self.name),
            _among_all(self.name),
            _taken(self._work, PATIENCE, self.name),
        ):
            yield


class Outside(Bulkhead):
    """Places for calls to somebody outside: fewer once answers are long in coming.

    A call that is not answered within `SOON` tells that they are, and one that is tells
    that they are not any more. The first ones find the places of a good day and hold them
    to the end of their calls; after them no more than `few` try at once.
    """

    def __init__(self, name: str, *, most: int, waiting: int, few: int) -> None:
        super().__init__(name, most=most, waiting=waiting)
        self.few = few
        self._lock = threading.Lock()
        self._here = 0
        self._calls: dict[object, float] = {}
        self._was_late = False

    @contextmanager
    def place(self) -> Iterator[None]:
        """Work in one of the places; raises BusyError."""
        with super().place():
            with self._lock:
                if self._here >= self.few and self._is_late():
                    raise BusyError(self.name)
                self._here += 1
            try:
                yield
            finally:
                with self._lock:
                    self._here -= 1

    @contextmanager
    def call(self) -> Iterator[None]:
        """Time a call, which is answered at the end of the block or never will be."""
        mark = object()
        with self._lock:
            self._calls[mark] = monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._was_late = monotonic() - self._calls.pop(mark) > SOON

    def _is_late(self) -> bool:
        now = monotonic()
        return self._was_late or any(now - at > SOON for at in self._calls.values())


@contextmanager
def _among_all(name: str) -> Iterator[None]:
    """Be one of all that are dear; a thread is one, however many kinds it is in."""
    if getattr(_own, "is_dear", False):
        yield
        return
    with _taken(_dear, 0, name):
        _own.is_dear = True
        try:
            yield
        finally:
            _own.is_dear = False


@contextmanager
def _taken(
    places: threading.BoundedSemaphore, patience: float, name: str
) -> Iterator[None]:
    if not places.acquire(timeout=patience):
        raise BusyError(name)
    try:
        yield
    finally:
        places.release()


def _passwords(processes: int) -> int:
    """Return how many check passwords at once: over all processes one a core."""
    return max(1, (os.cpu_count() or 1) // processes)


#: More at once than there are cores would only stop the rest.
PASSWORDS = Bulkhead("passwords", most=_passwords(2), waiting=4)
#: Tries are counted in the database: a crowd of them would hold up its writers.
SIGN_INS = Bulkhead("passwords", most=2, waiting=3)
#: The library draws one at a time in a process.
DOCUMENTS = Bulkhead("documents", most=1, waiting=1)
TABLES = Bulkhead("tables", most=1, waiting=1)
#: Of the office: the books of a big branch are read for seconds.
REPORTS = Bulkhead("reports", most=1, waiting=2)
FILES = Bulkhead("files", most=2, waiting=1)
#: On the 25th two customers a second begin to pay, and a bank takes up to a second: one
#: in a process on the average, of whom four places refuse none in a hundred and two would
#: refuse eleven. A silent bank holds each for ten seconds: then a quarter of the threads.
BANK = Outside("bank", most=4, waiting=2, few=2)

ALL = (PASSWORDS, SIGN_INS, DOCUMENTS, TABLES, REPORTS, FILES, BANK)


def share(processes: int) -> None:
    """Share the cores among so many processes that serve together."""
    PASSWORDS.set(_passwords(processes), PASSWORDS.waiting)
