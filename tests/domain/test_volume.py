"""How much energy a month has: domain.md 2.2, decree 354 paragraphs 42, 59 and 60.

Registers are kilowatt-hours; the arithmetic of each expected figure stands beside it.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month, ReadingWindow, months
from cabinet.domain.tariff import Plan
from cabinet.domain.volume import (
    Actual,
    Household,
    MeterLife,
    NormMissing,
    ZonesDiffer,
    volumes,
)

JANUARY = Month(2026, 1)
OPENING = date(2025, 12, 25)
WINDOW = ReadingWindow(20, 25)
ACTUAL, AVERAGE, NORM = ChargeBasis.ACTUAL, ChargeBasis.AVERAGE, ChargeBasis.NORM


def registers(*kwh):
    return tuple(Energy.from_kwh(one) for one in kwh)


def kwh(amounts):
    return tuple(float(one.kwh) for one in amounts)


def meter(serial="1", opening=(1000,), opening_on=OPENING, closing=None, **more):
    more = {"digits": 5} | more
    return MeterLife(
        serial=serial,
        opening_on=opening_on,
        opening=registers(*opening),
        closing=closing and registers(*closing),
        **more,
    )


def read(day, *shown, serial="1", source=ReadingSource.CABINET):
    return Actual(
        serial=serial,
        period=WINDOW.period_of(day),
        taken_on=day,
        source=source,
        registers=registers(*shown),
    )


def monthly(*shown, serial="1"):
    """Readings of the 22nd of January, February and so on; None is a silent month."""
    return tuple(
        read(date(2026, number, 22), one, serial=serial)
        for number, one in enumerate(shown, start=1)
        if one is not None
    )


METER = meter()


def household(*readings, meters=(METER,), plan=Plan.ONE, residents=2, norm=100):
    return Household(
        plan=plan,
        residents=residents,
        norm=norm if norm is None else Energy.from_kwh(norm),
        meters=tuple(meters),
        readings=tuple(readings),
    )


def count(home, last, first=JANUARY):
    return list(volumes(home, months(first, Month(2026, last))))


def told(home, last):
    return [(one.basis, kwh(one.by_zone)) for one in count(home, last)]


def test_a_month_is_the_difference_of_two_readings():
    # 1 150 - 1 000 = 150; 1 250 - 1 150 = 100.
    assert told(household(*monthly(1150, 1250)), 2) == [
        (ACTUAL, (150.0,)),
        (ACTUAL, (100.0,)),
    ]


def test_a_month_tells_which_registers_it_lies_between():
    _, february = count(household(*monthly(1150, 1250)), 2)
    (stretch,) = february.stretches
    assert (stretch.before_on, stretch.after_on) == (
        date(2026, 1, 22),
        date(2026, 2, 22),
    )
    assert (kwh(stretch.before), kwh(stretch.after)) == ((1150.0,), (1250.0,))
    assert (stretch.serial, stretch.source) == ("1", ReadingSource.CABINET)
    assert (february.silent, february.resumed, february.mean_of) == (0, None, ())


def test_zones_are_counted_apart():
    # T1 (day): 1 150 - 1 000; T2 (night): 540 - 500.
    home = household(
        read(date(2026, 1, 22), 1150, 540),
        meters=[meter(opening=(1000, 500))],
        plan=Plan.TWO,
    )
    (january,) = count(home, 1)
    assert kwh(january.by_zone) == (150.0, 40.0)
    assert january.total == Energy.from_kwh(190)


def test_an_estimate_is_never_what_a_meter_showed():
    with pytest.raises(ValueError, match="an estimate is not"):
        read(date(2026, 1, 22), 1150, source=ReadingSource.ESTIMATE)


@pytest.mark.parametrize(
    ("ratio", "used"),
    [
        # domain.md 2.3: five digits, 99 986 -> 11: 100 000 - 99 986 + 11 = 25.
        (1, 25.0),
        # The ratio applies after the roll-over: 25 x 20.
        (20, 500.0),
    ],
)
def test_a_register_goes_through_zero(ratio, used):
    home = household(
        read(date(2026, 1, 22), 11), meters=[meter(opening=(99986,), ratio=ratio)]
    )
    assert told(home, 1) == [(ACTUAL, (used,))]


def test_only_the_zone_that_fell_goes_through_zero():
    # T1: 100 000 - 99 990 + 90 = 100; T2: 60 - 20 = 40.
    home = household(
        read(date(2026, 1, 22), 90, 60),
        meters=[meter(opening=(99990, 20))],
        plan=Plan.TWO,
    )
    assert told(home, 1) == [(ACTUAL, (100.0, 40.0))]


def test_the_ratio_multiplies_each_zone():
    # (1 010 - 1 000) x 20 = 200; (503 - 500) x 20 = 60.
    home = household(
        read(date(2026, 1, 22), 1010, 503),
        meters=[meter(opening=(1000, 500), ratio=20)],
        plan=Plan.TWO,
    )
    assert told(home, 1) == [(ACTUAL, (200.0, 60.0))]


def test_the_newest_of_two_readings_of_a_month_counts():
    # 1 160 of the 24th, not 1 150 of the 21st; February starts from 1 160.
    home = household(
        read(date(2026, 1, 24), 1160),
        read(date(2026, 1, 21), 1150),
        read(date(2026, 2, 22), 1260),
    )
    assert told(home, 2) == [(ACTUAL, (160.0,)), (ACTUAL, (100.0,))]


def test_a_late_reading_counts_in_the_next_month():
    # 26 March is after the window: March has no reading, two months are too few for an
    # average, the norm is 100 x 2.
    home = household(*monthly(1150, 1250), read(date(2026, 3, 26), 1400))
    assert told(home, 3)[-1] == (NORM, (200.0,))
    # April has 1 400 - 1 250 = 150 for two months: 75 its own.
    assert told(home, 4)[-1] == (ACTUAL, (75.0,))


def test_a_newer_reading_of_the_month_beats_the_late_one_of_the_month_before():
    # Taken on 26 January and 22 February, both count in February: 1 300 - 1 000 = 300,
    # half of it February's own.
    home = household(read(date(2026, 1, 26), 1180), read(date(2026, 2, 22), 1300))
    assert told(home, 2) == [(NORM, (200.0,)), (ACTUAL, (150.0,))]


THREE_MONTHS = (1100, 1230, 1300)  # 100, 130 and 70: 100 on average


def test_silent_months_go_by_the_average_for_three_periods_then_by_the_norm():
    # (100 + 130 + 70) / 3 = 100 for April, May and June; from July 110 x 2 = 220.
    home = household(*monthly(*THREE_MONTHS), norm=110)
    counted = count(home, 11)[3:]
    assert [(one.basis, kwh(one.by_zone), one.silent) for one in counted] == [
        (AVERAGE, (100.0,), 1),
        (AVERAGE, (100.0,), 2),
        (AVERAGE, (100.0,), 3),
        (NORM, (220.0,), 4),
        (NORM, (220.0,), 5),
        (NORM, (220.0,), 6),
        (NORM, (220.0,), 7),
        (NORM, (220.0,), 8),
    ]
    assert counted[2].mean_of == (JANUARY, Month(2026, 2), Month(2026, 3))
    assert counted[3].mean_of == ()


def test_fewer_than_three_actual_months_give_no_average():
    assert told(household(*monthly(1100, 1200)), 3)[-1] == (NORM, (200.0,))


def test_the_average_is_of_the_last_six_actual_months():
    # January's 900 is left out: (60 + 60 + 60 + 60 + 60 + 120) / 6 = 70.
    home = household(*monthly(1900, 1960, 2020, 2080, 2140, 2200, 2320))
    assert told(home, 8)[-1] == (AVERAGE, (70.0,))


@pytest.mark.parametrize(
    ("shown", "mean"),
    [
        # (1 + 1 + 1 + 2) / 4 = 1,25 -> 1.
        ((1001, 1002, 1003, 1005), 1.0),
        # (1 + 1 + 1 + 3) / 4 = 1,5 -> 2, the even one.
        ((1001, 1002, 1003, 1006), 2.0),
        # (2 + 2 + 2 + 4) / 4 = 2,5 -> 2, the even one.
        ((1002, 1004, 1006, 1010), 2.0),
        # (1 + 1 + 3) / 3 = 1,66... -> 2.
        ((1001, 1002, 1005), 2.0),
    ],
)
def test_an_average_is_whole_kilowatt_hours_half_to_even(shown, mean):
    assert told(household(*monthly(*shown)), len(shown) + 1)[-1] == (AVERAGE, (mean,))


@pytest.mark.parametrize(
    ("silent", "shown", "own", "measured", "counted"),
    [
        # One silent month at 100. 1 300 -> 1 540: 240 / 2 = 120 own, 120 measured.
        (1, 1540, 120, 120, 100),
        # Two at 100. 1 300 -> 1 601: 301 / 3 = 100,33 -> 100 own, 201 measured.
        (2, 1601, 100, 201, 200),
        # Three at 100. 1 300 -> 1 400: 100 / 4 = 25 own, 75 measured.
        (3, 1400, 25, 75, 300),
        # Three at 100, one norm of 200. 1 300 -> 2 300: 1 000 / 5 = 200 own, 800.
        (4, 2300, 200, 800, 500),
        # Three at 100, two norms. 1 300 -> 1 300: nothing was used.
        (5, 1300, 0, 0, 700),
        # Three at 100, three norms. 1 300 -> 2 009: 709 / 7 = 101,28 -> 101, 608.
        (6, 2009, 101, 608, 900),
        # Three at 100, four norms. 1 300 -> 2 400: 1 100 / 8 = 137,5 -> 137, 963.
        (7, 2400, 137, 963, 1100),
        # Three at 100, five norms. 1 300 -> 2 200: 900 / 9 = 100, 800.
        (8, 2200, 100, 800, 1300),
    ],
)
def test_resumed_readings_settle_the_silent_months(
    silent, shown, own, measured, counted
):
    home = household(*monthly(*THREE_MONTHS, *[None] * silent, shown))
    resumed = count(home, 4 + silent)[-1]
    assert (resumed.basis, kwh(resumed.by_zone)) == (ACTUAL, (own,))
    assert resumed.resumed is not None
    assert kwh(resumed.resumed.measured) == (measured,)
    assert kwh(resumed.resumed.counted) == (counted,)
    assert kwh(resumed.resumed.difference) == (measured - counted,)
    assert resumed.resumed.months == tuple(
        months(Month(2026, 4), Month(2026, 3 + silent))
    )


def test_after_resuming_the_count_of_silent_months_starts_anew():
    # Silent April, 1 300 -> 1 500 in May: 100 own. Silent June: the average of 100,
    # 130, 70 and 100 is 100.
    home = household(*monthly(*THREE_MONTHS, None, 1500))
    june = count(home, 6)[-1]
    assert (june.basis, kwh(june.by_zone), june.silent) == (AVERAGE, (100.0,), 1)
    assert june.mean_of == (*months(JANUARY, Month(2026, 3)), Month(2026, 5))


@pytest.mark.parametrize(
    ("plan", "opening", "shares"),
    [
        # 55 x 3 = 165 whole to the only zone.
        (Plan.ONE, (0,), (165.0,)),
        # 165 x 30 % = 49,5 -> 50 to the night (even), the remainder 115 to the day.
        (Plan.TWO, (0, 0), (115.0, 50.0)),
        # 165 x 25 % = 41,25 -> 41 night; 165 x 45 % = 74,25 -> 74 half-peak; 50 peak.
        (Plan.THREE, (0, 0, 0), (50.0, 41.0, 74.0)),
    ],
)
def test_the_norm_is_shared_between_zones_and_the_remainder_is_the_firsts(
    plan, opening, shares
):
    home = household(meters=[meter(opening=opening)], plan=plan, residents=3, norm=55)
    assert told(home, 1) == [(NORM, shares)]


def test_a_month_without_readings_and_norm_stops():
    with pytest.raises(NormMissing, match="no norm in 2026-01") as fault:
        count(household(norm=None), 1)
    assert fault.value.month == JANUARY


def test_a_missing_norm_does_not_stop_an_average():
    home = household(*monthly(*THREE_MONTHS), norm=None)
    assert told(home, 6)[-1] == (AVERAGE, (100.0,))
    with pytest.raises(NormMissing, match="no norm in 2026-07"):
        count(home, 7)


def test_without_meters_every_month_goes_by_the_norm():
    assert told(household(meters=()), 2) == [(NORM, (200.0,))] * 2


OLD = meter("1", removed_on=date(2026, 1, 10), closing=(1050,))
NEW = meter("2", opening=(7,), opening_on=date(2026, 1, 10))


def test_a_replaced_meter_adds_its_closing_register():
    # 1 050 - 1 000 = 50 by the old one, 77 - 7 = 70 by the new one.
    home = household(read(date(2026, 1, 22), 77, serial="2"), meters=[OLD, NEW])
    (january,) = count(home, 1)
    assert kwh(january.by_zone) == (120.0,)
    old, new = january.stretches
    assert (old.serial, old.source, old.after_on) == ("1", None, date(2026, 1, 10))
    assert (new.serial, new.source) == ("2", ReadingSource.CABINET)
    assert new.before_on == date(2026, 1, 10)


def test_each_meter_has_its_own_ratio_and_digits():
    # The old one, four digits, ratio 20: 9 998 -> 3 is 5 x 20 = 100; the new one 30.
    old = meter(
        "1",
        opening=(9998,),
        closing=(3,),
        removed_on=date(2026, 1, 10),
        digits=4,
        ratio=20,
    )
    home = household(read(date(2026, 1, 22), 37, serial="2"), meters=[old, NEW])
    assert told(home, 1) == [(ACTUAL, (130.0,))]


def test_a_reading_before_the_replacement_does_not_hide_the_one_after():
    # Until 5 January 30, until the closing 20, by the new one 70.
    home = household(
        read(date(2026, 1, 5), 1030),
        read(date(2026, 1, 22), 77, serial="2"),
        meters=[OLD, NEW],
    )
    (january,) = count(home, 1)
    assert [kwh(stretch.used) for stretch in january.stretches] == [
        (30.0,),
        (20.0,),
        (70.0,),
    ]
    assert kwh(january.by_zone) == (120.0,)


def test_a_closing_register_alone_does_not_end_a_month():
    # January is silent: norm 200. February: 50 + (107 - 7) = 150, half of it its own.
    home = household(read(date(2026, 2, 22), 107, serial="2"), meters=[OLD, NEW])
    january, february = count(home, 2)
    assert (january.basis, kwh(january.by_zone)) == (NORM, (200.0,))
    assert january.unclosed is None
    assert kwh(february.by_zone) == (75.0,)
    assert kwh(february.resumed.difference) == (75.0 - 200.0,)


def test_a_meter_between_two_others_is_counted_too():
    # 50 by the first, 25 - 7 = 18 by the second, 40 - 0 = 40 by the third.
    second = meter(
        "2",
        opening=(7,),
        opening_on=date(2026, 1, 10),
        removed_on=date(2026, 1, 15),
        closing=(25,),
    )
    third = meter("3", opening=(0,), opening_on=date(2026, 1, 15))
    home = household(
        read(date(2026, 1, 22), 40, serial="3"), meters=[OLD, second, third]
    )
    assert told(home, 1) == [(ACTUAL, (108.0,))]


@pytest.mark.parametrize("removed_on", [None, date(2026, 1, 10)])
def test_without_a_closing_register_the_new_meter_waits_and_is_told_of(removed_on):
    old = meter("1", removed_on=removed_on)
    home = household(read(date(2026, 1, 22), 77, serial="2"), meters=[old, NEW])
    january, february = count(home, 2)
    assert (january.basis, january.unclosed) == (NORM, "1")
    # Nothing came in February, so nothing waits.
    assert (february.basis, february.unclosed) == (NORM, None)


def test_a_month_read_before_an_unclosed_replacement_counts_up_to_there():
    old = meter("1", removed_on=date(2026, 1, 10))
    home = household(
        read(date(2026, 1, 5), 1030),
        read(date(2026, 1, 22), 77, serial="2"),
        meters=[old, NEW],
    )
    (january,) = count(home, 1)
    assert (january.basis, kwh(january.by_zone)) == (ACTUAL, (30.0,))
    assert january.unclosed == "1"


def test_months_follow_one_another():
    with pytest.raises(ValueError, match="2026-03 does not follow 2026-01"):
        list(volumes(household(), [JANUARY, Month(2026, 3)]))


STEPS = st.lists(st.none() | st.integers(0, 5000), min_size=1, max_size=12)


def shown_by(steps):
    at, shown = 1000, []
    for step in steps:
        at += step or 0
        shown.append(None if step is None else at % 100_000)
    return shown


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(steps, chance):
    readings = list(monthly(*shown_by(steps)))
    straight = count(household(*readings), len(steps))
    chance.shuffle(readings)
    assert count(household(*readings), len(steps)) == straight


@given(STEPS)
def test_everything_the_meter_showed_is_counted_once(steps):
    counted = count(household(*monthly(*shown_by(steps))), len(steps))
    total = Energy.total(
        one.total + Energy.total(one.resumed.difference if one.resumed else ())
        for one in counted
    )
    # Silent months at the end are counted and not yet settled.
    while counted and counted[-1].basis is not ACTUAL:
        total -= counted.pop().total
    read_months = [step for step in steps if step is not None]
    assert total == Energy.from_kwh(sum(read_months))


@given(STEPS, st.integers(1, 11))
def test_a_replacement_changes_nothing_in_what_was_used(steps, number):
    number = min(number, len(steps))
    shown = shown_by(steps)
    whole = count(household(*monthly(*shown)), len(steps))
    # The same registers, shown by two meters with a replacement on the 10th.
    at = 1000
    for step in steps[: number - 1]:
        at += step or 0
    day = date(2026, number, 10)
    closing = (at % 100_000,)
    old = meter("1", removed_on=day, closing=closing)
    new = meter("2", opening=closing, opening_on=day)
    readings = [
        read(one.taken_on, one.registers[0].kwh, serial="2")
        if one.taken_on > day
        else one
        for one in monthly(*shown)
    ]
    parts = count(household(*readings, meters=[old, new]), len(steps))
    assert [one.by_zone for one in parts] == [one.by_zone for one in whole]


def test_a_meter_of_more_zones_leaves_the_days_before_to_the_old_plan():
    old = meter("old", closing=(1300,), removed_on=date(2026, 3, 1))
    new = meter("new", opening=(0, 0), opening_on=date(2026, 3, 1))
    shown = (
        *monthly(1100, 1200, serial="old"),
        read(date(2026, 3, 22), 5, 6, serial="new"),
    )
    *_, march = count(household(*shown, meters=(old, new)), 3)
    # 1300 − 1200 in the old plan; 5 and 6 in the new.
    assert (kwh(march.earlier), kwh(march.by_zone)) == ((100.0,), (5.0, 6.0))
    assert (march.plan, march.total) == (Plan.TWO, Energy.from_kwh(111))


def test_a_reading_of_fewer_registers_than_the_meter_has_stops():
    two = meter(opening=(1000, 500))
    shown = (read(date(2026, 1, 22), 1100),)
    walk = volumes(household(*shown, meters=(two,), plan=Plan.TWO), [JANUARY])
    with pytest.raises(ZonesDiffer, match="meter 1 in 2026-01"):
        next(walk)
