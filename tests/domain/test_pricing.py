"""Prices that change within a month, and plans that change with a meter."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.domain.period import Month, Span
from cabinet.domain.pricing import PlanPrices, price_month
from cabinet.domain.tariff import Plan, Rate, RateMissing, Zone
from tests.domain.prices import ORDINARY, rates

SEPTEMBER = Month(2026, 9)
MIDDLE = date(2026, 9, 11)


def rate(price, starts, ends=None, number=1):
    return Rate(
        zone=Zone.SINGLE,
        range_number=number,
        price=Price.parse(price),
        starts=starts,
        ends=ends,
    )


CHANGING = (rate("5", date(2026, 1, 1), MIDDLE), rate("6", MIDDLE))


def kwh(*amounts):
    return tuple(Energy.from_kwh(one) for one in amounts)


def lines(known, *amounts, plan=Plan.ONE):
    prices = PlanPrices.of(plan, known, SEPTEMBER)
    return price_month([(prices, kwh(*amounts))], ORDINARY)


def test_a_price_that_changes_within_the_month_splits_the_energy_by_days():
    before, after = lines(CHANGING, 100)
    # 10 days of 30 at 5, rounded down to a watt-hour; the other 20 at 6.
    assert (before.energy.wh, before.amount.kopecks) == (33_333, 166_67)
    assert (after.energy.wh, after.amount.kopecks) == (66_667, 400_00)
    assert before.days == Span(SEPTEMBER.starts, MIDDLE)
    assert after.days == Span(MIDDLE, SEPTEMBER.ends)


def test_a_row_that_says_the_same_price_again_splits_nothing():
    same = (rate("5", date(2026, 1, 1), MIDDLE), rate("5", MIDDLE))
    (line,) = lines(same, 100)
    assert (line.amount.kopecks, line.days) == (500_00, None)


def test_only_the_zone_whose_price_changes_is_split():
    night = tuple(one for one in rates() if one.zone is Zone.NIGHT)
    day = (
        Rate(
            zone=Zone.DAY,
            range_number=1,
            price=Price.parse("5"),
            starts=date(2026, 1, 1),
            ends=MIDDLE,
        ),
        Rate(zone=Zone.DAY, range_number=1, price=Price.parse("6"), starts=MIDDLE),
    )
    found = lines((*night, *day), 30, 30, plan=Plan.TWO)
    assert [(one.zone, one.days is None) for one in found] == [
        (Zone.DAY, False),
        (Zone.DAY, False),
        (Zone.NIGHT, True),
    ]


def test_a_day_without_a_price_is_missing_once_whatever_is_before_and_after():
    holed = (
        rate("5", date(2026, 1, 1), date(2026, 9, 5)),
        rate("6", date(2026, 9, 8), date(2026, 9, 20)),
    )
    prices = PlanPrices.of(Plan.ONE, holed, SEPTEMBER)
    assert prices.missing([1, 2]) == [(Zone.SINGLE, 1), (Zone.SINGLE, 2)]
    assert PlanPrices.of(Plan.ONE, CHANGING, SEPTEMBER).missing([1]) == []
    with pytest.raises(RateMissing) as fault:
        price_month([(prices, kwh(10))], ORDINARY)
    assert fault.value.missing == ((Zone.SINGLE, 1),)


def test_plans_of_one_month_fill_the_ranges_together():
    one = PlanPrices.of(Plan.ONE, rates(), SEPTEMBER)
    two = PlanPrices.of(Plan.TWO, rates(), SEPTEMBER)
    found = price_month([(one, kwh(2000)), (two, kwh(1500, 500))], ORDINARY)
    # 3900 of 4000: 1950 of the old plan, 1462,5 of the day, 487,5 of the night.
    assert [
        (each.zone, each.range_number, float(each.energy.kwh)) for each in found
    ] == [
        (Zone.SINGLE, 1, 1950.0),
        (Zone.DAY, 1, 1462.5),
        (Zone.NIGHT, 1, 487.5),
        (Zone.SINGLE, 2, 50.0),
        (Zone.DAY, 2, 37.5),
        (Zone.NIGHT, 2, 12.5),
    ]


@given(st.integers(0, 20_000_000))
def test_the_days_hold_all_of_the_energy(wh):
    prices = PlanPrices.of(
        Plan.ONE,
        [
            rate(price, starts, ends, number)
            for number in (1, 2, 3)
            for price, starts, ends in (
                ("5", date(2026, 1, 1), MIDDLE),
                ("6", MIDDLE, None),
            )
        ],
        SEPTEMBER,
    )
    found = price_month([(prices, (Energy(wh),))], ORDINARY)
    assert Energy.total(one.energy for one in found) == Energy(wh)
    assert all(one.energy.wh >= 0 for one in found)
