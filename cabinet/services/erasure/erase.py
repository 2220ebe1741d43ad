"""Erasing one person, everybody whose week is over, and again after a restore."""

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cabinet.domain.people import Role
from cabinet.models import Leaving, OutboxMessage, User
from cabinet.models.base import database, on_sqlite, reading, writing
from cabinet.services import audit, receipt_copies
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.erasure import register
from cabinet.services.erasure.traces import forget
from cabinet.services.leaving import UserNotFoundError, lock_customer

log = logging.getLogger(__name__)

#: Persons of one turn of the worker.
MOST = 20


class Why(StrEnum):
    """What a person is erased for (причина уничтожения)."""

    OWNER = "owner"
    REQUEST = "request"
    RESTORE = "restore"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reapplied:
    """What the list of the erased came to: numbers of users, and of lines not read.

    `unknown` are those the database does not have, or has as somebody else.
    """

    erased: tuple[int, ...]
    already: tuple[int, ...]
    unknown: tuple[int, ...]
    damaged: tuple[int, ...]


def find_user(who: str) -> int:
    """Return the id of a customer by number or e-mail; raises UserNotFoundError."""
    if who.isascii() and who.isdigit():
        user = User.get_or_none(User.id == int(who))
    else:
        user = User.get_or_none(User.email == who.strip().casefold())
    if user is None or user.role is not Role.CUSTOMER or user.erased_at is not None:
        raise UserNotFoundError(who)
    return int(user.id)


def erase_user(
    user_id: int, *, why: Why, home: Path, actor: Actor = SYSTEM, now: datetime
) -> uuid.UUID:
    """Erase the person at once and return the number of the act.

    Raises UserNotFoundError for nobody, staff and who is erased already.
    """
    with writing():
        public_id = _erase(lock_customer(user_id), why, actor, now)
    finish(home)
    return public_id


def due(*, now: datetime) -> tuple[int, ...]:
    """Return the ids of the users whose time to change their mind is over."""
    query = (
        Leaving.select(Leaving.user)
        .where(_is_due(now))
        .order_by(Leaving.due_at)
        .limit(MOST)
    )
    with reading():
        return tuple(user_id for (user_id,) in query.tuples())


def erase_due(user_id: int, *, now: datetime) -> bool:
    """Erase the person whose time is over; False if the mind was changed meanwhile.

    Raises UserNotFoundError for who is erased already.
    """
    with writing():
        user = lock_customer(user_id)
        if not Leaving.select().where(Leaving.user == user_id, _is_due(now)).exists():
            return False
        _erase(user, Why.OWNER, SYSTEM, now)
    return True


def finish(home: Path) -> int:
    """Take what lies outside the database and write down who was erased.

    What a crash left undone is done by the next call: the line in the list comes last.
    """
    with reading():
        known = set(register.read(home).lines)
        rest = [row for row in _erased_users() if row[0] not in known]
    for erased, at in rest:
        _delete_files(home, erased.user_id)
        register.add(home, erased, at=at)
    if rest:
        _empty_log()
    return len(rest)


def reapply(home: Path, *, now: datetime) -> Reapplied:
    """Erase again whoever is on the list and came back with a copy of the database."""
    erased, already, unknown = [], [], []
    found = register.read(home)
    for each in found.lines:
        user = User.get_or_none(User.id == each.user_id)
        if user is None or register.mark_of(user.id, user.created_at) != each.mark:
            unknown.append(each.user_id)
        elif user.erased_at is not None:
            already.append(each.user_id)
        else:
            with writing():
                _erase(lock_customer(user.id), Why.RESTORE, SYSTEM, now)
            _delete_files(home, user.id)
            erased.append(each.user_id)
    _empty_log()
    return Reapplied(
        erased=tuple(erased),
        already=tuple(already),
        unknown=tuple(unknown),
        damaged=found.damaged,
    )


def _erase(user: User, why: Why, actor: Actor, now: datetime) -> uuid.UUID:
    """Forget the user and write the act of it, inside the open transaction."""
    counts = forget(user, now=now)
    leaving = Leaving.get_or_none(
        Leaving.user == user.id,
        Leaving.undone_at.is_null(),
        Leaving.done_at.is_null(),
    ) or Leaving.create(
        public_id=uuid.uuid4(), user=user.id, requested_at=now, due_at=now
    )
    act = {"why": str(why), "destroyed": counts}
    Leaving.update(done_at=now, act=act).where(Leaving.id == leaving.id).execute()
    audit.record(
        actor,
        "user.erased",
        now=now,
        subject=f"user:{user.id}",
        leaving=str(leaving.public_id),
        why=str(why),
        destroyed=counts,
    )
    return uuid.UUID(str(leaving.public_id))


def _empty_log() -> None:
    """Empty SQLite's log of changes, which holds what stood there before."""
    if on_sqlite():
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_due(now: datetime) -> object:
    return (
        Leaving.undone_at.is_null()
        & Leaving.done_at.is_null()
        & (Leaving.due_at <= now)
    )


def _erased_users() -> Iterator[tuple[register.Erased, datetime]]:
    query = (
        Leaving.select(User.id, User.created_at, User.erased_at)
        .join(User)
        .where(Leaving.done_at.is_null(False), User.erased_at.is_null(False))
        .distinct()
        .order_by(User.id)
    )
    for user_id, created_at, erased_at in query.tuples():
        mark = register.mark_of(user_id, created_at)
        yield register.Erased(user_id, mark), erased_at


def _delete_files(home: Path, user_id: int) -> None:
    """Delete what was drawn and written for the user outside the database."""
    receipt_copies.forget(home, user_id)
    _delete_mail_files(home / "mail", user_id)


def _delete_mail_files(folder: Path, user_id: int) -> None:
    """Delete the mails that lie as files; their names are the numbers of their rows."""
    if not folder.is_dir():
        return
    query = OutboxMessage.select(OutboxMessage.id).where(OutboxMessage.user == user_id)
    for (number,) in query.tuples():
        for suffix in ("eml", "part"):
            (folder / f"{number:08}.{suffix}").unlink(missing_ok=True)
