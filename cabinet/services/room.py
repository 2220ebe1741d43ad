"""Room on the disk: told before it is gone, files refused first, pages never."""

import errno
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from peewee import PeeweeException

from cabinet.models.base import on_sqlite

MEGABYTE = 1024 * 1024
#: Less than both, and files are refused: what is left is for readings and payments.
LEAST_SHARE = 0.05
LEAST_BYTES = 500 * MEGABYTE

#: What SQLite and Postgres (53100) say when nothing can be written for want of room.
_WORDS = ("disk is full", "no space left", "quota exceeded", "could not extend file")
_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_folders: tuple[Path, ...] = ()


class NoRoomError(Exception):
    """There is too little room on the disk to take a file."""


def watch(home: Path, database_url: str) -> None:
    """Watch the disks the portal writes to: its folder, SQLite's file, passing files."""
    global _folders  # noqa: PLW0603 - one installation a process, like its database
    parts = urlsplit(database_url)
    own = [Path(parts.path[1:]).absolute().parent] if parts.scheme == "sqlite" else []
    _folders = (home, *own, Path(tempfile.gettempdir()))


def is_low() -> bool:
    """Tell whether a disk has too little room left."""
    return any(is_low_at(folder) for folder in _folders)


def is_low_at(folder: Path) -> bool:
    """Tell whether the disk of the folder has too little room; no if it is not there."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return False
    return usage.free < min(LEAST_BYTES, LEAST_SHARE * usage.total)


def refuse_files() -> None:
    """Raise NoRoomError while what is left is kept for what people write."""
    if is_low():
        raise NoRoomError


def is_want_of_room(error: BaseException | None) -> bool:
    """Tell whether something was not written because a disk is full.

    SQLite ends the transaction itself, and taking it back is then another error, in
    whose context the first one is.
    """
    while error is not None:
        if _says_so(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _says_so(error: BaseException) -> bool:
    if isinstance(error, NoRoomError):
        return True
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    if not isinstance(error, PeeweeException):
        return False
    words = str(error).lower()
    if on_sqlite() and "disk i/o error" in words:
        # So SQLite calls a write of its own files that did not fit.
        return is_low()
    return any(each in words for each in _WORDS)
