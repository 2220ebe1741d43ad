"""The customer's side: to ask, to name other days, to cancel; a specialist asks too."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import IntegrityError

from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.domain.requests import (
    WAITING,
    WITHOUT_METER,
    DayFault,
    Hours,
    RequestAct,
    RequestKind,
    RequestState,
    answer_by,
    day_fault,
    move,
)
from cabinet.models import Account, Meter, ServiceRequest
from cabinet.models.base import database, writing
from cabinet.services import files, limits
from cabinet.services.access import get_access
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.requests import looking, rows, shown, told
from cabinet.services.requests.rows import ChangedMeanwhileError, RequestNotFoundError
from cabinet.services.requests.shown import Shown
from cabinet.services.requests.told import LinkOf
from cabinet.services.staff import Member

MAX_WORDS = 1000
PURPOSE = "request"


class MeterUnknownError(LookupError):
    """The account has no such meter, or it was taken off."""


class AlreadyAskedError(ValueError):
    """The account asked for the same, and it is not over; carries the request."""

    def __init__(self, public_id: uuid.UUID) -> None:
        super().__init__(str(public_id))
        self.public_id = public_id


class DayUnfitError(ValueError):
    """Nobody can come on a day that was named; carries which of the two, and why."""

    def __init__(self, place: str, fault: DayFault) -> None:
        super().__init__(f"{place}: {fault}")
        self.place = place
        self.fault = fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """When it suits the customer: one day or two, and a part of the day."""

    first: date | None = None
    second: date | None = None
    hours: Hours = Hours.ANY


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A request as it was typed; `meter` is the public id of one of the account's."""

    key: str
    kind: RequestKind
    meter: uuid.UUID | None = None
    days: Days = Days()
    phone: str = ""
    words: str = ""
    photo: files.Content | None = None


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks: a customer, or a specialist for one."""

    customer: int | None = None
    staff: int | None = None


def ask(
    user_id: int,
    account_id: int,
    wish: Wish,
    *,
    link_of: LinkOf,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> uuid.UUID:
    """Write a request down, once for its key; the same key again is the same request.

    Raises AccountNotFoundError for whoever does not see all of the account,
    MeterUnknownError, AlreadyAskedError, DayUnfitError and
    limits.TooManyAttemptsError.
    """
    with writing():
        get_access(user_id, account_id, level=AccessLevel.FULL, now=now)
        known = ServiceRequest.get_or_none(ServiceRequest.key == wish.key)
        if known is not None:
            if known.asked_by_id != user_id:
                raise RequestNotFoundError(wish.key)
            return uuid.UUID(str(known.public_id))
        _count(user_id, wish, pepper=pepper, now=now)
        account = Account.get_by_id(account_id)
        asker = _Asker(customer=user_id)
        return _ask(account, wish, asker, link_of=link_of, actor=actor, now=now)


def take(
    member: Member,
    number: str,
    wish: Wish,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Write down what somebody asked for by telephone or at the counter.

    Raises AccountNotFound and what `ask` does.
    """
    with writing():
        account = account_of(member, number)
        known = ServiceRequest.get_or_none(ServiceRequest.key == wish.key)
        if known is not None:
            if known.taken_by_id != member.user_id:
                raise RequestNotFoundError(wish.key)
            return uuid.UUID(str(known.public_id))
        asker = _Asker(staff=member.user_id)
        return _ask(account, wish, asker, link_of=link_of, actor=actor, now=now)


