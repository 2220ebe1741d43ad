"""Requests for work on a meter (заявки): kinds, states, by when what happens next.

Who keeps a household's meter whole is the retailer; past its verification a meter
counts as broken, and the bill goes by the average (decree 354, paragraph 81(12) "д").
What a control check finds settles what was sent before it (paragraph 61).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.questions import UNDO

#: By when a day is named, or a dispute answered: the retailer's own word.
ANSWER_WORKING_DAYS = 3
#: How far ahead a customer may name a day.
FARTHEST = timedelta(days=60)


class RequestKind(StrEnum):
    """What is asked for (вид заявки)."""

    REPLACEMENT = "replacement"
    VERIFICATION = "verification"
    CONTROL = "control"
    SEALING = "sealing"
    CONNECTION = "connection"
    DISPUTE = "dispute"


#: What is done without anybody coming, and what needs no meter to be there.
AT_THE_DESK = frozenset({RequestKind.DISPUTE})
WITHOUT_METER = frozenset({RequestKind.CONNECTION})


class RequestState(StrEnum):
    """Where a request stands; `missed` waits for a new day after nobody was at home."""

    RECEIVED = "received"
    PLANNED = "planned"
    MISSED = "missed"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


#: A request in one of these is not over; in one of those it waits for a day.
OPEN = frozenset({RequestState.RECEIVED, RequestState.PLANNED, RequestState.MISSED})
WAITING = OPEN - {RequestState.PLANNED}


class RequestAct(StrEnum):
    """What was done with a request: a line of its history."""

    ASKED = "asked"
    CHANGED = "changed"
    PLANNED = "planned"
    MOVED = "moved"
    MISSED = "missed"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNDONE = "undone"


#: What a specialist decides and may take back for a while.
DECISIONS = frozenset(
    {
        RequestAct.PLANNED,
        RequestAct.MOVED,
        RequestAct.MISSED,
        RequestAct.DONE,
        RequestAct.REFUSED,
    }
)


class Hours(StrEnum):
    """A part of the day, in the order of the day; `any` only as a wish."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    ANY = "any"


class RefusalReason(StrEnum):
    """Why a request is refused (причина отказа)."""

    NOT_OURS = "not-ours"
    NOT_NEEDED = "not-needed"
    NOT_READY = "not-ready"
    REPEATED = "repeated"
    NOT_HOLDER = "not-holder"


class MissReason(StrEnum):
    """Why a crew came in vain."""

    NOBODY_HOME = "nobody-home"
    NO_WAY_IN = "no-way-in"
    NOT_POSSIBLE = "not-possible"


class DayFault(StrEnum):
    """Why a day does not suit."""

    PAST = "past"
    FAR = "far"
    DAY_OFF = "day-off"


_MOVES = {
    RequestState.RECEIVED: frozenset(
        {
            RequestState.RECEIVED,
            RequestState.PLANNED,
            RequestState.REFUSED,
            RequestState.CANCELLED,
        }
    ),
    RequestState.MISSED: frozenset(
        {
            RequestState.RECEIVED,
            RequestState.PLANNED,
            RequestState.REFUSED,
            RequestState.CANCELLED,
        }
    ),
    RequestState.PLANNED: frozenset(
        {
            RequestState.PLANNED,
            RequestState.MISSED,
            RequestState.DONE,
            RequestState.REFUSED,
            RequestState.CANCELLED,
        }
    ),
}


def move(kind: RequestKind, before: RequestState, after: RequestState) -> RequestState:
    """Return the state after; raises IllegalMoveError for a move there is not.

    What is done at the desk is done without a day; anything else was planned first.
    """
    allowed = _MOVES.get(before, frozenset())
    if kind in AT_THE_DESK and before in WAITING:
        allowed |= {RequestState.DONE}
    if after not in allowed:
        raise IllegalMoveError(before, after)
    return after


def may(kind: RequestKind, before: RequestState, after: RequestState) -> bool:
    """Tell whether there is such a move."""
    try:
        move(kind, before, after)
    except IllegalMoveError:
        return False
    return True


def answer_by(asked_on: date, calendar: WorkingCalendar) -> date:
    """Return by when a day is named for what was asked on the day."""
    return calendar.working_day_after(asked_on, ANSWER_WORKING_DAYS)


def day_fault(
    day: date, today: date, calendar: WorkingCalendar, *, least: int = 1
) -> DayFault | None:
    """Return why nobody can come on the day, `least` days from today at the earliest."""
    if day < today + timedelta(days=least):
        return DayFault.PAST
    if day > today + FARTHEST:
        return DayFault.FAR
    return None if calendar.is_working(day) else DayFault.DAY_OFF


def may_undo(act: RequestAct, at: datetime, now: datetime) -> bool:
    """Tell whether the last act is a decision of the last minutes."""
    return act in DECISIONS and now < at + UNDO


def told(
    acts: Sequence[tuple[RequestAct, datetime]], now: datetime
) -> tuple[tuple[int, ...], int | None]:
    """Return which acts of a history a customer is shown, and the first kept back.

    What was taken back is shown to nobody, nor is what took it back; a decision that
    still can be is kept back with those after it.
    """
    stand: list[int] = []
    for place, (act, _) in enumerate(acts):
        if act is RequestAct.UNDONE:
            stand.pop()
        else:
            stand.append(place)
    kept_back = None
    while may_undo(*acts[stand[-1]], now):
        kept_back = stand.pop()
    return tuple(stand), kept_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """When a crew (бригада) works, and how many visits (выезды) it makes a day."""

    starts: date
    ends: date | None
    visits: int


def works(shift: Shift, day: date) -> bool:
    """Tell whether the crew works on the day."""
    return shift.starts <= day and (shift.ends is None or day <= shift.ends)


def room(shift: Shift, day: date, taken: int) -> int:
    """Return how many visits more the crew can make on the day."""
    return max(0, shift.visits - taken) if works(shift, day) else 0
