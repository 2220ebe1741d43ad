import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.readings import (
    Dial,
    Fault,
    NotAReadingError,
    NotARegisterError,
    digits_of,
    read_register,
    read_registers,
)
from cabinet.domain.tariff import Zone

FIVE = Dial(5)
TWO_ZONES = (Zone.DAY, Zone.NIGHT)


@pytest.mark.parametrize(
    ("text", "kwh"),
    [
        ("4772", 4772),
        ("04772", 4772),
        ("0000004772", 4772),
        (" 4 772 ", 4772),
        ("4\u00a0772", 4772),
        ("4\u202f772", 4772),
        ("47-72", 4772),
        ("\u200e4772\ufeff", 4772),
        ("4772,", 4772),
        ("4772,0", 4772),
        ("4772.0", 4772),
        ("4О7O", 4070),
        ("оo", 0),
        ("0", 0),
        ("99999", 99999),
    ],
)
def test_what_people_type_is_understood(text, kwh):
    assert read_register(text, FIVE) == (Energy.from_kwh(kwh), False)


@pytest.mark.parametrize(
    ("text", "fault", "digits"),
    [
        ("", Fault.EMPTY, 0),
        (" \u00a0-", Fault.EMPTY, 0),
        ("много", Fault.NOT_DIGITS, 0),
        ("12a", Fault.NOT_DIGITS, 0),
        (",5", Fault.NOT_DIGITS, 0),
        ("1.234,5", Fault.NOT_DIGITS, 0),
        ("1e3", Fault.NOT_DIGITS, 0),
        ("+5", Fault.NOT_DIGITS, 0),
        ("١٢٣", Fault.NOT_DIGITS, 0),
        ("１２３", Fault.NOT_DIGITS, 0),
        ("²", Fault.NOT_DIGITS, 0),
        ("123456", Fault.TOO_LONG, 6),
        ("0123456", Fault.TOO_LONG, 7),
        ("9" * 10_000, Fault.TOO_LONG, 10_000),
    ],
)
def test_what_cannot_be_a_register_is_refused_with_its_reason(text, fault, digits):
    with pytest.raises(NotARegisterError) as caught:
        read_register(text, FIVE)
    assert (caught.value.fault, caught.value.digits) == (fault, digits)


def test_the_red_digit_is_cut_and_never_rounded():
    assert read_register("4772,9", FIVE) == (Energy.from_kwh(4772), True)


def test_a_meter_that_counts_fractions_keeps_them():
    assert read_register("4772,9", Dial(5, 1)) == (Energy(4_772_900), False)
    assert read_register("4772,987", Dial(5, 1)) == (Energy(4_772_900), True)
    assert read_register("4772,98", Dial(5, 3)) == (Energy(4_772_980), False)


def test_all_zones_are_read_together():
    typed = read_registers(["4772", "2203,5"], TWO_ZONES, FIVE)
    assert typed.registers == (Energy.from_kwh(4772), Energy.from_kwh(2203))
    assert typed.is_cut


@pytest.mark.parametrize("texts", [["4772"], ["4772", ""], ["4772", " "]])
def test_a_part_of_the_zones_is_not_a_reading(texts):
    with pytest.raises(NotAReadingError) as caught:
        read_registers(texts, TWO_ZONES, FIVE)
    assert {zone: e.fault for zone, e in caught.value.faults.items()} == {
        Zone.NIGHT: Fault.EMPTY
    }


def test_every_fault_of_a_form_is_told_at_once():
    with pytest.raises(NotAReadingError, match="day: not_digits, night: too_long"):
        read_registers(["x", "123456"], TWO_ZONES, FIVE)


@given(
    st.integers(0, 99999),
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(" -\u00a0\u2009—"))),
)
def test_any_number_of_the_meter_is_read_however_it_is_decorated(
    number, zeros, fillers
):
    text = "0" * zeros + str(number)
    for place, filler in fillers:
        text = text[:place] + filler + text[place:]
    assert read_register(text, FIVE)[0] == Energy.from_kwh(number)


@given(st.text(max_size=30), st.integers(1, 9), st.integers(0, 3))
def test_any_text_is_a_register_of_the_meter_or_a_fault(text, digits, decimals):
    dial = Dial(digits, decimals)
    try:
        energy, _ = read_register(text, dial)
    except NotARegisterError:
        return
    assert Energy(0) <= energy < dial.turn
    assert energy.wh % dial.step.wh == 0


@pytest.mark.parametrize(
    ("texts", "digits"),
    [
        (("472", "2203"), (3, 4)),
        (("00011", "7"), (5, 1)),
        (("4 772,9", "О4О.25"), (4, 3)),
    ],
)
def test_the_digits_typed_are_counted_with_their_zeros(texts, digits):
    assert read_registers(texts, TWO_ZONES, FIVE).digits == digits


@pytest.mark.parametrize(
    ("kwh", "digits"), [("0", 1), ("9.999", 1), ("10", 2), ("99986", 5)]
)
def test_a_register_has_digits_before_the_comma(kwh, digits):
    assert digits_of(Energy.from_kwh(kwh)) == digits
