"""What customers ask specialists (обращения): topics, states, by when an answer is due."""

from datetime import date, timedelta
from enum import IntEnum, StrEnum

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import IllegalMoveError

#: By when a specialist answers: this is the retailer's own word, shorter than the law's.
ANSWER_WORKING_DAYS = 3
#: A specialist may take an answer back so long; the customer sees it after that.
UNDO = timedelta(minutes=10)
#: A dialogue nobody writes in any more.
QUIET = timedelta(days=14)


class Topic(StrEnum):
    """What a question is about (тема обращения)."""

    READINGS = "readings"
    CHARGES = "charges"
    PAYMENT = "payment"
    METER = "meter"
    CONTRACT = "contract"
    CABINET = "cabinet"
    OTHER = "other"


class QuestionState(StrEnum):
    """Whose turn it is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Rating(IntEnum):
    """How convenient it was (шкала удобства), in the words of the guide."""

    BAD = 1
    POOR = 2
    FAIR = 3
    GOOD = 4
    BEST = 5


class Urgency(StrEnum):
    """How near the day is by which an answer is due."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"
    CALM = "calm"


_MOVES = {
    QuestionState.WAITING: {QuestionState.ANSWERED, QuestionState.CLOSED},
    # A specialist may add to an answer, and answer what was closed.
    QuestionState.ANSWERED: set(QuestionState),
    QuestionState.CLOSED: {QuestionState.WAITING, QuestionState.ANSWERED},
}


def move(before: QuestionState, after: QuestionState) -> QuestionState:
    """Return the state after; raises IllegalMoveError for a move there is not."""
    if after not in _MOVES[before]:
        raise IllegalMoveError(before, after)
    return after


def due_on(asked_on: date, calendar: WorkingCalendar) -> date:
    """Return the last day to answer what was asked on the day."""
    return calendar.working_day_after(asked_on, ANSWER_WORKING_DAYS)


def urgency(due: date, today: date, calendar: WorkingCalendar) -> Urgency:
    """Tell how near the day is: `SOON` is the next working day."""
    if due < today:
        return Urgency.LATE
    if due == today:
        return Urgency.TODAY
    if due <= calendar.working_day_after(today, 1):
        return Urgency.SOON
    return Urgency.CALM
