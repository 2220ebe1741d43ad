"""План дня: the visits of a branch's crews on a day, in the order they are made."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import Query

from cabinet.domain.errors import NotFound
from cabinet.domain.period import local_day
from cabinet.domain.requests import Hours, RequestKind, RequestState, works
from cabinet.models import Account, Branch, Meter, ServiceRequest
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.requests import crews
from cabinet.services.staff import Member, branches_of

_ORDER = {hours: number for number, hours in enumerate(Hours)}


class OfficeNotFoundError(NotFound):
    """There is no such branch, or it is not the member's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A visit on a crew's sheet."""

    public_id: UUID
    number: int
    kind: RequestKind
    hours: Hours
    account_number: str
    holder: str
    address: str
    phone: str
    words: str
    serial: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A crew's visits of the day."""

    name: str
    most: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DayPlan:
    """The sheets of a branch's day."""

    branch: str
    branch_code: str
    day: date
    today: date
    sheets: tuple[Sheet, ...]


def day_plan(
    member: Member,
    branch_code: str,
    day: date | None,
    *,
    actor: Actor,
    now: datetime,
) -> DayPlan:
    """Return the sheets of the day, today's without one; note whose were looked at.

    An empty code is the first of the member's branches. Raises OfficeNotFoundError.
    """
    with writing():
        office = _office(member, branch_code)
        today = local_day(now, ZoneInfo(office.time_zone))
        day = day or today
        calls: dict[int, list[Call]] = defaultdict(list)
        visits = list(_visits(office, day))
        for row in visits:
            calls[row.crew_id].append(_call(row))
        audit.record_each(
            actor, "request.planned_seen", [row.account_id for row in visits], now=now
        )
        return DayPlan(
            branch=office.name,
            branch_code=office.code,
            day=day,
            today=today,
            sheets=tuple(
                Sheet(
                    name=crew.name,
                    most=crew.visits,
                    calls=tuple(
                        sorted(
                            calls[crew.id],
                            key=lambda one: (
                                _ORDER[one.hours],
                                one.address,
                                one.number,
                            ),
                        )
                    ),
                )
                for crew in crews.crews_of(office.id)
                if works(crews.shift_of(crew), day) or calls[crew.id]
            ),
        )


def _office(member: Member, code: str) -> Branch:
    known = Branch.select().where(Branch.id.in_(branches_of(member)))
    if code:
        known = known.where(Branch.code == code)
    found: Branch | None = known.order_by(Branch.name).first()
    if found is None:
        raise OfficeNotFoundError(code)
    return found


def _visits(office: Branch, day: date) -> Query:
    return (
        ServiceRequest.select(ServiceRequest, Account, Meter)
        .join(Account)
        .switch(ServiceRequest)
        .left_outer_join(Meter)
        .where(
            ServiceRequest.branch == office.id,
            ServiceRequest.state == RequestState.PLANNED,
            ServiceRequest.planned_on == day,
        )
    )


def _call(row: ServiceRequest) -> Call:
    return Call(
        public_id=row.public_id,
        number=row.id,
        kind=row.kind,
        hours=row.planned_hours,
        account_number=row.account.number,
        holder=row.account.holder,
        address=row.account.address,
        phone=row.phone or row.account.phone,
        words=row.words,
        serial=row.meter.serial if row.meter_id else "",
    )
