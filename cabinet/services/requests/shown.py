"""A request as its two sides see it, with its history."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.period import local_day
from cabinet.domain.requests import (
    OPEN,
    WAITING,
    Hours,
    RequestAct,
    RequestKind,
    RequestState,
    told,
)
from cabinet.models import ServiceRequest, ServiceRequestStep, User


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A line of the history; `by` is the specialist, for specialists only."""

    act: RequestAct
    at: datetime
    by: str
    day: date | None
    hours: Hours | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A request. What its writer said of themselves is empty for anybody else.

    `is_own` tells a customer that it is the one they wrote.
    """

    public_id: UUID
    number: int
    kind: RequestKind
    state: RequestState
    serial: str
    first_choice: date | None
    second_choice: date | None
    hours: Hours
    phone: str
    words: str
    has_photo: bool
    created_at: datetime
    due_on: date
    planned_on: date | None
    planned_hours: Hours | None
    crew: str
    reason: str
    note: str
    act: str
    today: date
    zone: ZoneInfo
    branch: str
    branch_phone: str
    is_own: bool
    may_cancel: bool
    may_change: bool
    version: int
    steps: tuple[Step, ...] = ()


def shown(
    row: ServiceRequest,
    *,
    viewer_id: int | None = None,
    for_staff: bool = False,
    steps: Sequence[ServiceRequestStep] | None = None,
    now: datetime,
) -> Shown:
    """Return the request inside the open transaction.

    A customer is shown a decision when it can no longer be taken back. `steps` are the
    history, read here where they are not given.
    """
    steps = steps_of([row.id])[row.id] if steps is None else steps
    state = _state_of(row)
    if not for_staff:
        places, kept_back = told([(each.act, each.at) for each in steps], now)
        if kept_back is not None:
            state = _state_before(steps[kept_back])
        steps = [steps[place] for place in places]
    is_own = for_staff or (viewer_id is not None and row.asked_by_id == viewer_id)
    zone = ZoneInfo(row.branch.time_zone)
    return Shown(
        public_id=row.public_id,
        number=row.id,
        kind=row.kind,
        serial=row.meter.serial if row.meter_id else "",
        first_choice=row.first_choice,
        second_choice=row.second_choice,
        hours=row.hours,
        phone=row.phone if is_own else "",
        words=row.words if is_own else "",
        has_photo=is_own and row.photo_id is not None,
        created_at=row.created_at,
        state=state.state,
        due_on=state.due_on,
        planned_on=state.planned_on,
        planned_hours=state.planned_hours,
        reason=state.reason,
        note=state.note,
        act=state.act,
        crew=row.crew.name if row.crew_id and for_staff else "",
        today=local_day(now, zone),
        zone=zone,
        branch=row.branch.name,
        branch_phone=row.branch.phone,
        is_own=is_own,
        may_cancel=state.state in OPEN,
        may_change=state.state in WAITING,
        version=row.version,
        steps=tuple(_step(each, for_staff=for_staff) for each in steps),
    )


def steps_of(ids: Iterable[int]) -> dict[int, list[ServiceRequestStep]]:
    """Return the histories of the requests, inside the open transaction."""
    found: dict[int, list[ServiceRequestStep]] = defaultdict(list)
    query = (
        ServiceRequestStep.select(ServiceRequestStep, User)
        .left_outer_join(User)
        .where(ServiceRequestStep.request.in_(list(ids)))
        .order_by(ServiceRequestStep.request, ServiceRequestStep.number)
    )
    for each in query:
        found[each.request_id].append(each)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _State:
    """What a decision changes."""

    state: RequestState
    due_on: date
    planned_on: date | None
    planned_hours: Hours | None
    reason: str
    act: str
    note: str


def _state_of(row: ServiceRequest) -> _State:
    return _State(
        state=row.state,
        due_on=row.due_on,
        planned_on=row.planned_on,
        planned_hours=row.planned_hours,
        reason=row.reason,
        act=row.act,
        note=row.note,
    )


def _state_before(step: ServiceRequestStep) -> _State:
    """Return what the request said before the step; words to a customer are not kept."""
    was = step.before
    return _State(
        state=RequestState(was["state"]),
        due_on=date.fromisoformat(was["due_on"]),
        planned_on=_day(was["planned_on"]),
        planned_hours=_hours(was["planned_hours"]),
        reason=was["reason"],
        act=was["act"],
        note="",
    )


def last_step(row: ServiceRequest) -> ServiceRequestStep:
    """Return the newest line of the history, inside the open transaction."""
    return (
        ServiceRequestStep.select()
        .where(ServiceRequestStep.request == row.id)
        .order_by(ServiceRequestStep.number.desc())
        .get()
    )


def _step(step: ServiceRequestStep, *, for_staff: bool) -> Step:
    return Step(
        act=step.act,
        at=step.at,
        by=_name(step) if for_staff else "",
        day=_day(step.details.get("day")),
        hours=_hours(step.details.get("hours")),
    )


def _hours(text: str | None) -> Hours | None:
    return Hours(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _name(step: ServiceRequestStep) -> str:
    """Return the name of the specialist who did it; a customer's is not needed."""
    is_staff = step.user_id is not None and step.user.role.is_staff
    return str(step.user.name) if is_staff else ""
