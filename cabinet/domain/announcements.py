"""What the office tells everybody (объявления)."""

from datetime import date
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """What an announcement is about."""

    OUTAGE = "outage"
    NEWS = "news"
    BENEFIT = "benefit"
    OFFICE = "office"


class Turn(StrEnum):
    """Whether an announcement is shown: its days are to come, on, or over."""

    TO_COME = "to_come"
    ON = "on"
    OVER = "over"


def turn_of(starts: date, ends: date | None, today: date) -> Turn:
    """Tell the turn on a day; the last day is included."""
    if today < starts:
        return Turn.TO_COME
    return Turn.ON if ends is None or today <= ends else Turn.OVER
