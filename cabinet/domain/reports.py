"""Figures of reports: how old a debt is, shares, how long most had to wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cabinet.domain.period import Month

_ALL = 100


class Age(StrEnum):
    """How many days ago a debt was due (возраст долга)."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    TO_180 = "to_180"
    TO_365 = "to_365"
    OLDER = "older"


#: The last day of each age, in days after the one by which it was to be paid.
LAST_DAYS = {
    Age.NOT_DUE: 0,
    Age.TO_30: 30,
    Age.TO_60: 60,
    Age.TO_90: 90,
    Age.TO_180: 180,
    Age.TO_365: 365,
}


def age_of(due_on: date, today: date) -> Age:
    """Return how old a debt is; on the very day it may still be paid in time."""
    days = (today - due_on).days
    for age, last in LAST_DAYS.items():
        if days <= last:
            return age
    return Age.OLDER


def percent(part: int, whole: int) -> int | None:
    """Return the share in whole percent, rounded down; None of nothing.

    What is not all never looks as if it were.
    """
    return part * _ALL // whole if whole else None


@dataclass(frozen=True, slots=True)
class Waits:
    """How long answers took at most: half of them, and nine of ten."""

    middle: timedelta
    most: timedelta

    @classmethod
    def of(cls, spans: Sequence[timedelta]) -> "Waits | None":
        """Return the figures; None without answers."""
        if not spans:
            return None
        ordered = sorted(spans)
        # The nearest rank: the smallest that so many are not above.
        half = -(-len(ordered) // 2)
        most = -(-len(ordered) * 9 // 10)
        return cls(ordered[half - 1], ordered[most - 1])


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A local hour of the days in which readings of a month come, of any month alike.

    `month` is how many months after its own: before the first it is below zero.
    """

    month: int
    day: int
    hour: int

    @classmethod
    def of(cls, local: datetime, month: Month) -> "Point":
        """Return the hour a reading of the month came in."""
        return cls(Month.of(local.date()).since(month), local.day, local.hour)
