"""The working calendar of a year: days that are not what their weekday says, by an act."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import IntegrityError

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import NotFound
from cabinet.models import Holiday, SettingChange
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import setting_changes
from cabinet.services.audit import Actor
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import Member

_DAY = timedelta(days=1)
_NOTHING = {"is_working": None, "source": None}


class DayNotFoundError(NotFound):
    """The day is what its weekday says."""


class UsualDayError(ValueError):
    """The day is worked, or not, by its weekday already."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusual:
    """A day that is not what its weekday says, and the act that says so."""

    day: date
    is_working: bool
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthOfDays:
    """A month: how many days are worked, and which are unusual."""

    number: int
    worked: int
    off: tuple[int, ...]
    on: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """A year, its months, its unusual days; `is_told`: there are any."""

    number: int
    months: tuple[MonthOfDays, ...]
    days: tuple[Unusual, ...]

    @property
    def worked(self) -> int:
        """Return how many days are worked."""
        return sum(month.worked for month in self.months)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return how changes name the days."""
        first = date(self.number, 1, 1)
        count = 366 if calendar.isleap(self.number) else 365
        return tuple(_subject(first + n * _DAY) for n in range(count))


def year(number: int) -> Year:
    """Return a year of the calendar."""
    first, after = date(number, 1, 1), date(number + 1, 1, 1)
    query = Holiday.select().where(Holiday.day >= first, Holiday.day < after)
    with reading():
        days = tuple(
            Unusual(day=row.day, is_working=row.is_working, source=row.source)
            for row in query.order_by(Holiday.day)
        )
    known = WorkingCalendar({one.day: one.is_working for one in days})
    return Year(
        number=number,
        months=tuple(_month(number, month, known, days) for month in range(1, 13)),
        days=days,
    )


def put(
    days: Sequence[date], *, is_working: bool, source: str, actor: Actor, now: datetime
) -> None:
    """Say of days that they are worked, or not, by an act; what is so stays.

    Raises UsualDayError for one that is so by its weekday.
    """
    usual = WorkingCalendar()
    for day in days:
        if usual.is_working(day) is is_working:
            raise UsualDayError(day)
    wanted = {"is_working": is_working, "source": source}
    with writing():
        for day in sorted(set(days)):
            _put(day, wanted, actor=actor, now=now)


def remove(day: date, *, actor: Actor, now: datetime) -> None:
    """Make a day what its weekday says; raises DayNotFoundError."""
    with writing():
        if _row(day) is None:
            raise DayNotFoundError(day)
        _put(day, _NOTHING, actor=actor, now=now)


def put_back(
    _member: Member, change: SettingChange, *, actor: Actor, now: datetime
) -> None:
    """Make a day what a change had found, inside the open transaction.

    Raises ChangedMeanwhileError.
    """
    day = date.fromisoformat(change.subject.partition(":")[2])
    _row(day)
    last = setting_changes.get_last(change.id)
    _put(day, dict(last.before), actor=actor, now=now, reverts=last.id)


def _put(
    day: date,
    wanted: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reverts: int | None = None,
) -> None:
    row = _row(day)
    before = dict(_NOTHING) if row is None else _values(row)
    after = before | wanted
    if not setting_changes.write(
        _subject(day), before, after, actor=actor, now=now, reverts=reverts
    ):
        return
    if after["is_working"] is None:
        Holiday.delete().where(Holiday.day == day).execute()
    elif row is None:
        try:
            with database.savepoint():
                Holiday.create(day=day, **after)
        except IntegrityError as error:
            raise ChangedMeanwhileError(day) from error
    else:
        Holiday.update(**after).where(Holiday.day == day).execute()
    setting_changes.note(
        _subject(day), "calendar.set", before, after, actor=actor, now=now
    )


def _row(day: date) -> Holiday | None:
    found: Holiday | None = lock(Holiday.select().where(Holiday.day == day)).first()
    return found


def _values(row: Holiday) -> dict[str, Any]:
    return {"is_working": row.is_working, "source": row.source}


def _subject(day: date) -> str:
    return f"day:{day.isoformat()}"


def _month(
    year_number: int, month: int, known: WorkingCalendar, days: Sequence[Unusual]
) -> MonthOfDays:
    last = calendar.monthrange(year_number, month)[1]
    all_days = [date(year_number, month, number) for number in range(1, last + 1)]
    own = [one for one in days if one.day.month == month]
    return MonthOfDays(
        number=month,
        worked=sum(known.is_working(day) for day in all_days),
        off=tuple(one.day.day for one in own if not one.is_working),
        on=tuple(one.day.day for one in own if one.is_working),
    )
