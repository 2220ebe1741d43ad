"""Who works here: invited by a letter, given a role and branches, let in and kept out.

Nobody changes their own role, and an admin who can sign in is left always: whoever would
be the last one is found with all admins locked, so that two who take the role from one
another at the same moment do so one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError, fn

from cabinet.domain.people import STAFF, Role
from cabinet.domain.registration import TokenPurpose
from cabinet.models import (
    Branch,
    SecondFactor,
    Session,
    SettingChange,
    StaffBranch,
    User,
)
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit, outbox, sessions, setting_changes, tokens
from cabinet.services.audit import Actor
from cabinet.services.staff import (
    EmailTakenError,
    LastAdminError,
    Member,
    StaffUnknownError,
    branches_by_code,
    id_of,
    lock_with_admins,
    put_in,
)

MAIL = "staff_invited"
LinkOf = Callable[[str], str]


class OwnRoleError(ValueError):
    """Nobody changes their own role, nor keeps themselves out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A member of staff as admins see them."""

    user_id: int
    name: str
    email: str
    role: Role
    branches: tuple[str, ...]
    is_enabled: bool
    is_invited: bool
    has_factor: bool
    seen_at: datetime | None
    version: int

    @property
    def subject(self) -> str:
        """Return how changes name the person."""
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """Whom a letter is sent to, and what they may do."""

    email: str
    name: str
    role: Role
    branches: tuple[str, ...]


def people() -> tuple[Person, ...]:
    """Return everybody of the back office, who is let in first, by name."""
    with reading():
        return tuple(_people(list(_staff())))


def person(user_id: int) -> Person:
    """Return one of them; raises StaffUnknownError."""
    with reading():
        found = tuple(_people(list(_staff().where(User.id == user_id))))
        if not found:
            raise StaffUnknownError(user_id)
        return found[0]


def invite(who: Invited, *, link_of: LinkOf, actor: Actor, now: datetime) -> int:
    """Add somebody without a password and mail them a link to choose one.

    The same invitation again is the same one. Raises EmailTakenError,
    BranchUnknownError.
    """
    email = who.email.strip().casefold()
    values = _values(who.role, who.branches, is_enabled=True)
    with writing():
        known = User.get_or_none(User.email == email)
        if known is not None:
            if known.role.is_staff and _now(known) == values and _waits(known):
                return int(known.id)
            raise EmailTakenError(email)
        try:
            with database.savepoint():
                user = User.create(
                    email=email, name=who.name, role=who.role, created_at=now
                )
        except IntegrityError as error:
            raise EmailTakenError(email) from error
        put_in(user.id, who.branches)
        setting_changes.write(f"user:{user.id}", {}, values, actor=actor, now=now)
        audit.record(
            actor,
            "staff.added",
            now=now,
            subject=f"user:{user.id}",
            role=str(who.role),
        )
        _send(user, link_of, now)
        return int(user.id)


def invite_again(user_id: int, *, link_of: LinkOf, actor: Actor, now: datetime) -> None:
    """Send another link to who has chosen no password yet; the older is void.

    Raises StaffUnknownError.
    """
    with writing():
        user = lock(_staff().where(User.id == user_id)).first()
        if user is None or not _waits(user):
            raise StaffUnknownError(user_id)
        _send(user, link_of, now)
        audit.record(actor, "staff.invited_again", now=now, subject=f"user:{user_id}")


def change(
    member: Member,
    user_id: int,
    *,
    role: Role,
    branches: Sequence[str],
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Give somebody a role and branches; their sessions end.

    Raises StaffUnknownError, OwnRoleError, LastAdminError, BranchUnknownError and
    ChangedMeanwhileError.
    """
    with writing():
        user = _other(member, user_id)
        wanted = {"role": str(role), "branches": sorted(branches)}
        if _now(user) != _now(user) | wanted:
            setting_changes.check_version(f"user:{user_id}", version)
            _put(user, wanted, actor=actor, now=now)


def change_role(
    email: str, role: Role, *, branches: tuple[str, ...], now: datetime
) -> int:
    """Give a member of staff another role and branches by command; return the user's id.

    Their sessions end, so that nothing of the earlier role stays open. Raises
    StaffUnknownError, LastAdminError or BranchUnknownError; a customer never becomes
    staff.
    """
    with writing():
        user_id = id_of(email)
        user = next(one for one in lock_with_admins(user_id) if one.id == user_id)
        wanted = {"role": str(role), "branches": sorted(branches)}
        _put(user, wanted, actor=audit.SYSTEM, now=now)
        sessions.end_all(user_id, now=now)
    return user_id


def let_in(
    member: Member, user_id: int, *, is_enabled: bool, actor: Actor, now: datetime
) -> None:
    """Keep somebody out, all sessions and links included, or let them in again.

    Raises StaffUnknownError, OwnRoleError and LastAdminError.
    """
    with writing():
        user = _other(member, user_id)
        _put(user, {"is_enabled": is_enabled}, actor=actor, now=now)


def end_sessions(user_id: int, *, actor: Actor, now: datetime) -> int:
    """End somebody's sessions and return how many; raises StaffUnknownError."""
    with writing():
        if not _staff().where(User.id == user_id).exists():
            raise StaffUnknownError(user_id)
        ended = sessions.end_all(user_id, now=now)
        audit.record(
            actor,
            "staff.sessions_ended",
            now=now,
            subject=f"user:{user_id}",
            count=ended,
        )
    return ended


