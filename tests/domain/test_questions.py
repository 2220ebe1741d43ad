from datetime import date
from itertools import product

import pytest

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.questions import (
    QuestionState,
    Urgency,
    due_on,
    move,
    urgency,
)

WAITING, ANSWERED, CLOSED = QuestionState
#: The week of 23 November 2026 begins on Monday; its Wednesday is off here.
CALENDAR = WorkingCalendar({date(2026, 11, 25): False})
LEGAL = {
    (WAITING, ANSWERED),
    (WAITING, CLOSED),
    (ANSWERED, WAITING),
    (ANSWERED, CLOSED),
    (ANSWERED, ANSWERED),
    (CLOSED, WAITING),
    (CLOSED, ANSWERED),
}


@pytest.mark.parametrize(
    ("before", "after"), list(product(QuestionState, QuestionState))
)
def test_every_move_is_in_the_table_or_refused(before, after):
    if (before, after) in LEGAL:
        assert move(before, after) is after
    else:
        with pytest.raises(IllegalMoveError):
            move(before, after)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (date(2026, 11, 20), date(2026, 11, 26)),
        (date(2026, 11, 21), date(2026, 11, 26)),
        (date(2026, 11, 23), date(2026, 11, 27)),
        (date(2026, 11, 27), date(2026, 12, 2)),
    ],
)
def test_three_working_days_later(asked, due):
    assert due_on(asked, CALENDAR) == due


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 23), Urgency.CALM),
        (date(2026, 11, 24), Urgency.SOON),
        (date(2026, 11, 25), Urgency.SOON),
        (date(2026, 11, 26), Urgency.TODAY),
        (date(2026, 11, 27), Urgency.LATE),
    ],
)
def test_a_day_off_does_not_count(today, expected):
    assert urgency(date(2026, 11, 26), today, CALENDAR) is expected
