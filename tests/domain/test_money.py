"""Kopecks and prices: exact, rounded half up by name, closed to floats."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price, divide_half_up


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [
        ("1 234,56", 123456),
        ("1\u00a0234,56", 123456),
        ("1\u202f234.56", 123456),
        ("1234", 123400),
        ("0,5", 50),
        ("-82,71", -8271),
        ("\u221282,71", -8271),
        ("0", 0),
    ],
)
def test_a_sum_is_read_as_people_write_it(text, kopecks):
    assert Money.parse(text) == Money(kopecks)


@pytest.mark.parametrize(
    "text", ["", " ", "1,234", "1,", ",5", "=1+1", "1e3", "--1", "1,2,3", "١٢", "NaN"]
)
def test_what_is_not_a_sum_is_refused(text):
    with pytest.raises(ValueError, match="not a sum of money"):
        Money.parse(text)


@pytest.mark.parametrize("value", [1.0, Decimal(1), "1", True, None])
def test_only_whole_kopecks_get_in(value):
    with pytest.raises(TypeError, match="kopecks must be int"):
        Money(value)


def test_sums_add_up_and_turn():
    assert Money(150) + Money(50) == Money(200)
    assert Money(150) - Money(250) == Money(-100)
    assert -Money(150) == Money(-150)
    assert Money(150) * 3 == 3 * Money(150) == Money(450)
    assert Money(1) < Money(2)
    assert Money(1)
    assert not Money(0)
    assert Money(-5).roubles == Decimal("-0.05")
    assert Money.total([Money(1), Money(2)]) == Money(3)
    assert Money.total([]) == Money(0)


@pytest.mark.parametrize("other", [1, 1.5, Energy(1), None])
def test_a_sum_adds_to_sums_only(other):
    with pytest.raises(TypeError):
        Money(1) + other
    with pytest.raises(TypeError):
        Money(1) - other


@pytest.mark.parametrize("times", [1.5, Decimal(2), True, Money(2)])
def test_a_sum_is_taken_whole_times_only(times):
    with pytest.raises(TypeError):
        Money(1) * times


@pytest.mark.parametrize(
    ("text", "micro"), [("5,871", 5871000), ("4.26", 4260000), ("11", 11000000)]
)
def test_a_price_is_read_to_a_millionth(text, micro):
    assert Price.parse(text) == Price(micro)
    assert Price(micro).roubles == Decimal(micro) / 1_000_000


@pytest.mark.parametrize("text", ["", "-5,87", "5,8712345", "5,87 руб", "x"])
def test_what_is_not_a_price_is_refused(text):
    with pytest.raises(ValueError, match="not a price"):
        Price.parse(text)


def test_a_float_is_no_price():
    with pytest.raises(TypeError, match="a price must be int"):
        Price(5.87)


@pytest.mark.parametrize(
    ("price", "wh", "kopecks"),
    [
        # domain.md 2.4: 3 900 kWh x 4,93 = 19 227,00.
        ("4,93", 3_900_000, 1_922_700),
        # 1 kWh x 0,125 = 12,5 kopecks: a half goes up, and away from zero both ways.
        ("0,125", 1_000, 13),
        ("0,125", -1_000, -13),
        ("0,124999", 1_000, 12),
        ("5,87", 0, 0),
    ],
)
def test_a_cost_is_rounded_once_half_up(price, wh, kopecks):
    assert Price.parse(price).cost(Energy(wh)) == Money(kopecks)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_the_same_on_both_sides_of_zero(dividend, divisor):
    rounded = divide_half_up(dividend, divisor)
    assert abs(2 * (rounded * divisor - dividend)) <= divisor
    assert divide_half_up(-dividend, divisor) == -rounded
