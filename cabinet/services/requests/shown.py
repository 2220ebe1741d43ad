"""A request as its two sides see it, with its history."""

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
    with_steps: bool = True,
    now: datetime,
) -> Shown:
    """Return the request inside the open transaction."""
    is_own = for_staff or (viewer_id is not None and row.asked_by_id == viewer_id)
    zone = ZoneInfo(row.branch.time_zone)
    return Shown(
        public_id=row.public_id,
        number=row.id,
        kind=row.kind,
        state=row.state,
        serial=row.meter.serial if row.meter_id else "",
        first_choice=row.first_choice,
        second_choice=row.second_choice,
        hours=row.hours,
        phone=row.phone if is_own else "",
        words=row.words if is_own else "",
        has_photo=is_own and row.photo_id is not None,
        created_at=row.created_at,
        due_on=row.due_on,
        planned_on=row.planned_on,
        planned_hours=row.planned_hours,
        crew=row.crew.name if row.crew_id and for_staff else "",
        reason=row.reason,
        note=row.note,
        act=row.act,
        today=local_day(now, zone),
        zone=zone,
        branch=row.branch.name,
        branch_phone=row.branch.phone,
        is_own=is_own,
        may_cancel=row.state in OPEN,
        may_change=row.state in WAITING,
        version=row.version,
        steps=_steps(row, for_staff=for_staff) if with_steps else (),
    )


def last_step(row: ServiceRequest) -> ServiceRequestStep:
    """Return the newest line of the history, inside the open transaction."""
    return (
        ServiceRequestStep.select()
        .where(ServiceRequestStep.request == row.id)
        .order_by(ServiceRequestStep.number.desc())
        .get()
    )


def _steps(row: ServiceRequest, *, for_staff: bool) -> tuple[Step, ...]:
    query = (
        ServiceRequestStep.select(ServiceRequestStep, User)
        .left_outer_join(User)
        .where(ServiceRequestStep.request == row.id)
        .order_by(ServiceRequestStep.number)
    )
    return tuple(
        Step(
            act=each.act,
            at=each.at,
            by=_name(each) if for_staff else "",
            day=_day(each.details.get("day")),
            hours=Hours(each.details["hours"]) if each.details.get("hours") else None,
        )
        for each in query
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _name(step: ServiceRequestStep) -> str:
    """Return the name of the specialist who did it; a customer's is not needed."""
    is_staff = step.user_id is not None and step.user.role.is_staff
    return str(step.user.name) if is_staff else ""
