from datetime import date

import pytest

from cabinet.domain.announcements import Turn, turn_of

FIRST, LAST = date(2026, 11, 20), date(2026, 11, 25)


@pytest.mark.parametrize(
    ("day", "ends", "turn"),
    [
        (19, LAST, Turn.TO_COME),
        (20, LAST, Turn.ON),
        (25, LAST, Turn.ON),
        (26, LAST, Turn.OVER),
        (19, None, Turn.TO_COME),
        (30, None, Turn.ON),
    ],
)
def test_the_first_and_the_last_day_are_included(day, ends, turn):
    assert turn_of(FIRST, ends, date(2026, 11, day)) is turn
