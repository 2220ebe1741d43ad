"""Of which branches a report is, and the clocks of these in SQL."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from peewee import SQL, Case, Cast, Expression, Field, Node, fn

from cabinet.domain.errors import NotFound
from cabinet.domain.period import Month, ReadingWindow, local_day
from cabinet.models import Account, Branch
from cabinet.models.base import on_sqlite, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

#: Characters of «2026-11-22 09», «2026-11-22» and «2026-11».
_TO_HOUR, _TO_DAY, _TO_MONTH = 13, 10, 7
_MINUTE = timedelta(minutes=1)


class OfficeNotFoundError(NotFound):
    """There is no such branch, or it is not of this member of staff."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A branch as reports need it."""

    branch_id: int
    code: str
    name: str
    zone: ZoneInfo
    window: ReadingWindow


@dataclass(frozen=True, slots=True)
class Scope:
    """The branches of a report; `all` are those there are to choose from."""

    all: tuple[Office, ...]
    chosen: tuple[Office, ...]

    @property
    def ids(self) -> list[int]:
        """Return the ids of the branches; of none it is an id that no branch has."""
        return [each.branch_id for each in self.chosen] or [0]

    def today(self, now: datetime) -> date:
        """Return the day it is in the first branch."""
        zone = self.chosen[0].zone if self.chosen else UTC
        return local_day(now, zone)

    def month(self, now: datetime) -> Month:
        """Return the month whose window opened last."""
        today = self.today(now)
        month = Month.of(today)
        if self.chosen and today.day < self.chosen[0].window.first_day:
            return month.previous
        return month

    def within(self, field: Field, first: date, last: date, branch: Any) -> Expression:
        """Match moments from the first day to the last, by the clocks of each branch."""
        spans = [
            (branch == each.branch_id)
            & (field >= _midnight(first, each.zone))
            & (field < _midnight(last + timedelta(days=1), each.zone))
            for each in self.chosen
        ]
        return reduce(or_, spans) if spans else Expression(branch, "=", 0)

    def local_day(self, field: Field, now: datetime) -> Node:
        """Return the SQL of the day the clocks of the account's branch show, as text."""
        minutes = self._minutes(now)
        if on_sqlite():
            shift = fn.PRINTF("%+d minutes", minutes)
            return fn.SUBSTR(fn.DATETIME(field, shift), 1, _TO_DAY).coerce(False)
        interval = fn.MAKE_INTERVAL(0, 0, 0, 0, 0, Cast(minutes, "integer"))
        # A cast, or peewee takes the minutes for moments.
        at = Cast(field, "timestamp") + interval
        return fn.TO_CHAR(at, "YYYY-MM-DD").coerce(False)

    def _minutes(self, now: datetime) -> Node:
        """Return by how much the clocks of the account's branch are ahead of UTC."""
        ahead = {
            each.branch_id: (each.zone.utcoffset(now) or timedelta()) // _MINUTE
            for each in self.chosen
        }
        if len(set(ahead.values())) <= 1:
            return SQL(str(next(iter(ahead.values()), 0)))
        return Case(
            Account.branch,
            [(branch_id, SQL(str(minutes))) for branch_id, minutes in ahead.items()],
        )


def scope_of(member: Member, code: str) -> Scope:
    """Return the branches inside the open transaction: one, or without a code all.

    Raises OfficeNotFoundError.
    """
    query = (
        Branch.select().where(Branch.id.in_(branches_of(member))).order_by(Branch.name)
    )
    offices = tuple(
        Office(
            branch_id=row.id,
            code=row.code,
            name=row.name,
            zone=ZoneInfo(row.time_zone),
            window=ReadingWindow(row.window_first, row.window_last),
        )
        for row in query
    )
    chosen = tuple(each for each in offices if code in ("", each.code))
    if code and not chosen:
        raise OfficeNotFoundError(code)
    return Scope(offices, chosen)


def note_saved(name: str, *, actor: Actor, now: datetime) -> None:
    """Write down who took a report as a file, inside the open transaction."""
    audit.record(actor, "report.saved", now=now, subject=f"report:{name}")


def note_file(name: str, *, actor: Actor, now: datetime) -> None:
    """Write down who took a report as a file."""
    with writing():
        note_saved(name, actor=actor, now=now)


def hour_of(field: Any) -> Node:
    """Return the SQL of a moment's hour by UTC, as text."""
    if on_sqlite():
        return fn.SUBSTR(field, 1, _TO_HOUR).coerce(False)
    return fn.TO_CHAR(field, "YYYY-MM-DD HH24").coerce(False)


def read_hour(text: str) -> datetime:
    """Return the hour of `hour_of`."""
    return datetime.strptime(f"{text}+0000", "%Y-%m-%d %H%z")


def month_of(day: Node) -> Node:
    """Return the SQL of the code of a day's month."""
    return Cast(fn.REPLACE(fn.SUBSTR(day, 1, _TO_MONTH), "-", ""), "integer")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
