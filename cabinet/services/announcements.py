"""Объявления: what everybody reads, and how the office writes it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from peewee import Query

from cabinet.domain.announcements import AnnouncementKind, Turn, turn_of
from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import Announcement, Branch
from cabinet.models.base import lock, reading, writing
from cabinet.models.hot import Hot
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

MAX_TITLE = 160
MAX_TEXT = 10_000
#: On a page; older ones are seldom looked for.
MOST = 100


class AnnouncementNotFoundError(NotFound):
    """There is no such announcement, it is not shown, or it is another branch's."""


class ChangedMeanwhileError(ValueError):
    """Somebody saved it since the page was made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An announcement; `branch` is empty for all of them."""

    public_id: UUID
    kind: AnnouncementKind
    branch_code: str
    branch: str
    title: str
    text: str
    whom: str
    papers: str
    law: str
    starts: date
    ends: date | None
    turn: Turn
    is_withdrawn: bool
    version: int
    may_change: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An announcement as it was typed; an empty `branch` is all of them."""

    kind: AnnouncementKind
    branch: str
    title: str
    text: str
    starts: date
    ends: date | None
    whom: str = ""
    papers: str = ""
    law: str = ""


def shown_to(branch_id: int | None, *, day: date) -> tuple[Shown, ...]:
    """Return what is on for a branch, outages first; None is for who has no account."""
    query = _on(day)
    if branch_id is not None:
        query = query.where(
            Announcement.branch.is_null() | (Announcement.branch == branch_id)
        )
    with reading():
        rows = [_shown(row, day) for row in query.limit(MOST)]
    return tuple(sorted(rows, key=lambda one: one.kind is not AnnouncementKind.OUTAGE))


def outages_of(branch_id: int, *, day: date) -> tuple[tuple[UUID, str], ...]:
    """Return id and title of the planned outages that are told of a branch now."""
    return tuple(_OUTAGES(branch_id, day, day))


def get_shown(public_id: UUID, *, day: date) -> Shown:
    """Return one that is on; raises AnnouncementNotFoundError."""
    with reading():
        row = _on(day).where(Announcement.public_id == public_id).first()
        if row is None:
            raise AnnouncementNotFoundError(public_id)
        return _shown(row, day)


def listed(
    member: Member, *, day: date, are_benefits: bool = False
) -> tuple[Shown, ...]:
    """Return the benefits, or all else, of the member's branches and of all of them.

    The newest come first.
    """
    of_benefits = Announcement.kind == AnnouncementKind.BENEFIT
    query = (
        _all()
        .where(_is_known(member), of_benefits if are_benefits else ~of_benefits)
        .order_by(Announcement.starts.desc(), Announcement.id.desc())
        .limit(MOST)
    )
    with reading():
        return tuple(_shown(row, day, member) for row in query)


def get(member: Member, public_id: UUID, *, day: date) -> Shown:
    """Return one the member may look at; raises AnnouncementNotFoundError."""
    with reading():
        return _shown(_find(member, public_id), day, member)


@keyed
def add(member: Member, draft: Draft, *, key: str, actor: Actor, now: datetime) -> UUID:
    """Keep an announcement, once for the key, and return its id.

    Raises AnnouncementNotFoundError for a branch that is not the member's.
    """
    with writing():
        row = Announcement.get_or_none(Announcement.key == key)
        if row is None:
            row = Announcement.create(
                public_id=uuid.uuid4(),
                key=key,
                made_by=member.user_id,
                changed_at=now,
                **_values(member, draft),
            )
            _note("announcement.added", row, actor, now)
    return UUID(str(row.public_id))


def change(
    member: Member,
    public_id: UUID,
    version: int,
    draft: Draft,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Save what was typed.

    Raises AnnouncementNotFoundError and ChangedMeanwhileError.
    """
    with writing():
        row = _own(member, public_id)
        if row.version != version:
            raise ChangedMeanwhileError(public_id)
        for name, value in _values(member, draft).items():
            setattr(row, name, value)
        _save(row, now)
        _note("announcement.changed", row, actor, now)


