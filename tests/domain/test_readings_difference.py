import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.readings import Dial, RegisterFellError, consumption


def kwh(*amounts):
    return tuple(Energy.from_kwh(amount) for amount in amounts)


def test_the_worked_roll_over():
    used = consumption(kwh(99986), kwh(11), dial=Dial(5), rolled_over=True)
    assert used == kwh(25)


def test_the_ratio_applies_after_the_roll_over():
    used = consumption(kwh(99986), kwh(11), dial=Dial(5), ratio=20, rolled_over=True)
    assert used == kwh(500)


def test_only_the_register_that_fell_went_through_zero():
    used = consumption(kwh(99986, 100), kwh(11, 130), dial=Dial(5), rolled_over=True)
    assert used == kwh(25, 30)


def test_a_register_does_not_fall_by_itself():
    with pytest.raises(RegisterFellError):
        consumption(kwh(4634), kwh(4512), dial=Dial(5))


def test_a_dial_knows_its_turn_and_its_step():
    assert Dial(5).turn == Energy.from_kwh(100_000)
    assert Dial(6, 2).step == Energy(10)
    assert Dial(6).step == Energy.from_kwh(1)


@given(st.integers(4, 8), st.integers(0), st.integers(0), st.integers(1, 200))
def test_the_energy_used_is_found_again_across_zero(digits, start, used, ratio):
    turn = 10**digits
    before, used = start % turn, used % turn
    after = (before + used) % turn
    assert consumption(
        kwh(before), kwh(after), dial=Dial(digits), ratio=ratio, rolled_over=True
    ) == kwh(used * ratio)
