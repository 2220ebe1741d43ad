from datetime import date

import pytest

from cabinet.domain.period import ReadingWindow
from cabinet.domain.reminding import Occasion, occasion_of


@pytest.mark.parametrize(
    ("first", "last", "day", "occasion"),
    [
        (20, 25, 19, None),
        (20, 25, 20, Occasion.OPENED),
        (20, 25, 21, None),
        (20, 25, 22, None),
        (20, 25, 23, Occasion.CLOSING),
        (20, 25, 24, None),
        (20, 25, 25, None),
        (1, 28, 26, Occasion.CLOSING),
        (23, 25, 23, Occasion.OPENED),
        (24, 25, 23, None),
        (25, 25, 25, Occasion.OPENED),
    ],
)
def test_two_days_of_a_month(first, last, day, occasion):
    assert occasion_of(ReadingWindow(first, last), date(2026, 11, day)) is occasion
