"""How many requests were answered and how fast, over all processes of a machine.

Each process counts in a file of a shared folder and any of them reads all (prometheus_client
calls it multiprocess mode). Its files are named after processes there, so that a new one
comes with every new worker; here they are named after places. A process takes a free place
and goes on with its file: whoever had the place is dead, for the system took their lock
away. So there are as many files as there ever were processes at once, and nothing is lost
with a worker that was killed.
"""

import fcntl
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import floatToGoString

#: Seconds a request may take: the last bounds are those of the server's patience.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
#: The same by how they are written.
KNOWN = {floatToGoString(bound): bound for bound in BOUNDS}
#: Bytes of a file, all of which the disk gives at once: to a file that grows a full disk
#: says no by killing who writes. An endpoint takes about 3 KB for each kind of answer.
ROOM = 4 * 1024 * 1024
MOST_PLACES = 256
NAME = "cabinet_request_seconds"
#: Short: it stands in the file with every figure.
HELP = "Requests by the seconds until their answer began"
LABELS = ("endpoint", "method", "status")


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers there were, by the first digit of their status, and how fast.

    `sooner` is how many began within each of the bounds, in seconds.
    """

    count: int
    by_status: dict[str, int]
    sooner: dict[float, int]

    def within(self, percent: int) -> float | None:
        """Return the bound so many percent of the answers kept, None if none is known."""
        for bound in BOUNDS:
            if self.count and self.sooner.get(bound, 0) * 100 >= percent * self.count:
                return bound
        return None


class Places:
    """The folder and the place of this process in it."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, cleared of what an earlier run left; raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._holder = 0
        self._place = ""
        self.is_open = False
        # Held until the last process of this run is gone: workers inherit it.
        self._run = _opened(folder / "run.lock")
        if _is_taken(self._run):  # else another server of this machine counts here too
            for path in folder.glob("*.db"):
                path.unlink()
        fcntl.flock(self._run, fcntl.LOCK_SH)

    def mine(self) -> str:
        """Return the name of the place of this process, taking one at the first call."""
        if not self.is_open:
            return "nobody"
        if self._holder != os.getpid():
            self._place = self._take()
            self._holder = os.getpid()
        return self._place

    def _take(self) -> str:
        """Take the first place whose holder is dead; it is held as long as we live."""
        for number in range(MOST_PLACES):
            lock = _opened(self.folder / f"place-{number}.lock")
            if not _is_taken(lock):
                os.close(lock)
                continue
            try:
                _make_room(self.folder / f"histogram_{number}.db")
            except OSError:
                os.close(lock)
                raise
            return str(number)
        message = f"more than {MOST_PLACES} processes count in {self.folder}"
        raise OSError(message)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_taken(lock: int) -> bool:
    """Take the lock; tell whether it is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _make_room(path: Path) -> None:
    """Make the file if it is not there, whole or not at all; raises OSError."""
    if path.exists():
        return
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, ROOM)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


class Counts:
    """The figures of this process, or of all those that share a folder."""

    def __init__(self, places: Places | None = None) -> None:
        self._places = places
        if places is not None:
            # The library knows the folder from the environment alone.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(places.folder)
            values.ValueClass = values.MultiProcessValue(places.mine)
            places.is_open = True
        self._own = CollectorRegistry()
        self._seconds = Histogram(
            NAME, HELP, LABELS, buckets=BOUNDS, registry=self._own
        )

    def note(self, labels: tuple[str, str, str], seconds: float) -> None:
        """Count an answer; a disk that is full is no reason to fail it."""
        try:
            self._seconds.labels(*labels).observe(seconds)
        except OSError:
            return

    def answers(self) -> Answers:
        """Return the sums over all endpoints, of all processes."""
        status: Counter[str] = Counter()
        sooner: Counter[float] = Counter()
        for metric in self.registry().collect():
            for sample in metric.samples:
                if sample.name == f"{NAME}_count":
                    status[sample.labels["status"]] += int(sample.value)
                elif sample.name == f"{NAME}_bucket":
                    bound = KNOWN.get(sample.labels["le"])
                    if bound is not None:
                        sooner[bound] += int(sample.value)
        return Answers(status.total(), dict(status), dict(sooner))

    def registry(self) -> CollectorRegistry:
        """Return what there is to tell, of all processes."""
        told = CollectorRegistry()
        if self._places is None or not self._places.folder.is_dir():
            # Somebody has cleared it away: this process has its own figures still.
            told.register(self._seconds)
        else:
            MultiProcessCollector(told, path=str(self._places.folder))
        return told


_shared: list[Counts] = []


def share(home: Path) -> None:
    """Count together with all processes of this machine; before workers are forked."""
    _shared[:] = [Counts(Places(home / "metrics"))]


def counts() -> Counts:
    """Return the shared figures, or those of this process alone."""
    return _shared[0] if _shared else _alone()


@cache
def _alone() -> Counts:
    return Counts()
