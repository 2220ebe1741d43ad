from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.requests import (
    OPEN,
    WAITING,
    DayFault,
    RequestAct,
    RequestKind,
    RequestState,
    Shift,
    answer_by,
    day_fault,
    may,
    may_undo,
    move,
    room,
    told,
    works,
)

RECEIVED, PLANNED, MISSED, DONE, REFUSED, CANCELLED = RequestState
#: The week of 23 November 2026 begins on Monday; its Wednesday is off here.
CALENDAR = WorkingCalendar({date(2026, 11, 25): False})
MONDAY = date(2026, 11, 23)
LEGAL = {
    (RECEIVED, RECEIVED),
    (RECEIVED, PLANNED),
    (RECEIVED, REFUSED),
    (RECEIVED, CANCELLED),
    (MISSED, RECEIVED),
    (MISSED, PLANNED),
    (MISSED, REFUSED),
    (MISSED, CANCELLED),
    (PLANNED, PLANNED),
    (PLANNED, MISSED),
    (PLANNED, DONE),
    (PLANNED, REFUSED),
    (PLANNED, CANCELLED),
}
AT_THE_DESK = {(RECEIVED, DONE), (MISSED, DONE)}


@pytest.mark.parametrize("kind", RequestKind)
@pytest.mark.parametrize(("before", "after"), list(product(RequestState, RequestState)))
def test_every_move_is_in_the_table_or_refused(kind, before, after):
    legal = LEGAL | (AT_THE_DESK if kind is RequestKind.DISPUTE else set())
    assert may(kind, before, after) is ((before, after) in legal)
    if (before, after) in legal:
        assert move(kind, before, after) is after
    else:
        with pytest.raises(IllegalMoveError):
            move(kind, before, after)


def test_what_is_over_moves_nowhere_and_what_is_open_can_end():
    for kind, state in product(RequestKind, RequestState):
        ways = {after for after in RequestState if may(kind, state, after)}
        assert bool(ways) is (state in OPEN)
        assert (CANCELLED in ways) is (state in OPEN)
    assert OPEN - {PLANNED} == WAITING


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (date(2026, 11, 20), date(2026, 11, 26)),
        (date(2026, 11, 23), date(2026, 11, 27)),
        (date(2026, 11, 27), date(2026, 12, 2)),
    ],
)
def test_a_day_is_named_in_three_working_days(asked, due):
    assert answer_by(asked, CALENDAR) == due


@pytest.mark.parametrize(
    ("day", "least", "fault"),
    [
        (MONDAY - timedelta(days=1), 0, DayFault.PAST),
        (MONDAY, 0, None),
        (MONDAY, 1, DayFault.PAST),
        (MONDAY + timedelta(days=1), 1, None),
        (date(2026, 11, 25), 1, DayFault.DAY_OFF),
        (date(2026, 11, 28), 1, DayFault.DAY_OFF),
        (date(2027, 1, 22), 1, None),
        (date(2027, 1, 23), 1, DayFault.FAR),
    ],
)
def test_a_day_suits_or_says_why_not(day, least, fault):
    assert day_fault(day, MONDAY, CALENDAR, least=least) is fault


@pytest.mark.parametrize(
    ("day", "works_then"),
    [
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), False),
    ],
)
def test_a_crew_works_from_its_first_day_to_its_last(day, works_then):
    shift = Shift(starts=MONDAY, ends=date(2026, 11, 27), visits=2)
    assert works(shift, day) is works_then
    assert room(shift, day, 0) == (2 if works_then else 0)


def test_a_crew_without_a_last_day_goes_on_and_is_never_less_than_full():
    shift = Shift(starts=MONDAY, ends=None, visits=2)
    assert works(shift, date(2030, 1, 1))
    assert [room(shift, MONDAY, taken) for taken in range(4)] == [2, 1, 0, 0]


@pytest.mark.parametrize("act", RequestAct)
def test_only_a_decision_of_the_last_minutes_is_taken_back(act):
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    decided = act in {
        RequestAct.PLANNED,
        RequestAct.MOVED,
        RequestAct.MISSED,
        RequestAct.DONE,
        RequestAct.REFUSED,
    }
    assert may_undo(act, at, at + timedelta(minutes=9, seconds=59)) is decided
    assert may_undo(act, at, at + timedelta(minutes=10)) is False


ASKED, PLAN, MOVED, UNDONE = (
    RequestAct.ASKED,
    RequestAct.PLANNED,
    RequestAct.MOVED,
    RequestAct.UNDONE,
)


@pytest.mark.parametrize(
    ("acts", "stand", "kept_back"),
    [
        ([(ASKED, 0)], (0,), None),
        ([(ASKED, 0), (PLAN, 11)], (0,), 1),
        ([(ASKED, 0), (PLAN, 10)], (0, 1), None),
        ([(ASKED, 0), (PLAN, 12), (MOVED, 13)], (0,), 1),
        ([(ASKED, 0), (PLAN, 1), (MOVED, 13)], (0, 1), 2),
        ([(ASKED, 0), (PLAN, 1), (UNDONE, 2)], (0,), None),
        ([(ASKED, 0), (PLAN, 12), (MOVED, 13), (UNDONE, 14)], (0,), 1),
        ([(ASKED, 0), (PLAN, 12), (RequestAct.CANCELLED, 13)], (0, 1, 2), None),
    ],
)
def test_a_customer_is_told_what_can_no_longer_be_taken_back(acts, stand, kept_back):
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    known = [(act, start + timedelta(minutes=at)) for act, at in acts]
    assert told(known, start + timedelta(minutes=20)) == (stand, kept_back)
