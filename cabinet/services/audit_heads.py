"""Heads of the audit log's chain, kept outside the database (`audit-heads.txt`).

Whoever holds the database and the settings' secret can make the whole chain anew. What
they cannot change is a head that lies elsewhere: a line a day is added to the file,
which is to be copied from this machine, and a letter a week goes to the administrators.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cabinet.domain.people import Role
from cabinet.models import User
from cabinet.models.base import writing
from cabinet.services import audit_chain, outbox

NAME = "audit-heads.txt"
MAIL = "audit_head"
_LINE = re.compile(r"(\S+) ([0-9]{1,18}) ([0-9a-f]{64})")
_MONDAY = 0


@dataclass(frozen=True, slots=True)
class Head:
    """A head: up to which entry the log was sealed, and with which chain."""

    at: datetime
    entry_id: int
    chain: str


def read(path: Path) -> list[Head]:
    """Return the heads of a file, the oldest first; other lines are passed over."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return []
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return [
        Head(datetime.fromisoformat(each[1]), int(each[2]), each[3])
        for each in found
        if each is not None and _is_instant(each[1])
    ]


def keep(home: Path, *, now: datetime) -> bool:
    """Add the head of a new day to the file, on the disk before it returns.

    On Mondays it goes to the administrators by mail as well. Returns whether it was
    added: not twice a day, and not while nothing is sealed.
    """
    entry_id, chain = audit_chain.find_sealed()
    kept = read(home / NAME)
    today = now.astimezone(UTC).date()
    if entry_id is None or (kept and kept[-1].at.astimezone(UTC).date() >= today):
        return False
    head = Head(now.astimezone(UTC), entry_id, chain)
    if today.weekday() == _MONDAY:
        _mail(head)
    _add(home / NAME, head)
    return True


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _add(path: Path, head: Head) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    text = path.read_bytes()
    start = "" if not text or text.endswith(b"\n") else "\n"
    line = f"{start}{head.at.isoformat()} {head.entry_id} {head.chain}\n"
    with path.open("ab") as handle:
        handle.write(line.encode("ascii"))
        handle.flush()
        os.fsync(handle.fileno())


def _mail(head: Head) -> None:
    with writing():
        admins = User.select().where(
            User.role == Role.ADMIN,
            User.disabled_at.is_null(),
            User.email.is_null(False),
        )
        for user in admins:
            outbox.put(
                MAIL,
                key=f"{MAIL}:{head.at.date().isoformat()}:{user.id}",
                recipient=user.email,
                context={
                    "entry": head.entry_id,
                    "chain": head.chain,
                    "day": head.at.date().isoformat(),
                },
                user_id=user.id,
                now=head.at,
            )
