"""What waits for specialists, what is due first before the rest; and one request."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import Query

from cabinet.domain.questions import Urgency, urgency
from cabinet.domain.requests import (
    OPEN,
    WAITING,
    Hours,
    RequestKind,
    RequestState,
    may,
)
from cabinet.models import Account, Branch, Crew, Meter, ServiceRequest
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.requests import crews, deciding, finishing, looking, rows
from cabinet.services.requests.crews import DayLoad
from cabinet.services.requests.looking import MeterChoice, Photo
from cabinet.services.requests.shown import Shown, shown
from cabinet.services.staff import Member, branches_of

PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A request in the queue."""

    public_id: UUID
    number: int
    kind: RequestKind
    state: RequestState
    branch: str
    account_number: str
    address: str
    created_at: datetime
    due_on: date
    urgency: Urgency
    planned_on: date | None
    planned_hours: Hours | None
    crew: str
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The first of what was asked for, and how many there are in each state."""

    rows: tuple[Row, ...]
    counts: dict[RequestState, int]
    is_cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterFacts:
    """The meter of a request, as far as finishing needs it."""

    serial: str
    zones: int
    digits: int
    decimals: int
    ratio: int
    verified_until: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A request as a specialist works on it, with the room of the next days.

    `following` is what waits for a day next, once this one does not.
    """

    request: Shown
    urgency: Urgency
    account_number: str
    holder: str
    address: str
    account_phone: str
    branch_code: str
    meter: MeterFacts | None
    days: tuple[DayLoad, ...]
    may_plan: bool
    may_refuse: bool
    may_miss: bool
    may_finish: bool
    may_undo: bool
    following: tuple[UUID, int] | None


def queue(
    member: Member,
    *,
    state: RequestState | None = None,
    kind: RequestKind | None = None,
    actor: Actor,
    now: datetime,
) -> Queue:
    """Return what is not over in the member's branches, or what is in the state.

    Whose requests were looked at is noted, an entry an account.
    """
    with writing():
        mine = ServiceRequest.branch.in_(branches_of(member))
        of_kind = [] if kind is None else [ServiceRequest.kind == kind]
        chosen = (
            ServiceRequest.state.in_(list(OPEN))
            if state is None
            else ServiceRequest.state == state
        )
        is_over = state is not None and state not in OPEN
        order = (
            ServiceRequest.changed_at.desc() if is_over else ServiceRequest.due_on.asc()
        )
        found = list(
            _joined()
            .where(mine, chosen, *of_kind)
            .order_by(order, ServiceRequest.id)
            .limit(PAGE + 1)
        )
        audit.record_each(
            actor,
            "request.listed",
            [row.account_id for row in found[:PAGE]],
            now=now,
        )
        calendar = working_calendar()
        return Queue(
            rows=tuple(
                Row(
                    public_id=row.public_id,
                    number=row.id,
                    kind=row.kind,
                    state=row.state,
                    branch=row.branch.name,
                    account_number=row.account.number,
                    address=row.account.address,
                    created_at=row.created_at,
                    due_on=row.due_on,
                    urgency=urgency(row.due_on, rows.today_of(row, now), calendar),
                    planned_on=row.planned_on,
                    planned_hours=row.planned_hours,
                    crew=row.crew.name if row.crew_id else "",
                    zone=ZoneInfo(row.branch.time_zone),
                )
                for row in found[:PAGE]
            ),
            counts={
                each: ServiceRequest.select()
                .where(mine, ServiceRequest.state == each, *of_kind)
                .count()
                for each in RequestState
            },
            is_cut=len(found) > PAGE,
        )


def desk(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> Desk:
    """Return one request, and note who looked; raises RequestNotFoundError."""
    with writing():
        row = rows.of_branch(member, public_id)
        rows.note(row, "opened", actor=actor, now=now)
        account = row.account
        today = rows.today_of(row, now)
        is_open = row.state in OPEN
        return Desk(
            request=shown(row, for_staff=True, now=now),
            urgency=urgency(row.due_on, today, working_calendar()),
            account_number=account.number,
            holder=account.holder,
            address=account.address,
            account_phone=account.phone,
            branch_code=row.branch.code,
            meter=_facts(row.meter) if row.meter_id else None,
            days=crews.ahead(row.branch_id, today) if is_open else (),
            may_plan=is_open,
            may_refuse=is_open,
            may_miss=row.state is RequestState.PLANNED
            and row.planned_on is not None
            and row.planned_on <= today,
            may_finish=may(row.kind, row.state, RequestState.DONE),
            may_undo=deciding.may_take_back(member, row, now),
            following=_following(member, row),
        )


def _following(member: Member, row: ServiceRequest) -> tuple[UUID, int] | None:
    """Return the id and the number of the one due first that waits for a day."""
    if row.state in WAITING:
        return None
    found: tuple[UUID, int] | None = (
        ServiceRequest.select(ServiceRequest.public_id, ServiceRequest.id)
        .where(
            ServiceRequest.branch.in_(branches_of(member)),
            ServiceRequest.state.in_(list(WAITING)),
        )
        .order_by(ServiceRequest.due_on, ServiceRequest.id)
        .tuples()
        .first()
    )
    return found


def last_known(member: Member, public_id: UUID) -> tuple[tuple[str, ...], date] | None:
    """Return what the request's meter showed last, in kWh as it is typed, and when."""
    with reading():
        row = rows.of_branch(member, public_id)
        found = finishing.last_registers(row.meter) if row.meter_id else None
    if found is None:
        return None
    registers, taken_on = found
    return tuple(finishing.typed(one) for one in registers), taken_on


def photo(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> Photo:
    """Return the photo of a request, and note who took it.

    Raises RequestNotFoundError and looking.PhotoNotFoundError.
    """
    with writing():
        row = rows.of_branch(member, public_id)
        rows.note(row, "photo_taken", actor=actor, now=now)
        return looking.photo_of(row)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """An account a specialist writes a request down for."""

    number: str
    holder: str
    address: str
    phone: str
    meters: tuple[MeterChoice, ...]


def caller(member: Member, number: str, *, actor: Actor, now: datetime) -> Caller:
    """Return the account, and note who looked; raises AccountNotFound."""
    with writing():
        account = account_of(member, number)
        audit.record(
            actor, "account.looked", now=now, subject="request", account_id=account.id
        )
        return Caller(
            number=account.number,
            holder=account.holder,
            address=account.address,
            phone=account.phone,
            meters=looking.meters_of(account.id),
        )


def _facts(meter: Meter) -> MeterFacts:
    return MeterFacts(
        serial=meter.serial,
        zones=meter.zones,
        digits=meter.digits,
        decimals=meter.decimals,
        ratio=meter.ratio,
        verified_until=meter.verified_until,
    )


def _joined() -> Query:
    return (
        ServiceRequest.select(ServiceRequest, Branch, Account, Crew)
        .join(Branch)
        .switch(ServiceRequest)
        .join(Account)
        .switch(ServiceRequest)
        .left_outer_join(Crew)
    )
