"""Crews of the branches, and how full each day of theirs is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import Query, fn

from cabinet.domain.errors import NotFound
from cabinet.domain.period import local_day
from cabinet.domain.requests import RequestState, Shift, room, works
from cabinet.models import Branch, Crew, ServiceRequest
from cabinet.models.base import lock, reading, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.staff import Member, branches_of

MAX_NAME = 80
MOST_VISITS = 50
#: Working days whose room is shown beside the form of planning.
DAYS_AHEAD = 10


class CrewNotFoundError(NotFound):
    """There is no such crew, or it is another branch's."""


class CrewBusyError(ValueError):
    """Visits are planned after the day a crew is to end on; carries how many."""

    def __init__(self, visits: int) -> None:
        super().__init__(str(visits))
        self.visits = visits


@dataclass(frozen=True, kw_only=True, slots=True)
class CrewLine:
    """A crew on the list of crews; `visits` is of one day."""

    crew_id: int
    name: str
    branch: str
    starts: date
    ends: date | None
    visits: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """How many visits a crew has on a day, and how many it can make."""

    crew_id: int
    name: str
    taken: int
    most: int

    @property
    def is_full(self) -> bool:
        """Tell whether the crew can make no visit more."""
        return self.taken >= self.most


@dataclass(frozen=True, slots=True)
class DayLoad:
    """A working day with the crews of it."""

    day: date
    loads: tuple[Load, ...]


def list_of(member: Member) -> tuple[CrewLine, ...]:
    """Return the crews of the member's branches, those that work before the others."""
    with reading():
        query = (
            Crew.select(Crew, Branch)
            .join(Branch)
            .where(Crew.branch.in_(branches_of(member)))
            .order_by(Crew.ends.is_null(False), Branch.name, Crew.name, Crew.id)
        )
        return tuple(
            CrewLine(
                crew_id=row.id,
                name=row.name,
                branch=row.branch.name,
                starts=row.starts,
                ends=row.ends,
                visits=row.visits,
            )
            for row in query
        )


@keyed
def add(
    member: Member,
    name: str,
    *,
    branch: str,
    starts: date,
    visits: int,
    key: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Add a crew, once for the key; raises CrewNotFoundError for another's branch."""
    with writing():
        if Crew.select().where(Crew.key == key).exists():
            return
        office = Branch.get_or_none(
            Branch.code == branch, Branch.id.in_(branches_of(member))
        )
        if office is None:
            raise CrewNotFoundError(branch)
        row = Crew.create(
            branch=office,
            key=key,
            name=name,
            starts=starts,
            visits=visits,
            created_at=now,
        )
        audit.record(
            actor, "crew.added", now=now, subject=f"crew:{row.id}", visits=visits
        )


def end(member: Member, crew_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the crew's last day be today; raises CrewNotFoundError and CrewBusyError."""
    with writing():
        row = locked(crew_id, branches_of(member))
        today = local_day(now, ZoneInfo(row.branch.time_zone))
        later = _visits().where(
            ServiceRequest.crew == row.id, ServiceRequest.planned_on > today
        )
        if later.count():
            raise CrewBusyError(later.count())
        row.ends = max(today, row.starts)
        row.save()
        audit.record(actor, "crew.ended", now=now, subject=f"crew:{row.id}")


def resume(member: Member, crew_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a crew that was ended work on; raises CrewNotFoundError."""
    with writing():
        row = locked(crew_id, branches_of(member))
        if row.ends is None:
            return
        row.ends = None
        row.save()
        audit.record(actor, "crew.resumed", now=now, subject=f"crew:{row.id}")


def locked(crew_id: int | None, branches: object) -> Crew:
    """Return a crew of the branches, locked so that its days fill one after the other.

    Inside the open transaction. Raises CrewNotFoundError.
    """
    query = Crew.select().where(Crew.id == crew_id, Crew.branch.in_(branches))
    row = lock(query).first()
    if row is None:
        raise CrewNotFoundError(crew_id)
    return row


def shift_of(row: Crew) -> Shift:
    """Return when the crew works."""
    return Shift(starts=row.starts, ends=row.ends, visits=row.visits)


def room_of(row: Crew, day: date, *, apart_from: int) -> int:
    """Return how many visits more the crew can make, not counting one request."""
    taken = (
        _visits()
        .where(
            ServiceRequest.crew == row.id,
            ServiceRequest.planned_on == day,
            ServiceRequest.id != apart_from,
        )
        .count()
    )
    return room(shift_of(row), day, taken)


def ahead(branch_id: int, today: date) -> tuple[DayLoad, ...]:
    """Return the next working days with the crews of each, inside the transaction."""
    calendar = working_calendar()
    days = [calendar.not_before(today)]
    while len(days) < DAYS_AHEAD:
        days.append(calendar.working_day_after(days[-1], 1))
    crews = crews_of(branch_id)
    taken = _taken([row.id for row in crews], days)
    return tuple(
        DayLoad(
            day,
            tuple(
                Load(
                    crew_id=row.id,
                    name=row.name,
                    taken=taken[row.id, day],
                    most=row.visits,
                )
                for row in crews
                if works(shift_of(row), day)
            ),
        )
        for day in days
    )


def crews_of(branch_id: int) -> list[Crew]:
    """Return the crews of a branch by name, inside the open transaction."""
    query = Crew.select().where(Crew.branch == branch_id)
    return list(query.order_by(Crew.name, Crew.id))


def _taken(crews: Iterable[int], days: list[date]) -> Counter[tuple[int, date]]:
    query = (
        ServiceRequest.select(
            ServiceRequest.crew, ServiceRequest.planned_on, fn.COUNT(ServiceRequest.id)
        )
        .where(
            ServiceRequest.state == RequestState.PLANNED,
            ServiceRequest.crew.in_(list(crews)),
            ServiceRequest.planned_on.between(days[0], days[-1]),
        )
        .group_by(ServiceRequest.crew, ServiceRequest.planned_on)
    )
    return Counter({(crew, day): count for crew, day, count in query.tuples()})


def _visits() -> Query:
    return ServiceRequest.select().where(ServiceRequest.state == RequestState.PLANNED)
