import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.forecast import Footing, forecast
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Plan

kwh = Energy.from_kwh
ONE = ZONES[Plan.ONE]
TWO = ZONES[Plan.TWO]
NOVEMBER = Month(2026, 11)


def known(**by_month):
    """Kilowatt-hours by month: `of_2026_10=120`, a pair for two zones."""
    found = {}
    for name, value in by_month.items():
        month = Month.parse(name.removeprefix("of_").replace("_", "-"))
        values = value if isinstance(value, tuple) else (value,)
        zones = TWO if len(values) == len(TWO) else ONE
        found[month] = {
            zone: kwh(each) for zone, each in zip(zones, values, strict=True)
        }
    return found


def told(found):
    return (
        [int(energy.kwh) for energy in found.by_zone],
        found.footing,
    )


def test_the_same_month_a_year_ago_stands_alone_where_nothing_else_is_known():
    found = forecast(known(of_2025_11=137), ONE, NOVEMBER)

    assert told(found) == ([137], Footing.YEAR_AGO)
    assert found.month == NOVEMBER


def test_the_year_before_is_moved_as_the_last_months_moved():
    # August to October: 330 now, 300 then, which is a tenth more; 200 becomes 220.
    found = forecast(
        known(
            of_2025_08=90,
            of_2025_09=100,
            of_2025_10=110,
            of_2025_11=200,
            of_2026_08=100,
            of_2026_09=110,
            of_2026_10=120,
        ),
        ONE,
        NOVEMBER,
    )

    assert told(found) == ([220], Footing.YEAR_AGO_AND_LATELY)


def test_only_months_known_in_both_years_move_it():
    found = forecast(
        known(of_2025_10=100, of_2025_11=200, of_2026_09=900, of_2026_10=150),
        ONE,
        NOVEMBER,
    )

    assert told(found) == ([300], Footing.YEAR_AGO_AND_LATELY)


@pytest.mark.parametrize(("lately", "expected"), [(1000, 400), (10, 100)])
def test_a_year_differs_twice_at_the_most(lately, expected):
    found = forecast(
        known(of_2025_10=100, of_2025_11=200, of_2026_10=lately), ONE, NOVEMBER
    )

    assert told(found) == ([expected], Footing.YEAR_AGO_AND_LATELY)


@pytest.mark.parametrize(("then", "lately"), [(0, 50), (50, 0)])
def test_an_empty_summer_moves_nothing(then, lately):
    found = forecast(
        known(of_2025_10=then, of_2025_11=200, of_2026_10=lately), ONE, NOVEMBER
    )

    assert told(found) == ([200], Footing.YEAR_AGO)


def test_without_last_year_three_months_are_averaged_zone_by_zone():
    # Day: (100 + 110 + 125) / 3 = 111.7; night: (40 + 50 + 61) / 3 = 50.3.
    found = forecast(
        known(of_2026_08=(100, 40), of_2026_09=(110, 50), of_2026_10=(125, 61)),
        TWO,
        NOVEMBER,
    )

    assert told(found) == ([112, 50], Footing.LATELY)
    assert found.total == kwh(162)


def test_a_missing_month_is_stepped_over_within_half_a_year():
    assert told(
        forecast(
            known(of_2026_05=90, of_2026_07=120, of_2026_10=150, of_2026_04=999),
            ONE,
            NOVEMBER,
        )
    ) == ([120], Footing.LATELY)


@pytest.mark.parametrize(
    "months",
    [
        {},
        {"of_2026_09": 100, "of_2026_10": 100},
        {"of_2026_04": 100, "of_2026_09": 100, "of_2026_10": 100},
    ],
)
def test_too_little_is_no_forecast(months):
    assert forecast(known(**months), ONE, NOVEMBER) is None


def test_months_of_other_zones_do_not_count():
    months = known(of_2025_11=300, of_2026_08=100, of_2026_09=100, of_2026_10=100)

    assert forecast(months, TWO, NOVEMBER) is None


@given(
    st.dictionaries(st.integers(1, 24), st.integers(0, 10**6), max_size=24),
)
def test_it_is_never_beyond_what_was_ever_used(back):
    months = {
        NOVEMBER.plus(-step): {ONE[0]: kwh(value)} for step, value in back.items()
    }

    found = forecast(months, ONE, NOVEMBER)

    if found is not None:
        assert kwh(0) <= found.total <= kwh(2 * max(back.values()))
