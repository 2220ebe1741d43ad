"""What every use case of requests begins and ends with: the row, its history, its log."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.period import local_day
from cabinet.domain.requests import OPEN, RequestAct
from cabinet.models import ServiceRequest, ServiceRequestStep
from cabinet.models.base import lock
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

#: What a decision changes of the row, and what taking it back restores. What somebody
#: typed is not among it: a history is never wiped.
_KEPT = ("state", "reason", "act", "planned_hours", "crew_id")
_KEPT_DAYS = ("due_on", "planned_on")


class RequestNotFoundError(NotFound):
    """There is no such request, or it is somebody else's."""


class ChangedMeanwhileError(ValueError):
    """Somebody decided on the request since the page was made."""


def find(public_id: UUID, *, locked: bool = False) -> ServiceRequest:
    """Return the row inside the open transaction; raises RequestNotFoundError."""
    query = ServiceRequest.select().where(ServiceRequest.public_id == public_id)
    row = (lock(query) if locked else query).first()
    if row is None:
        raise RequestNotFoundError(public_id)
    return row


def of_branch(
    member: Member, public_id: UUID, *, locked: bool = False
) -> ServiceRequest:
    """Return a request of the branches; raises RequestNotFoundError."""
    row = find(public_id, locked=locked)
    known = {branch_id for (branch_id,) in branches_of(member).tuples()}
    if row.branch_id not in known:
        raise RequestNotFoundError(public_id)
    return row


def check(row: ServiceRequest, version: int) -> None:
    """Raise ChangedMeanwhileError unless the row is as the page showed it."""
    if row.version != version:
        raise ChangedMeanwhileError(row.public_id)


def today_of(row: ServiceRequest, now: datetime) -> date:
    """Return the day it is where the branch is."""
    return local_day(now, ZoneInfo(row.branch.time_zone))


def slot_of(row: ServiceRequest) -> str:
    """Return what an account asks for once at a time."""
    return f"{row.account_id}:{row.kind}:{row.meter_id or 0}"


def snapshot(row: ServiceRequest) -> dict[str, object]:
    """Return what a decision is about to change."""
    days = {name: getattr(row, name) for name in _KEPT_DAYS}
    return {name: getattr(row, name) for name in _KEPT} | {
        name: day and day.isoformat() for name, day in days.items()
    }


def restore(row: ServiceRequest, before: dict[str, object]) -> None:
    """Let the row say again what it said."""
    for name in _KEPT:
        setattr(row, name, before[name])
    for name in _KEPT_DAYS:
        day = before[name]
        setattr(row, name, date.fromisoformat(day) if isinstance(day, str) else None)


def step(
    row: ServiceRequest,
    act: RequestAct,
    *,
    user_id: int | None,
    actor: Actor,
    now: datetime,
    before: dict[str, object] | None = None,
    **details: object,
) -> ServiceRequestStep:
    """Save the row and write the next line of its history and of the log.

    Inside the open transaction, with the row locked.
    """
    row.slot = slot_of(row) if row.state in OPEN else None
    row.changed_at = now
    row.version += 1
    row.save()
    made = ServiceRequestStep.create(
        request=row.id,
        number=row.version,
        act=act,
        state=row.state,
        at=now,
        user=user_id,
        details=details,
        before=before or {},
    )
    note(row, str(act), actor=actor, now=now, **details)
    return made


def note(
    row: ServiceRequest, action: str, *, actor: Actor, now: datetime, **details: object
) -> None:
    """Write down what was done with a request, inside the open transaction."""
    audit.record(
        actor,
        f"request.{action}",
        now=now,
        subject=f"request:{row.id}",
        account_id=row.account_id,
        **details,
    )