def put_back(
    member: Member, change: SettingChange, *, actor: Actor, now: datetime
) -> None:
    """Make somebody what a change had found, inside the open transaction.

    Who was not there before is kept out. Raises what `change` does.
    """
    user = _other(member, int(change.subject.partition(":")[2]))
    last = setting_changes.get_last(change.id)
    is_first = last.before.get("role", "") is None
    values = {"is_enabled": False} if is_first else dict(last.before)
    _put(user, values, actor=actor, now=now, reverts=last.id)


def _put(
    user: User,
    wanted: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reverts: int | None = None,
) -> None:
    """Make the person so inside the transaction that holds all admins."""
    before = _now(user)
    after = before | wanted
    stays = after["role"] == Role.ADMIN and after["is_enabled"]
    if _counts(user) and not stays and not _other_admins(user):
        raise LastAdminError(user.id)
    subject = f"user:{user.id}"
    if not setting_changes.write(
        subject, before, after, actor=actor, now=now, reverts=reverts
    ):
        return
    User.update(
        role=Role(after["role"]),
        disabled_at=None if after["is_enabled"] else user.disabled_at or now,
    ).where(User.id == user.id).execute()
    StaffBranch.delete().where(StaffBranch.user == user.id).execute()
    put_in(user.id, tuple(after["branches"]))
    sessions.end_all(user.id, now=now)
    if not after["is_enabled"]:
        tokens.void(user.id, now=now)
    setting_changes.note(subject, "staff.set", before, after, actor=actor, now=now)


def _other(member: Member, user_id: int) -> User:
    """Return somebody else of the staff, with all admins locked."""
    found = {user.id: user for user in lock_with_admins(user_id)}
    acting, user = found.get(member.user_id), found.get(user_id)
    if acting is None or acting.role is not Role.ADMIN or acting.disabled_at:
        # Whoever acts was an admin when the page was asked for, and is none now.
        raise StaffUnknownError(user_id)
    if user is None or not user.role.is_staff or user.erased_at is not None:
        raise StaffUnknownError(user_id)
    if user.id == member.user_id:
        raise OwnRoleError(user_id)
    return user


def _other_admins(user: User) -> bool:
    return bool(
        User.select()
        .where(
            User.role == Role.ADMIN,
            User.id != user.id,
            User.disabled_at.is_null(),
            User.password_hash.is_null(False),
        )
        .exists()
    )


def _counts(user: User) -> bool:
    """Tell whether the person is an admin who can sign in."""
    return (
        user.role is Role.ADMIN
        and user.disabled_at is None
        and user.password_hash is not None
    )


def _waits(user: User) -> bool:
    return user.password_hash is None and user.disabled_at is None


def _values(role: Role, branches: Sequence[str], *, is_enabled: bool) -> dict[str, Any]:
    branches_by_code(branches)
    return {
        "role": str(role),
        "branches": sorted(branches),
        "is_enabled": is_enabled,
    }


def _now(user: User) -> dict[str, Any]:
    return {
        "role": str(user.role),
        "branches": sorted(_codes(user.id)),
        "is_enabled": user.disabled_at is None,
    }


def _codes(user_id: int) -> list[str]:
    return _branches([user_id]).get(user_id, [])


def _branches(ids: list[int]) -> dict[int, list[str]]:
    query = (
        StaffBranch.select(StaffBranch.user, Branch.code)
        .join(Branch)
        .where(StaffBranch.user.in_(ids))
        .order_by(Branch.code)
    )
    found: dict[int, list[str]] = {}
    for user_id, code in query.tuples():
        found.setdefault(user_id, []).append(code)
    return found


def _staff() -> Any:
    return (
        User.select()
        .where(User.role.in_(STAFF), User.erased_at.is_null())
        .order_by(User.disabled_at.is_null().desc(), User.name, User.id)
    )


def _people(users: list[User]) -> Iterator[Person]:
    """Yield what is shown of them, inside the open transaction."""
    ids = [user.id for user in users]
    seen = dict(
        Session.select(Session.user, fn.MAX(Session.last_seen_at))
        .where(Session.user.in_(ids), Session.has_factor)
        .group_by(Session.user)
        .tuples()
    )
    shown = SecondFactor.select(SecondFactor.user).where(
        SecondFactor.user.in_(ids), SecondFactor.confirmed_at.is_null(False)
    )
    factors = {user_id for (user_id,) in shown.tuples()}
    subjects = [f"user:{user_id}" for user_id in ids]
    last = (
        SettingChange.select(SettingChange.subject, fn.MAX(SettingChange.id))
        .where(SettingChange.subject.in_(subjects))
        .group_by(SettingChange.subject)
    )
    versions = dict(last.tuples())
    branches = _branches(ids)
    for user in users:
        yield Person(
            user_id=user.id,
            name=user.name,
            email=user.email or "",
            role=user.role,
            branches=tuple(branches.get(user.id, ())),
            is_enabled=user.disabled_at is None,
            is_invited=user.password_hash is None,
            has_factor=user.id in factors,
            seen_at=seen.get(user.id),
            version=versions.get(f"user:{user.id}", 0),
        )


def _send(user: User, link_of: LinkOf, now: datetime) -> None:
    """Write the letter with a link that works once."""
    secret = tokens.issue(TokenPurpose.SET_PASSWORD, user_id=user.id, now=now)
    outbox.put(
        MAIL,
        key=f"{MAIL}:{tokens.hash_of(secret)}",
        recipient=user.email,
        context={"link": link_of(secret), "name": user.name},
        user_id=user.id,
        is_secret=True,
        now=now,
    )
