"""Офисы, as the office writes them: added, changed, moved from a day, withdrawn, restored."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from cabinet.domain.offices import Week
from cabinet.models import Branch, Office
from cabinet.models.base import lock, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.offices import OfficeNotFoundError, find
from cabinet.services.staff import Member, branches_of

MAX_NAME = 120
MAX_ADDRESS = 240
MAX_NOTE = 240
MAX_PHONE = 40

_DAY = timedelta(days=1)


class ChangedMeanwhileError(ValueError):
    """Somebody saved it since the page was made."""


class TooEarlyError(ValueError):
    """What takes an office's place begins no later than the office itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An office as it was typed."""

    branch: str
    name: str
    address: str
    phone: str
    note: str
    position: int
    week: Week
    starts: date
    ends: date | None


@keyed
def add(
    member: Member,
    draft: Draft,
    *,
    key: str,
    follows: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Keep an office, once for the key, and return its id.

    With `follows` it takes the place of another one of the branch, whose last day is then
    the one before. Raises OfficeNotFoundError for a branch or an office that is not the
    member's, TooEarlyError.
    """
    with writing():
        row = Office.get_or_none(Office.key == key)
        if row is None:
            former = None if follows is None else _own(member, follows)
            row = Office.create(
                public_id=uuid.uuid4(),
                key=key,
                follows=former,
                made_by=member.user_id,
                changed_at=now,
                **_values(member, draft),
            )
            _take_the_place(row, now)
            _note("office.added", row, actor, now)
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

    Raises OfficeNotFoundError, ChangedMeanwhileError and TooEarlyError.
    """
    with writing():
        row = _own(member, public_id)
        if row.version != version:
            raise ChangedMeanwhileError(public_id)
        _give_it_back(row, now)
        former_branch = row.branch_id
        for name, value in _values(member, draft).items():
            setattr(row, name, value)
        if row.follows_id is not None and row.branch_id != former_branch:
            row.follows = None
        if row.withdrawn_at is None:
            _take_the_place(row, now)
        _save(row, now)
        _tell(former_branch)
        _note("office.changed", row, actor, now)


def withdraw(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Show it no more; whose place it took is there again. Raises OfficeNotFoundError."""
    with writing():
        row = _own(member, public_id)
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            _give_it_back(row, now)
            _save(row, now)
            _note("office.withdrawn", row, actor, now)


def restore(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Show it again; raises OfficeNotFoundError and TooEarlyError."""
    with writing():
        row = _own(member, public_id)
        if row.withdrawn_at is not None:
            row.withdrawn_at = None
            _take_the_place(row, now)
            _save(row, now)
            _note("office.restored", row, actor, now)


def _own(member: Member, public_id: UUID) -> Office:
    lock(Office.select().where(Office.public_id == public_id)).first()
    return find(member, public_id)


def _values(member: Member, draft: Draft) -> dict[str, object]:
    branch = Branch.get_or_none(
        Branch.code == draft.branch, Branch.id.in_(branches_of(member))
    )
    if branch is None:
        raise OfficeNotFoundError(draft.branch)
    return {
        "branch": branch,
        "name": draft.name,
        "address": draft.address,
        "phone": draft.phone,
        "note": draft.note,
        "position": draft.position,
        "week": [hours and hours.kept for hours in draft.week.days],
        "others": {
            day.isoformat(): hours and hours.kept
            for day, hours in draft.week.others.items()
        },
        "starts": draft.starts,
        "ends": draft.ends,
    }


def _take_the_place(row: Office, now: datetime) -> None:
    """End whose place it takes on the day before it begins."""
    former = row.follows
    if former is None:
        return
    if row.starts <= former.starts:
        raise TooEarlyError(row.starts)
    if former.ends is None or former.ends >= row.starts:
        former.ends = row.starts - _DAY
        _save(former, now)


def _give_it_back(row: Office, now: datetime) -> None:
    """Let whose place it took be there as long as it would have been."""
    former = row.follows
    if former is not None and former.ends == row.starts - _DAY:
        former.ends = row.ends
        _save(former, now)


def _save(row: Office, now: datetime) -> None:
    row.changed_at = now
    row.version += 1
    row.save()


def _tell(branch_id: int) -> None:
    """Let every process see that what it holds of a branch is old."""
    later = {Branch.offices_version: Branch.offices_version + 1}
    Branch.update(later).where(Branch.id == branch_id).execute()


def _note(action: str, row: Office, actor: Actor, now: datetime) -> None:
    _tell(row.branch_id)
    audit.record(
        actor,
        action,
        now=now,
        subject=f"office:{row.id}",
        version=row.version,
        starts=row.starts.isoformat(),
        ends=row.ends.isoformat() if row.ends else None,
    )
