"""How readings of a month come in, hour by hour, beside the month before."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from peewee import SQL, Case, fn

from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.domain.reports import Point, percent
from cabinet.models import Account, Meter, Reading
from cabinet.models.base import reading
from cabinet.services.outgoing.rows import is_awaited
from cabinet.services.reports.scope import Office, Scope, hour_of, read_hour, scope_of
from cabinet.services.staff import Member

HOURS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A day or an hour: how many sent in it, and how many had sent by its end.

    `before` and `before_all` are of the month before. What is yet to come has no figures
    of its own.
    """

    day: date
    hour: int = 0
    sent: int | None
    all: int | None
    before: int
    before_all: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """The readings of a month by now, and at the same hour a month before.

    `early` are those before the window opened, `late` those after it closed.
    """

    scope: Scope
    month: Month
    meters: int
    sent: int
    before: int
    early: int
    before_early: int
    late: int
    days: tuple[Step, ...]
    day: date
    hours: tuple[Step, ...]

    @property
    def most_daily(self) -> int:
        """Return what the longest bar of a day stands for."""
        return _most(self.days)

    @property
    def most_hourly(self) -> int:
        """Return the same of an hour."""
        return _most(self.hours)

    @property
    def share(self) -> int | None:
        """Return the share of meters that have sent, in percent."""
        return percent(self.sent, self.meters)

    @property
    def share_before(self) -> int | None:
        """Return the same at this hour of the month before."""
        return percent(self.before, self.meters)


class _Counts:
    """When the first readings of two months came, by points of their months."""

    def __init__(self, month: Month, now: datetime) -> None:
        self._month = month
        self._now = now
        self.own: Counter[Point] = Counter()
        self.before: Counter[Point] = Counter()
        #: The same hour of the month before, and all until it.
        self.sent = self.sent_before = 0

    def take(self, office: Office, month: Month, at: datetime, count: int) -> None:
        """Count the meters of the branch whose first reading came in the hour."""
        point = Point.of(at.astimezone(office.zone), month)
        here = Point.of(self._now.astimezone(office.zone), self._month)
        if month == self._month:
            self.own[point] += count
            self.sent += count
        else:
            self.before[point] += count
            self.sent_before += count if point <= here else 0


def progress_of(
    member: Member,
    code: str,
    month: Month | None,
    day: date | None,
    *,
    is_whole: bool = False,
    now: datetime,
) -> Progress:
    """Return how the readings of the month came in; raises OfficeNotFoundError.

    `day` is the one whose hours are told: without it the last that has begun, and of
    every day where the report `is_whole`. Both months are told of the meters that are
    awaited now.
    """
    with reading():
        scope = scope_of(member, code)
        month = month or scope.month(now)
        counts = _counted(scope, month, now)
        meters = awaited(scope, month)
    told = _told(scope, month, day, counts, meters, now)
    if not is_whole:
        return told
    every = tuple(
        step
        for each in told.days
        for step in _hours(each.day, counts, _here(scope, month, now))
    )
    return replace(told, hours=every)


def awaited(scope: Scope, month: Month) -> int:
    """Return how many meters a reading of the month is to come from."""
    query = Meter.select(fn.COUNT(Meter.id)).join(Account)
    return int(
        query.where(Account.branch.in_(scope.ids), is_awaited(month)).scalar() or 0
    )


def _counted(scope: Scope, month: Month, now: datetime) -> _Counts:
    """Count by the hours of the first reading of each meter that has one now."""
    is_current = Case(None, [(Reading.state.in_(list(CURRENT)), 1)], 0)
    firsts = (
        Reading.select(
            Account.branch.alias("office"),
            Reading.period.alias("period"),
            fn.MIN(Reading.received_at).alias("at"),
        )
        .join(Meter)
        .join(Account)
        .where(
            Account.branch.in_(scope.ids),
            is_awaited(month),
            Reading.period.in_([month, month.previous]),
            Reading.state.in_([*CURRENT, ReadingState.SUPERSEDED]),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .group_by(Account.branch, Reading.meter, Reading.period)
        .having(fn.MAX(is_current) == 1)
    )
    query = firsts.alias("firsts")
    hour = hour_of(query.c.at).alias("hour")
    rows = (
        Reading.select(query.c.office, query.c.period, hour, fn.COUNT(SQL("1")))
        .from_(query)
        .group_by(query.c.office, query.c.period, SQL("hour"))
        .tuples()
    )
    offices = {each.branch_id: each for each in scope.chosen}
    counts = _Counts(month, now)
    for office, period, text, count in rows:
        counts.take(offices[office], period, read_hour(text), count)
    return counts


def _told(  # noqa: PLR0917 - what the page is made of
    scope: Scope,
    month: Month,
    day: date | None,
    counts: _Counts,
    meters: int,
    now: datetime,
) -> Progress:
    days = _days(scope, month)
    starts = Point(0, days[0].day, 0)
    ends = Point(0, days[-1].day, HOURS)
    here = _here(scope, month, now)
    steps = tuple(_steps(days, counts, here))
    shown = day if day in days else _last_day(steps)
    return Progress(
        scope=scope,
        month=month,
        meters=meters,
        sent=counts.sent,
        before=counts.sent_before,
        early=_sum(counts.own, None, starts),
        before_early=_sum(counts.before, None, starts),
        late=_sum(counts.own, ends, None),
        days=steps,
        day=shown,
        hours=tuple(_hours(shown, counts, here)),
    )


def _here(scope: Scope, month: Month, now: datetime) -> Point:
    """Return the hour it is in the first branch."""
    return Point.of(
        now.astimezone(scope.chosen[0].zone) if scope.chosen else now, month
    )


def _most(steps: Iterable[Step]) -> int:
    return max((max(each.sent or 0, each.before) for each in steps), default=0)


def _days(scope: Scope, month: Month) -> list[date]:
    """Return the days of the windows of the branches, from the first to the last."""
    windows = [each.window for each in scope.chosen]
    first = min((each.first_day for each in windows), default=1)
    last = max((each.last_day for each in windows), default=1)
    count = last - first + 1
    return [
        month.starts.replace(day=first) + timedelta(days=day) for day in range(count)
    ]


def _last_day(steps: tuple[Step, ...]) -> date:
    known = [step.day for step in steps if step.all is not None]
    return known[-1] if known else steps[0].day


def _steps(days: list[date], counts: _Counts, here: Point) -> Iterator[Step]:
    for day in days:
        starts, ends = Point(0, day.day, 0), Point(0, day.day, HOURS)
        yield _step(day, 0, starts, ends, counts, here)


def _hours(day: date, counts: _Counts, here: Point) -> Iterator[Step]:
    for hour in range(HOURS):
        starts, ends = Point(0, day.day, hour), Point(0, day.day, hour + 1)
        yield _step(day, hour, starts, ends, counts, here)


def _step(  # noqa: PLR0917 - the ends of one span
    day: date, hour: int, starts: Point, ends: Point, counts: _Counts, here: Point
) -> Step:
    is_future = starts > here
    return Step(
        day=day,
        hour=hour,
        sent=None if is_future else _sum(counts.own, starts, ends),
        all=None if is_future else _sum(counts.own, None, ends),
        before=_sum(counts.before, starts, ends),
        before_all=_sum(counts.before, None, ends),
    )


def _sum(counts: Counter[Point], starts: Point | None, ends: Point | None) -> int:
    return sum(
        count
        for point, count in counts.items()
        if (starts is None or point >= starts) and (ends is None or point < ends)
    )