def change_days(
    user_id: int,
    public_id: uuid.UUID,
    days: Days,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> Shown:
    """Name other days while none is planned; the same days again change nothing.

    Raises RequestNotFoundError, ChangedMeanwhileError once a day is planned, and
    DayUnfitError.
    """
    with writing():
        row = looking.own(user_id, public_id, locked=True, now=now)
        if row.state not in WAITING:
            raise ChangedMeanwhileError(public_id)
        if days != Days(
            first=row.first_choice, second=row.second_choice, hours=row.hours
        ):
            today = rows.today_of(row, now)
            _check_days(days, today)
            was_missed = row.state is RequestState.MISSED
            row.state = move(row.kind, row.state, RequestState.RECEIVED)
            if was_missed:
                row.reason = row.note = ""
                row.due_on = answer_by(today, working_calendar())
            row.first_choice, row.second_choice = days.first, days.second
            row.hours = days.hours
            step = rows.step(
                row, RequestAct.CHANGED, user_id=user_id, actor=actor, now=now
            )
            told.tell(row, step, link_of=link_of)
        return shown.shown(row, viewer_id=user_id, now=now)


def cancel(
    user_id: int,
    public_id: uuid.UUID,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> Shown:
    """Take the request back while it is not over; a second time changes nothing.

    Raises RequestNotFoundError, and ChangedMeanwhileError where it is over.
    """
    with writing():
        row = looking.own(user_id, public_id, locked=True, now=now)
        if row.state is not RequestState.CANCELLED:
            end(row, user_id=user_id, link_of=link_of, actor=actor, now=now)
        return shown.shown(row, viewer_id=user_id, now=now)


def end(
    row: ServiceRequest,
    *,
    user_id: int | None,
    link_of: LinkOf | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Cancel the request inside the open transaction; no crew goes to it any more.

    Raises ChangedMeanwhileError where it is over. Without `link_of` nobody is told.
    """
    if row.slot is None:
        raise ChangedMeanwhileError(row.public_id)
    row.state = move(row.kind, row.state, RequestState.CANCELLED)
    row.crew = row.planned_on = row.planned_hours = None
    step = rows.step(row, RequestAct.CANCELLED, user_id=user_id, actor=actor, now=now)
    if link_of is not None:
        told.tell(row, step, link_of=link_of)


def _ask(
    account: Account,
    wish: Wish,
    asker: _Asker,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    today = local_day(now, ZoneInfo(account.branch.time_zone))
    _check_days(wish.days, today)
    row = ServiceRequest(
        public_id=uuid.uuid4(),
        key=wish.key,
        branch=account.branch_id,
        account=account.id,
        meter=_meter_of(account, wish),
        kind=wish.kind,
        state=RequestState.RECEIVED,
        first_choice=wish.days.first,
        second_choice=wish.days.second,
        hours=wish.days.hours,
        phone=wish.phone,
        words=wish.words,
        asked_by=asker.customer,
        taken_by=asker.staff,
        created_at=now,
        changed_at=now,
        due_on=answer_by(today, working_calendar()),
    )
    row.slot = rows.slot_of(row)
    try:
        with database.savepoint():
            row.save(force_insert=True)
    except IntegrityError:
        return _standing(row)
    if wish.photo is not None:
        row.photo = files.store(
            wish.photo, purpose=PURPOSE, owner_id=asker.customer, now=now
        ).id
    step = rows.step(
        row,
        RequestAct.ASKED,
        user_id=asker.customer or asker.staff,
        actor=actor,
        now=now,
        kind=str(row.kind),
    )
    told.tell(row, step, link_of=link_of)
    return uuid.UUID(str(row.public_id))


def _standing(row: ServiceRequest) -> uuid.UUID:
    """Return what came with the same form; raises AlreadyAskedError for another."""
    same = ServiceRequest.get_or_none(
        ServiceRequest.key == row.key, ServiceRequest.account == row.account_id
    )
    if same is not None:
        return uuid.UUID(str(same.public_id))
    other = ServiceRequest.get_or_none(ServiceRequest.slot == row.slot)
    if other is None:
        raise RequestNotFoundError(row.key)
    raise AlreadyAskedError(uuid.UUID(str(other.public_id)))


def _meter_of(account: Account, wish: Wish) -> int | None:
    """Return the meter's id; raises MeterUnknownError."""
    if wish.kind in WITHOUT_METER:
        return None
    if wish.meter is None and wish.kind is RequestKind.DISPUTE:
        return None
    meter = Meter.get_or_none(
        Meter.account == account.id,
        Meter.public_id == wish.meter,
        Meter.removed_on.is_null(),
    )
    if meter is None:
        raise MeterUnknownError(wish.meter)
    return int(meter.id)


def _check_days(days: Days, today: date) -> None:
    calendar = working_calendar()
    for place, day in (("first", days.first), ("second", days.second)):
        fault = None if day is None else day_fault(day, today, calendar)
        if fault is not None:
            raise DayUnfitError(place, fault)


def _count(user_id: int, wish: Wish, *, pepper: str, now: datetime) -> None:
    who = f"user:{user_id}"
    limits.count(limits.REQUEST_DAY, who, pepper=pepper, now=now)
    if wish.photo is not None:
        limits.count(limits.UPLOAD_DAY, who, pepper=pepper, now=now)
        free_at = files.full_until(user_id, limits.UPLOAD_BYTES)
        if free_at is not None:
            raise limits.TooManyAttemptsError(limits.UPLOAD_DAY, who, free_at)
