"""Requests for work on a meter in the demonstration: one in each state, two crews."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.period import local_day
from cabinet.domain.requests import (
    Hours,
    MissReason,
    RefusalReason,
    RequestAct,
    RequestKind,
    RequestState,
    answer_by,
)
from cabinet.models import Account, Branch, Crew, Meter, ServiceRequest, User
from cabinet.services.audit import SYSTEM
from cabinet.services.dated_rules import working_calendar
from cabinet.services.requests import rows

#: The branch, the name of the crew, its visits a day.
_CREWS = (
    ("tver", "Бригада Северная", 4),
    ("tver", "Бригада Заволжская", 3),
    ("kursk", "Бригада Курская", 4),
)
_SINCE = date(2026, 1, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Who asked for what, how many days ago, and where it stands."""

    email: str
    number: str
    kind: RequestKind
    days: int
    state: RequestState = RequestState.RECEIVED
    words: str = ""
    reason: str = ""
    note: str = ""
    act: str = ""


WORKS = (
    _Work(
        email="client@example.org",
        number="990100000017",
        kind=RequestKind.REPLACEMENT,
        days=1,
        words="Счётчику 16 лет, цифры едва видно. Домофон 23.",
    ),
    _Work(
        email="client@example.org",
        number="990100000025",
        kind=RequestKind.VERIFICATION,
        days=3,
        state=RequestState.PLANNED,
        words="Дача, калитка справа.",
    ),
    _Work(
        email="client@example.org",
        number="990100000017",
        kind=RequestKind.SEALING,
        days=20,
        state=RequestState.DONE,
        note="Поставили пломбу 4455.",
        act="118",
    ),
    _Work(
        email="client@example.org",
        number="990100000025",
        kind=RequestKind.CONTROL,
        days=5,
        state=RequestState.MISSED,
        reason=MissReason.NOBODY_HOME,
        words="Кажется, он считает лишнее.",
    ),
    _Work(
        email="debt@example.org",
        number="990200000043",
        kind=RequestKind.DISPUTE,
        days=2,
        words="Откуда 700 кВт·ч в октябре?",
    ),
    _Work(
        email="debt@example.org",
        number="990200000043",
        kind=RequestKind.REPLACEMENT,
        days=12,
        state=RequestState.REFUSED,
        reason=RefusalReason.NOT_NEEDED,
        note="Счётчик исправен, поверка ещё действует.",
    ),
    _Work(
        email="debt@example.org",
        number="990200000043",
        kind=RequestKind.SEALING,
        days=9,
        state=RequestState.CANCELLED,
    ),
)

_ACTS = {
    RequestState.DONE: RequestAct.DONE,
    RequestState.MISSED: RequestAct.MISSED,
    RequestState.REFUSED: RequestAct.REFUSED,
    RequestState.CANCELLED: RequestAct.CANCELLED,
}


def add_works(now: datetime) -> None:
    """Add the crews and the requests that are missing, inside the open transaction."""
    for code, name, visits in _CREWS:
        branch = Branch.get_or_none(Branch.code == code)
        key = f"demo:{name}"
        if branch is not None and not Crew.select().where(Crew.key == key).exists():
            Crew.create(
                branch=branch,
                key=key,
                name=name,
                starts=_SINCE,
                visits=visits,
                created_at=now,
            )
    for at, work in enumerate(WORKS):
        key = f"demo:work:{at}"
        if not ServiceRequest.select().where(ServiceRequest.key == key).exists():
            _add(work, key, now)


def _add(work: _Work, key: str, now: datetime) -> None:
    user = User.get_or_none(User.email == work.email)
    account = Account.get_or_none(Account.number == work.number)
    if user is None or account is None:
        return
    calendar = working_calendar()
    asked_at = now - timedelta(days=work.days)
    zone = ZoneInfo(account.branch.time_zone)
    today, asked_on = local_day(now, zone), local_day(asked_at, zone)
    meter = Meter.get_or_none(Meter.account == account, Meter.removed_on.is_null())
    row = ServiceRequest(
        public_id=uuid.uuid4(),
        key=key,
        branch=account.branch,
        account=account,
        meter=meter,
        kind=work.kind,
        first_choice=calendar.working_day_after(today, 2),
        hours=Hours.EVENING,
        phone="8 900 000-00-00",
        words=work.words,
        asked_by=user,
        created_at=asked_at,
        changed_at=asked_at,
        due_on=answer_by(asked_on, calendar),
    )
    row.slot = rows.slot_of(row)
    row.save(force_insert=True)
    rows.step(row, RequestAct.ASKED, user_id=user.id, actor=SYSTEM, now=asked_at)
    if work.state is RequestState.RECEIVED:
        return
    planned = work.state not in {RequestState.REFUSED, RequestState.CANCELLED}
    if planned:
        is_open = work.state is RequestState.PLANNED
        _plan(row, calendar.working_day_after(today if is_open else asked_on, 1))
    if work.state is RequestState.PLANNED:
        return
    row.state, row.reason, row.note = work.state, work.reason, work.note
    row.act = work.act
    if work.state is RequestState.MISSED:
        row.crew = row.planned_on = row.planned_hours = None
        row.due_on = answer_by(today, calendar)
    is_own = work.state is RequestState.CANCELLED
    rows.step(
        row,
        _ACTS[work.state],
        user_id=user.id if is_own else _operator(),
        actor=SYSTEM,
        now=asked_at + timedelta(hours=30),
    )


def _plan(row: ServiceRequest, day: date) -> None:
    """Let the first crew of the branch come on the day."""
    crew = Crew.select().where(Crew.branch == row.branch).order_by(Crew.id).first()
    row.state = RequestState.PLANNED
    row.planned_on = row.due_on = day
    row.planned_hours, row.crew = Hours.EVENING, crew
    rows.step(
        row,
        RequestAct.PLANNED,
        user_id=_operator(),
        actor=SYSTEM,
        now=row.created_at + timedelta(hours=2),
        day=day.isoformat(),
        hours=str(Hours.EVENING),
    )


def _operator() -> int | None:
    found = User.select(User.id).where(User.email == "operator@example.org").scalar()
    return None if found is None else int(found)
