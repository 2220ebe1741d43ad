"""The list of the erased (`erased.txt`): it outlives the database and its copies.

A line is the moment, the number of the user and a mark that no other user has, even
where a new database gives the number anew. Lines are added, never changed.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NAME = "erased.txt"
_LINE = re.compile(r"(\S+) ([0-9]{1,18}) ([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Erased:
    """A line of the list."""

    user_id: int
    mark: str


@dataclass(frozen=True, slots=True)
class Register:
    """The list: its lines, each person once, and the numbers of those not read."""

    lines: tuple[Erased, ...]
    damaged: tuple[int, ...]


def mark_of(user_id: int, created_at: datetime) -> str:
    """Return what tells the user from any other who had or will have the number."""
    text = f"{user_id} {created_at.astimezone(UTC).isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read(home: Path) -> Register:
    """Return the list, empty where nobody was erased yet."""
    try:
        text = (home / NAME).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        text = ""
    found: dict[Erased, None] = {}
    damaged = []
    for number, line in enumerate(text.splitlines(), start=1):
        matched = _LINE.fullmatch(line)
        if matched is not None:
            found[Erased(int(matched[2]), matched[3])] = None
        elif line.strip():
            damaged.append(number)
    return Register(tuple(found), tuple(damaged))


def add(home: Path, erased: Erased, *, at: datetime) -> None:
    """Write a line down, on the disk before it returns.

    It begins a line of its own even after one that a full disk cut.
    """
    path = home / NAME
    line = f"{at.astimezone(UTC).isoformat()} {erased.user_id} {erased.mark}\n"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if path.stat().st_size and not _ends_a_line(path):
        line = f"\n{line}"
    with path.open("ab") as handle:
        handle.write(line.encode("ascii"))
        handle.flush()
        os.fsync(handle.fileno())


def _ends_a_line(path: Path) -> bool:
    return path.read_bytes().endswith(b"\n")
