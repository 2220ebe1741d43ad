"""The audit log as admins read it: of a day or of an account, and every look is in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import JOIN

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import Account, AuditEntry, User
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor

PAGE = 50
#: Rows of a file at most: a day of a large office.
MOST = 50_000


class PersonUnknownError(NotFound):
    """Nobody signs in with this e-mail."""


class AccountUnknownError(NotFound):
    """There is no such account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which entries: of an account with its number, else of a day; `before` an entry.

    `group` is what stands before the dot of an act.
    """

    day: date
    zone: ZoneInfo
    email: str = ""
    group: str = ""
    number: str = ""
    before: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An entry; customers are told by their number only, staff by name."""

    entry_id: int
    at: datetime
    who: str
    role: Role | None
    user_id: int | None
    action: str
    subject: str
    account_id: int | None
    details: str

    @property
    def group(self) -> str:
        """Return what stands before the dot."""
        return self.action.partition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A page of entries, the newest first; `older` is from where the next goes on."""

    lines: tuple[Line, ...]
    older: int | None


def look(wanted: Wanted, *, actor: Actor, now: datetime) -> Found:
    """Return a page; that it was looked at is written down.

    Raises PersonUnknownError and AccountUnknownError.
    """
    with reading():
        query, who, account = _asked(wanted)
        rows = list(query.limit(PAGE + 1).objects())
    _note("log.looked", wanted, who, account, actor=actor, now=now)
    lines = tuple(_line(row) for row in rows[:PAGE])
    return Found(lines=lines, older=lines[-1].entry_id if len(rows) > PAGE else None)


def take(wanted: Wanted, *, actor: Actor, now: datetime) -> Iterator[Line]:
    """Return the entries for a file; that they were taken is written down.

    Raises PersonUnknownError and AccountUnknownError.
    """
    with reading():
        query, who, account = _asked(wanted)
        rows = list(query.limit(MOST).objects())
    _note("log.taken", wanted, who, account, actor=actor, now=now)
    return (_line(row) for row in rows)


def _asked(wanted: Wanted) -> tuple[Any, int | None, int | None]:
    """Return the query, and the person and the account it is about."""
    query = (
        AuditEntry.select(AuditEntry, User.name.alias("who"), User.role.alias("role"))
        .join(User, JOIN.LEFT_OUTER, on=(AuditEntry.actor_id == User.id))
        .order_by(AuditEntry.id.desc())
    )
    who = account = None
    if wanted.number:
        account = Account.select(Account.id).where(Account.number == wanted.number)
        account = account.scalar()
        if account is None:
            raise AccountUnknownError(wanted.number)
        query = query.where(AuditEntry.account_id == account)
    else:
        begins = datetime.combine(wanted.day, time(), wanted.zone)
        ends = datetime.combine(wanted.day + timedelta(days=1), time(), wanted.zone)
        query = query.where(
            AuditEntry.at >= begins.astimezone(UTC),
            AuditEntry.at < ends.astimezone(UTC),
        )
    if wanted.email:
        email = wanted.email.strip().casefold()
        who = User.select(User.id).where(User.email == email).scalar()
        if who is None:
            raise PersonUnknownError(wanted.email)
        query = query.where(AuditEntry.actor_id == who)
    if wanted.group:
        query = query.where(AuditEntry.action.startswith(f"{wanted.group}."))
    if wanted.before is not None:
        query = query.where(AuditEntry.id < wanted.before)
    return query, who, account


def _note(
    action: str,
    wanted: Wanted,
    who: int | None,
    account: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    with writing():
        audit.record(
            actor,
            action,
            now=now,
            subject=f"user:{who}" if who else "",
            account_id=account,
            day="" if account else wanted.day.isoformat(),
            group=wanted.group,
        )


def _line(row: Any) -> Line:
    role = Role(row.role) if row.role else None
    return Line(
        entry_id=row.id,
        at=row.at,
        who=row.who if role is not None and role.is_staff else "",
        role=role,
        user_id=row.actor_id,
        action=row.action,
        subject=row.subject,
        account_id=row.account_id,
        details=_told(row.details),
    )


def _told(details: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in details.items()
        if value not in ("", None)
    )
