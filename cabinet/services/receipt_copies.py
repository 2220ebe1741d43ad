"""Receipts drawn lately, kept as files: what is asked for again is not drawn again.

A copy lies under the number of the user it was drawn for and is named by all it says, so
another bill, a correction or a word of the company makes another name, and nobody is
given what was drawn for somebody else. It lasts a day; how many there are is bounded.
Who is erased takes their copies along. They are copies only: where none can be written
or read, receipts are drawn.
"""

import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

FOLDER = "receipts"
LASTS = timedelta(days=1)
#: As many as fit 60 MB, when each takes what a receipt may take at most.
MOST = 1000
#: So many of the oldest go when there are too many: not each time a single one.
SPARE = 100
#: To be raised when receipts of the same content are drawn otherwise.
DRAWN_BY = 1


@dataclass(frozen=True, slots=True)
class Name:
    """Whose receipt it is and, hashed by the installation's secret, what it says."""

    user_id: int
    digest: str

    @property
    def file(self) -> str:
        """Return the name of the file."""
        return f"{self.user_id}-{self.digest}.pdf"


def name_of(user_id: int, *says: object, pepper: str) -> Name:
    """Return the name of what is drawn for the user of these values.

    They are all a receipt is made of, as values whose `repr` tells them whole.
    """
    told = repr((DRAWN_BY, user_id, says)).encode()
    return Name(user_id, hmac.digest(pepper.encode(), told, hashlib.sha256).hex())


def find(home: Path, name: Name, *, now: datetime) -> bytes | None:
    """Return the copy of the name, None where there is none or it is too old."""
    path = home / FOLDER / name.file
    try:
        if path.stat().st_mtime < (now - LASTS).timestamp():
            return None
        return path.read_bytes()
    except OSError:
        return None


def keep(home: Path, name: Name, content: bytes, *, now: datetime) -> None:
    """Keep a copy for a day, and delete those that are too old or too many."""
    folder = home / FOLDER
    part = folder / f"{name.file}.{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder, now)
        part.touch(mode=0o600)
        part.write_bytes(content)
        os.utime(part, (now.timestamp(), now.timestamp()))
        part.replace(folder / name.file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        log.warning("a receipt is not kept", exc_info=True)


def forget(home: Path, user_id: int) -> int:
    """Delete what was drawn for the user and return how many there were."""
    own = list((home / FOLDER).glob(f"{user_id}-*"))
    for path in own:
        path.unlink(missing_ok=True)
    return len(own)


def _sweep(folder: Path, now: datetime) -> None:
    """Delete the copies that are too old and, if there are too many, the oldest."""
    found = sorted(_ages(folder))
    dead = [path for made, path in found if made < (now - LASTS).timestamp()]
    left = len(found) - len(dead)
    if left >= MOST:
        more = left - MOST + SPARE
        dead += [path for _, path in found[len(dead) : len(dead) + more]]
    for path in dead:
        path.unlink(missing_ok=True)


def _ages(folder: Path) -> Iterator[tuple[float, Path]]:
    for path in folder.iterdir():
        try:
            yield path.stat().st_mtime, path
        except FileNotFoundError:  # another process was there first
            continue
