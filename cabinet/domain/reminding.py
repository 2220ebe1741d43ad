"""The days on which who asked for it is reminded: of readings, of a verification."""

from datetime import date, timedelta
from enum import StrEnum

from cabinet.domain.period import Month, ReadingWindow

#: So many days before the last one the second reminder comes.
BEFORE_THE_END = timedelta(days=2)

#: So long before the last day of a verification it is told, and on that day itself.
VERIFICATION_TOLD = (timedelta(days=90), timedelta(days=30), timedelta(0))
#: What ended longer ago is no news.
VERIFICATION_FRESH = timedelta(days=30)


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


def verification_notice(until: date, day: date) -> int | None:
    """Return which notice of the end of a verification is due: 90, 30 or 0 days before.

    A notice stays due until the next one is: a worker that was away, or a letter that
    was asked for late, tells what is so now. None while there is time, and once the
    end is no news.
    """
    left = until - day
    if left < -VERIFICATION_FRESH:
        return None
    due = [notice.days for notice in VERIFICATION_TOLD if left <= notice]
    return min(due, default=None)
