"""Quarters, and the share of the two best ratings."""

from datetime import date

import pytest

from cabinet.domain.questions import Rating
from cabinet.domain.usability import Quarter, Shares


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 1, 1), 20261),
        (date(2026, 3, 31), 20261),
        (date(2026, 4, 1), 20262),
        (date(2026, 9, 30), 20263),
        (date(2026, 12, 31), 20264),
    ],
)
def test_a_day_has_its_quarter(day, code):
    quarter = Quarter.of(day)
    assert quarter.code == code
    assert Quarter.from_code(code) == quarter


def test_quarters_go_on_over_the_year():
    last = Quarter(2026, 4)
    assert last.plus(1) == Quarter(2027, 1)
    assert last.plus(-4) == Quarter(2025, 4)
    assert str(last) == "2026-4"


@pytest.mark.parametrize("number", [0, 5])
def test_a_year_has_four(number):
    with pytest.raises(ValueError, match="no such quarter"):
        Quarter(2026, number)


@pytest.mark.parametrize(
    ("counts", "best", "is_reached"),
    [
        ({}, None, False),
        ({Rating.BEST: 1}, 100, True),
        ({Rating.GOOD: 3, Rating.BEST: 1, Rating.FAIR: 1}, 80, True),
        # 159 of 200 is 79,5 %: no goal reached, and it must not look so.
        ({Rating.GOOD: 159, Rating.BAD: 41}, 79, False),
        ({Rating.BAD: 1, Rating.POOR: 1, Rating.FAIR: 1}, 0, False),
    ],
)
def test_the_share_of_the_two_best(counts, best, is_reached):
    shares = Shares(counts)
    assert shares.best == best
    assert shares.is_reached is is_reached
