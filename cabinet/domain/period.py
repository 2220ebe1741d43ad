"""Billing months, spans of local days, and the days readings are taken in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Self

MONTHS_IN_YEAR = 12
#: As pages show them and files of other systems write them.
MONTH_NAMES = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
# Every month has this day, February included.
LAST_SAFE_DAY = 28

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month: the billing period (расчётный период)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MONTHS_IN_YEAR:
            raise ValueError(f"no such month: {self.number}")
        # `ends` of the last month of the calendar would not be a day.
        if not date.min.year <= self.year < date.max.year:
            raise ValueError(f"no such year: {self.year}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2026-10"; ValueError for anything else."""
        found = _MONTH.fullmatch(text)
        if found is None:
            raise ValueError(f"not a month: {text!r}")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def from_code(cls, code: int) -> "Month":
        """Return the month of a code like 202610; ValueError if there is none."""
        return _of_code(code)

    @property
    def code(self) -> int:
        """Return the number that sorts and is stored: 202610."""
        return self.year * 100 + self.number

    def plus(self, months: int) -> "Month":
        """Return the month so many months later; earlier if negative."""
        year, index = divmod(
            self.year * MONTHS_IN_YEAR + self.number - 1 + months, MONTHS_IN_YEAR
        )
        return Month(year, index + 1)

    def since(self, other: "Month") -> int:
        """Return how many months later than the other this one is."""
        return (self.year - other.year) * MONTHS_IN_YEAR + self.number - other.number

    @property
    def next(self) -> "Month":
        """Return the month after."""
        return self.plus(1)

    @property
    def previous(self) -> "Month":
        """Return the month before."""
        return self.plus(-1)

    @property
    def starts(self) -> date:
        """Return the first day."""
        return date(self.year, self.number, 1)

    @property
    def ends(self) -> date:
        """Return the first day after the month."""
        return _ends(self.year, self.number)

    def instants(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return the UTC moments the month starts and ends at."""
        return _midnight(self.starts, zone), _midnight(self.ends, zone)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


# Months are few and asked for millions of times.
@lru_cache(maxsize=4096)
def _of_code(code: int) -> Month:
    return Month(*divmod(code, 100))


@lru_cache(maxsize=4096)
def _ends(year: int, number: int) -> date:
    return Month(year, number).next.starts


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def months(first: Month, last: Month) -> Iterator[Month]:
    """Yield the months from the first to the last, both included."""
    for step in range(last.since(first) + 1):
        yield first.plus(step)


def local_day(instant: datetime, zone: tzinfo) -> date:
    """Return the day the clocks of the zone show at an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return instant.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `starts` to the day before `ends`; without `ends` it is open."""

    starts: date
    ends: date | None = None

    def contains(self, day: date) -> bool:
        """Tell whether the day is inside."""
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class ReadingWindow:
    """The days of a month in which readings count in that month, both included."""

    first_day: int
    last_day: int

    def __post_init__(self) -> None:
        if not 1 <= self.first_day <= self.last_day <= LAST_SAFE_DAY:
            raise ValueError(f"no such window: {self.first_day} to {self.last_day}")

    def is_open(self, day: date) -> bool:
        """Tell whether readings are being taken on the day."""
        return self.first_day <= day.day <= self.last_day

    def period_of(self, day: date) -> Month:
        """Return the month in which a reading of the day counts."""
        month = Month.of(day)
        return month if day.day <= self.last_day else month.next

    def opens_on(self, month: Month) -> date:
        """Return the first day of the month's window."""
        return month.starts.replace(day=self.first_day)

    def closes_on(self, month: Month) -> date:
        """Return the last day of the month's window, still open."""
        return month.starts.replace(day=self.last_day)

    def days_left(self, day: date) -> int:
        """Return the days after this one until the nearest window closes; 0 is today."""
        return (self.closes_on(self.period_of(day)) - day).days
