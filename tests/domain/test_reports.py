"""Figures of reports: ages of debts, shares, waits, points of a window."""

from datetime import date, datetime, timedelta

import pytest

from cabinet.domain.period import Month
from cabinet.domain.reports import Age, Point, Waits, age_of, percent

TODAY = date(2026, 11, 22)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-10, Age.NOT_DUE),
        (0, Age.NOT_DUE),
        (1, Age.TO_30),
        (30, Age.TO_30),
        (31, Age.TO_60),
        (60, Age.TO_60),
        (61, Age.TO_90),
        (90, Age.TO_90),
        (91, Age.TO_180),
        (180, Age.TO_180),
        (181, Age.TO_365),
        (365, Age.TO_365),
        (366, Age.OLDER),
    ],
)
def test_the_age_of_a_debt(days, age):
    assert age_of(TODAY - timedelta(days=days), TODAY) is age


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 0, None), (0, 3, 0), (2, 3, 66), (999, 1000, 99), (3, 3, 100)],
)
def test_a_share_is_rounded_down(part, whole, told):
    assert percent(part, whole) == told


def test_nobody_waited_for_nothing():
    assert Waits.of([]) is None


@pytest.mark.parametrize(
    ("hours", "middle", "most"),
    [
        ([5], 5, 5),
        ([4, 1], 1, 4),
        ([3, 1, 2], 2, 3),
        (list(range(1, 11)), 5, 9),
        (list(range(1, 12)), 6, 10),
    ],
)
def test_half_of_them_and_nine_of_ten(hours, middle, most):
    found = Waits.of([hour * HOUR for hour in hours])
    assert (found.middle, found.most) == (middle * HOUR, most * HOUR)


def test_a_point_is_the_same_of_any_month():
    assert Point.of(datetime(2026, 11, 20, 9), Month(2026, 11)) == Point(0, 20, 9)  # noqa: DTZ001 - local
    assert Point.of(datetime(2026, 10, 28, 9), Month(2026, 11)) == Point(-1, 28, 9)  # noqa: DTZ001 - local
    assert Point(-1, 28, 9) < Point(0, 1, 0) < Point(0, 1, 5) < Point(0, 2, 0)
