"""Офисы: where customers come, when it is open, and whom they ring up."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import JOIN, Query

from cabinet.domain.announcements import Turn, turn_of
from cabinet.domain.errors import NotFound
from cabinet.domain.offices import Hours, Week, hours_of
from cabinet.domain.period import local_day
from cabinet.models import Branch, Office
from cabinet.models.base import reading
from cabinet.services.staff import Member, branches_of


class OfficeNotFoundError(NotFound):
    """There is no such office, or it is another branch's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An office; `phone` is empty where that of the branch is rung up."""

    public_id: UUID
    branch_code: str
    branch: str
    name: str
    address: str
    phone: str
    note: str
    position: int
    week: Week
    starts: date
    ends: date | None
    is_withdrawn: bool
    version: int

    def turn(self, day: date) -> Turn:
        """Tell whether it is to come, there, or no more."""
        return turn_of(self.starts, self.ends, day)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contacts:
    """A branch as customers ask for it; without an office it has its own address."""

    branch_id: int
    name: str
    phone: str
    hours: str
    email: str
    address: str
    zone: ZoneInfo
    places: tuple[Place, ...]
    coming: tuple[Place, ...]


class Kept:
    """The offices of the branches, held by a process until one of them changes.

    Each page says at its foot when an office is open: `version` comes with the account,
    so no page asks the database for what it had before.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, tuple[Place, ...]]] = {}

    def hours_on(
        self, branch_id: int, version: int, day: date
    ) -> tuple[Hours | None] | None:
        """Return the hours of the main office on a day, alone; None without an office."""
        version_known, places = self._known.get(branch_id, (None, ()))
        if version_known != version:
            places = offices_of(branch_id)
            self._known[branch_id] = version, places
        on = (place for place in places if place.turn(day) is Turn.ON)
        return next(((place.week.on(day),) for place in on), None)


def offices_of(branch_id: int) -> tuple[Place, ...]:
    """Return the offices of a branch, whenever they are, the main one first."""
    with reading():
        return tuple(shown(row) for row in _public().where(Office.branch == branch_id))


def contacts(*, now: datetime, first: int | None = None) -> tuple[Contacts, ...]:
    """Return every branch with its offices, by name; the branch `first` comes before all."""
    with reading():
        branches = list(Branch.select().order_by(Branch.name))
        places = [(row.branch_id, shown(row)) for row in _public()]
    found = [
        _contacts(branch, tuple(one for of, one in places if of == branch.id), now)
        for branch in branches
    ]
    return tuple(sorted(found, key=lambda one: one.branch_id != first))


def listed(member: Member) -> tuple[Place, ...]:
    """Return every office of the member's branches, also what was withdrawn."""
    with reading():
        return tuple(shown(row) for row in known(member))


def get(member: Member, public_id: UUID) -> Place:
    """Return one of the member's branches; raises OfficeNotFoundError."""
    with reading():
        return shown(find(member, public_id))


def find(member: Member, public_id: UUID) -> Office:
    """Return the row, inside the open transaction; raises OfficeNotFoundError."""
    row = known(member).where(Office.public_id == public_id).first()
    if row is None:
        raise OfficeNotFoundError(public_id)
    return row


def known(member: Member) -> Query:
    """Return the query of the offices of the member's branches."""
    return _all().where(Office.branch.in_(branches_of(member)))


def shown(row: Office) -> Place:
    """Return what a row with its branch says."""
    return Place(
        public_id=row.public_id,
        branch_code=row.branch.code,
        branch=row.branch.name,
        name=row.name,
        address=row.address,
        phone=row.phone,
        note=row.note,
        position=row.position,
        week=Week(
            tuple(hours_of(kept) for kept in row.week),
            {
                date.fromisoformat(day): hours_of(kept)
                for day, kept in row.others.items()
            },
        ),
        starts=row.starts,
        ends=row.ends,
        is_withdrawn=row.withdrawn_at is not None,
        version=row.version,
    )


def _all() -> Query:
    return (
        Office.select(Office, Branch)
        .join(Branch, JOIN.INNER)
        .order_by(Branch.name, Office.position, Office.starts, Office.id)
    )


def _public() -> Query:
    return _all().where(Office.withdrawn_at.is_null())


def _contacts(branch: Branch, places: tuple[Place, ...], now: datetime) -> Contacts:
    zone = ZoneInfo(branch.time_zone)
    today = local_day(now, zone)
    return Contacts(
        branch_id=branch.id,
        name=branch.name,
        phone=branch.phone,
        hours=branch.hours,
        email=branch.email,
        address=branch.address,
        zone=zone,
        places=tuple(one for one in places if one.turn(today) is Turn.ON),
        coming=tuple(one for one in places if one.turn(today) is Turn.TO_COME),
    )
