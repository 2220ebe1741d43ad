"""When an office is open (часы работы): a usual week, and days that are not usual.

Times of a day are minutes after its midnight, by the clock of the branch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

DAYS_OF_WEEK = 7
HOUR = 60
DAY = 24 * HOUR
#: So far ahead is looked for the next time it opens.
LOOKED_AHEAD = 31

_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_SPAN = rf"(?:с\s*)?{_TIME}\s*(?:-|до)\s*{_TIME}"
_HOURS = re.compile(rf"{_SPAN}(?:[,;]?\s*(?:обед|перерыв)\s*{_SPAN})?")
_DASHES = str.maketrans("–—−", "---")
_OFF = frozenset({"", "-", "выходной", "закрыто", "закрыт", "нет"})


class HoursError(ValueError):
    """What was typed is no hours."""


class Door(StrEnum):
    """Whether one can come in."""

    OPEN = "open"
    PAUSE = "pause"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when, with a pause or without."""

    opens: int
    closes: int
    pause: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse times out of order."""
        marks = (self.opens, *(self.pause or ()), self.closes)
        if not (marks[0] >= 0 and marks[-1] <= DAY):
            raise HoursError(marks)
        if not all(one < other for one, other in pairwise(marks)):
            raise HoursError(marks)

    def door_at(self, minute: int) -> Door:
        """Tell whether one can come in at a minute of the day."""
        if not self.opens <= minute < self.closes:
            return Door.CLOSED
        if self.pause and self.pause[0] <= minute < self.pause[1]:
            return Door.PAUSE
        return Door.OPEN

    @property
    def kept(self) -> list[int]:
        """Return the hours as a row keeps them."""
        return [self.opens, self.closes, *(self.pause or ())]


@dataclass(frozen=True, slots=True)
class Week:
    """Hours of each day of the week, Monday first, None is a day off; other days beat it."""

    days: tuple[Hours | None, ...]
    others: Mapping[date, Hours | None]

    def on(self, day: date) -> Hours | None:
        """Return the hours of a day."""
        return self.others[day] if day in self.others else self.days[day.weekday()]

    def next_opening(self, after: date) -> tuple[date, Hours] | None:
        """Return the first day after this one on which it is open, and its hours."""
        for count in range(1, LOOKED_AHEAD + 1):
            day = after + timedelta(days=count)
            hours = self.on(day)
            if hours is not None:
                return day, hours
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one can come in, and the minute of the day at which that changes.

    Closed for the rest of the day, `day` is the next one it opens on; None, none soon.
    """

    door: Door
    day: date | None
    minute: int


def standing(week: Week, moment: datetime) -> Standing:
    """Tell how an office stands at a moment by its own clock."""
    today, minute = moment.date(), moment.hour * HOUR + moment.minute
    hours = week.on(today)
    if hours is None or minute >= hours.closes:
        found = week.next_opening(today)
        if found is None:
            return Standing(Door.CLOSED, None, 0)
        day, then = found
        return Standing(Door.CLOSED, day, then.opens)
    door = hours.door_at(minute)
    marks = (hours.opens, *(hours.pause or ()), hours.closes)
    return Standing(door, today, next(mark for mark in marks if mark > minute))


def hours_of(kept: list[int] | None) -> Hours | None:
    """Return the hours that a row keeps, None of a day off."""
    if kept is None:
        return None
    opens, closes, *pause = kept
    return Hours(opens, closes, (pause[0], pause[1]) if pause else None)


def read_hours(text: str) -> Hours | None:
    """Return hours as people type them: «9:00–18:00, обед 13:00–14:00»; None is a day off.

    Raises HoursError.
    """
    said = " ".join(text.translate(_DASHES).casefold().split())
    if said in _OFF:
        return None
    found = _HOURS.fullmatch(said)
    if found is None:
        raise HoursError(text)
    marks = [
        _minute(found[at], found[at + 1])
        for at in range(1, 9, 2)
        if found[at] is not None
    ]
    opens, closes, *pause = marks
    return hours_of([opens, closes, *pause])


def _minute(hour: str, minute: str | None) -> int:
    if int(minute or 0) >= HOUR:
        raise HoursError(minute)
    return int(hour) * HOUR + int(minute or 0)
