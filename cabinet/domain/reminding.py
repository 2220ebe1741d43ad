"""The days on which who asked for it is reminded to send readings."""

from datetime import date, timedelta
from enum import StrEnum

from cabinet.domain.period import Month, ReadingWindow

#: So many days before the last one the second reminder comes.
BEFORE_THE_END = timedelta(days=2)


class Occasion(StrEnum):
    """Why a reminder is sent (повод напоминания)."""

    OPENED = "opened"
    CLOSING = "closing"


def occasion_of(window: ReadingWindow, day: date) -> Occasion | None:
    """Return why to remind on the day, None on most days.

    A window of three days or fewer has the first reminder only.
    """
    month = Month.of(day)
    if day == window.opens_on(month):
        return Occasion.OPENED
    closing = window.closes_on(month) - BEFORE_THE_END
    if day == closing and closing > window.opens_on(month):
        return Occasion.CLOSING
    return None
