from datetime import date, timedelta

import pytest

from cabinet.domain.period import ReadingWindow
from cabinet.domain.reminding import Occasion, occasion_of, verification_notice


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


UNTIL = date(2027, 2, 20)


@pytest.mark.parametrize(
    ("left", "notice"),
    [(91, None), (90, 90), (31, 90), (30, 30), (1, 30), (0, 0), (-30, 0), (-31, None)],
)
def test_the_end_of_a_verification_has_three_notices(left, notice):
    """90, 30 and 0 days before: the retailer tells of it in time."""
    assert verification_notice(UNTIL, UNTIL - timedelta(days=left)) == notice