def withdraw(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Show it no more; it can be shown again. Raises AnnouncementNotFoundError."""
    with writing():
        row = _own(member, public_id)
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            _save(row, now)
            _note("announcement.withdrawn", row, actor, now)


def restore(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Show it again; raises AnnouncementNotFoundError."""
    with writing():
        row = _own(member, public_id)
        if row.withdrawn_at is not None:
            row.withdrawn_at = None
            _save(row, now)
            _note("announcement.restored", row, actor, now)


def _all() -> Query:
    return Announcement.select(Announcement, Branch).left_outer_join(Branch)


def _on(day: date) -> Query:
    return (
        _all()
        .where(
            Announcement.withdrawn_at.is_null(),
            Announcement.starts <= day,
            Announcement.ends.is_null() | (Announcement.ends >= day),
        )
        .order_by(Announcement.starts.desc(), Announcement.id.desc())
    )


_OUTAGES = Hot(
    lambda branch_id, starts, ends: (
        Announcement.select(Announcement.public_id, Announcement.title)
        .where(
            Announcement.kind == AnnouncementKind.OUTAGE,
            Announcement.branch.is_null() | (Announcement.branch == branch_id),
            Announcement.withdrawn_at.is_null(),
            Announcement.starts <= starts,
            Announcement.ends.is_null() | (Announcement.ends >= ends),
        )
        .order_by(Announcement.starts.desc(), Announcement.id.desc())
        .tuples()
    ),
    Announcement.branch,
    Announcement.starts,
    Announcement.ends,
)


def _is_known(member: Member) -> object:
    return Announcement.branch.is_null() | Announcement.branch.in_(branches_of(member))


def _find(member: Member, public_id: UUID) -> Announcement:
    row = _all().where(Announcement.public_id == public_id, _is_known(member)).first()
    if row is None:
        raise AnnouncementNotFoundError(public_id)
    return row


def _own(member: Member, public_id: UUID) -> Announcement:
    """Return the row to be changed, locked: that of all branches only an admin may."""
    lock(Announcement.select().where(Announcement.public_id == public_id)).first()
    row = _find(member, public_id)
    if row.branch_id is None and member.role is not Role.ADMIN:
        raise AnnouncementNotFoundError(public_id)
    return row


def _values(member: Member, draft: Draft) -> dict[str, object]:
    office = Branch.get_or_none(
        Branch.code == draft.branch, Branch.id.in_(branches_of(member))
    )
    if office is None and (draft.branch or member.role is not Role.ADMIN):
        raise AnnouncementNotFoundError(draft.branch)
    return {
        "kind": draft.kind,
        "branch": office,
        "title": draft.title,
        "text": draft.text,
        "whom": draft.whom,
        "papers": draft.papers,
        "law": draft.law,
        "starts": draft.starts,
        "ends": draft.ends,
    }


def _save(row: Announcement, now: datetime) -> None:
    row.changed_at = now
    row.version += 1
    row.save()


def _note(action: str, row: Announcement, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        action,
        now=now,
        subject=f"announcement:{row.id}",
        version=row.version,
        starts=row.starts.isoformat(),
        ends=row.ends.isoformat() if row.ends else None,
    )


def _shown(row: Announcement, day: date, member: Member | None = None) -> Shown:
    is_of_all = row.branch_id is None
    return Shown(
        public_id=row.public_id,
        kind=row.kind,
        branch_code="" if is_of_all else row.branch.code,
        branch="" if is_of_all else row.branch.name,
        title=row.title,
        text=row.text,
        whom=row.whom,
        papers=row.papers,
        law=row.law,
        starts=row.starts,
        ends=row.ends,
        turn=turn_of(row.starts, row.ends, day),
        is_withdrawn=row.withdrawn_at is not None,
        version=row.version,
        may_change=member is not None and (not is_of_all or member.role is Role.ADMIN),
    )
