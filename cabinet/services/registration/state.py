"""Where a request stands, as whoever made it is told."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import NotFound
from cabinet.domain.period import local_day
from cabinet.domain.registration import Refusal, RegistrationState
from cabinet.models import RegistrationRequest
from cabinet.models.base import lock, reading, writing
from cabinet.services import limits
from cabinet.services.dated_rules import working_calendar

#: A specialist may take a decision back so long; nobody is told of it before.
UNDO = timedelta(minutes=10)
ANSWER_WORKING_DAYS = 2
ANSWER_BY = time(18)
_MOST_DIGITS = 9


class RequestNotFoundError(NotFound):
    """There is no such request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as whoever made it may see it: nothing of what fitted."""

    public_id: UUID
    number: int
    state: RegistrationState
    email: str
    answer_by: datetime | None
    decided_at: datetime | None
    refusal: Refusal | None
    zone: ZoneInfo


def get_asked(public_id: UUID, *, now: datetime) -> Asked:
    """Return the request; raises RequestNotFoundError."""
    with reading():
        return shown(get_request(public_id), now=now)


def shown(row: RegistrationRequest, *, now: datetime) -> Asked:
    """Return the request as who made it may see it, inside the open transaction."""
    zone = ZoneInfo(row.branch.time_zone)
    state = told_state(row, now=now)
    is_refused = state is RegistrationState.REFUSED
    return Asked(
        public_id=row.public_id,
        number=row.id,
        state=state,
        email=row.email,
        answer_by=row.confirmed_at
        and answer_by(row.confirmed_at, zone, working_calendar()),
        decided_at=row.decided_at if state is row.state else None,
        refusal=Refusal(row.reason) if is_refused and row.reason else None,
        zone=zone,
    )


def get_request(public_id: UUID, *, locked: bool = False) -> RegistrationRequest:
    """Return the row inside the open transaction; raises RequestNotFoundError."""
    query = RegistrationRequest.select().where(
        RegistrationRequest.public_id == public_id
    )
    row = (lock(query) if locked else query).first()
    if row is None:
        raise RequestNotFoundError(public_id)
    return row


def find_state(
    number: str, email: str, *, address: str, pepper: str, now: datetime
) -> Asked:
    """Return the request of the number, if it came with that e-mail.

    Raises RequestNotFoundError, the same for both, and limits.TooManyAttemptsError.
    """
    with writing():
        limits.count(limits.REGISTRATION_STATE_HOUR, address, pepper=pepper, now=now)
        row = None
        if number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS:
            row = RegistrationRequest.get_or_none(
                RegistrationRequest.id == int(number),
                RegistrationRequest.email == email,
            )
        found = None if row is None else shown(row, now=now)
    if found is None:
        raise RequestNotFoundError(number)
    return found


def told_state(row: RegistrationRequest, *, now: datetime) -> RegistrationState:
    """Return the state, a decision only when it can no longer be taken back."""
    is_fresh = row.decided_at is not None and row.decided_by_id is not None
    if (
        row.state in (RegistrationState.OPENED, RegistrationState.REFUSED)
        and is_fresh
        and now < row.decided_at + UNDO
    ):
        return RegistrationState.WAITING
    return row.state


def answer_by(
    confirmed_at: datetime, zone: ZoneInfo, calendar: WorkingCalendar
) -> datetime:
    """Return by when a specialist answers: two working days later, at six."""
    day = calendar.working_day_after(local_day(confirmed_at, zone), ANSWER_WORKING_DAYS)
    return datetime.combine(day, ANSWER_BY, zone)
