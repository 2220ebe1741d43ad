"""Energy in whole watt-hours: exact, closed to floats."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money


@pytest.mark.parametrize(
    ("kwh", "wh"),
    [
        (4634, 4_634_000),
        (Decimal("0.001"), 1),
        (Decimal("1E+3"), 1_000_000),
        ("4 634", 4_634_000),
        ("4\u00a0634,5", 4_634_500),
        ("0.125", 125),
        ("-7", -7_000),
    ],
)
def test_kilowatt_hours_become_whole_watt_hours(kwh, wh):
    assert Energy.from_kwh(kwh) == Energy(wh)


@pytest.mark.parametrize("kwh", ["", "12,7x", "1,2345", "1,", "١٢", "1e3"])
def test_words_that_are_no_energy_are_refused(kwh):
    with pytest.raises(ValueError, match="not an amount of energy"):
        Energy.from_kwh(kwh)


def test_what_is_finer_than_a_watt_hour_is_refused():
    with pytest.raises(ValueError, match="finer than a watt-hour"):
        Energy.from_kwh(Decimal("0.0001"))


@pytest.mark.parametrize("kwh", ["NaN", "Infinity"])
def test_what_is_no_number_is_refused(kwh):
    with pytest.raises(ValueError, match="not an amount of energy"):
        Energy.from_kwh(Decimal(kwh))


@pytest.mark.parametrize("kwh", [1.5, True, None])
def test_only_exact_numbers_become_energy(kwh):
    with pytest.raises(TypeError):
        Energy.from_kwh(kwh)


@pytest.mark.parametrize("wh", [1.0, Decimal(1), "1", True, None])
def test_only_whole_watt_hours_get_in(wh):
    with pytest.raises(TypeError, match="watt-hours must be int"):
        Energy(wh)


def test_energy_adds_up_and_turns():
    assert Energy(150) + Energy(50) == Energy(200)
    assert Energy(150) - Energy(250) == Energy(-100)
    assert -Energy(150) == Energy(-150)
    # domain.md 2.3: the ratio comes after the difference, 25 x 20 = 500.
    assert Energy.from_kwh(25) * 20 == 20 * Energy.from_kwh(25) == Energy.from_kwh(500)
    assert Energy(1) < Energy(2)
    assert Energy(1)
    assert not Energy.zero()


@pytest.mark.parametrize("other", [1, 1.5, Money(1), None])
def test_energy_adds_to_energy_only(other):
    with pytest.raises(TypeError):
        Energy(1) + other
    with pytest.raises(TypeError):
        Energy(1) - other


@pytest.mark.parametrize("times", [1.5, Decimal(2), True, Energy(2)])
def test_energy_is_taken_whole_times_only(times):
    with pytest.raises(TypeError):
        Energy(1) * times


@given(st.integers(-(10**15), 10**15))
def test_kilowatt_hours_and_back_change_nothing(wh):
    assert Energy.from_kwh(Energy(wh).kwh) == Energy(wh)
