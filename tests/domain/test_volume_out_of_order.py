"""Meters whose verification is over, and checks that contradict what was sent.

Decree 354, paragraphs 59 «г», 61 and 81(12) «д». Registers are kilowatt-hours; the
arithmetic of each expected figure stands beside it.
"""

from dataclasses import replace
from datetime import date

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.volume import Carried, Silence, month_volume
from tests.domain.test_volume import (
    JANUARY,
    count,
    household,
    kwh,
    meter,
    monthly,
    read,
)

#: Of 100 kWh a month from January to April.
KNOWN = monthly(1100, 1200, 1300, 1400)
ACTUAL, AVERAGE = ChargeBasis.ACTUAL, ChargeBasis.AVERAGE


def told(volumes):
    return [(str(one.basis), *kwh(one.by_zone)) for one in volumes]


def test_the_day_verification_ends_is_still_in_order():
    until = date(2026, 5, 22)
    readings = (*KNOWN, read(until, 1550), read(date(2026, 6, 22), 1700))
    last, after = count(household(*readings, meters=[meter(verified_until=until)]), 6)[
        -2:
    ]
    assert told([last, after]) == [("actual", 150.0), ("average", 110.0)]
    assert (after.silence, last.silence) == (Silence.UNVERIFIED, None)


def test_without_verification_the_average_stands_beyond_three_months():
    out = meter(verified_until=date(2026, 4, 30))
    silent = count(household(*KNOWN, meters=[out]), 10)[4:]
    assert told(silent) == [("average", 100.0)] * 6


def test_a_new_meter_settles_the_days_since_it_hangs_and_no_others():
    day = date(2026, 9, 11)
    out = meter(verified_until=date(2026, 4, 30), removed_on=day, closing=(9000,))
    new = meter("2", opening=(0,), opening_on=day)
    readings = (*KNOWN, read(date(2026, 10, 22), 150, serial="2"))
    september, october = count(household(*readings, meters=[out, new]), 10)[-2:]
    # September by the average; of it the 20 days since the 11th are the new meter's:
    # 100 × 20 / 30 = 66,67, so 67.
    assert told([september]) == [("average", 100.0)]
    assert september.silence is Silence.UNREAD
    # 150 in two months: 75 is October's own, 75 are settled against the 67.
    assert told([october]) == [("actual", 75.0)]
    assert kwh(october.resumed.counted) == (67.0,)
    assert kwh(october.resumed.difference) == (8.0,)


def test_a_replacement_that_is_entered_later_settles_the_months_since_it():
    day = date(2026, 6, 16)
    out = meter(verified_until=date(2026, 4, 30))
    carried = Carried()
    for month in (Month(2026, number) for number in range(1, 9)):
        _, carried = month_volume(household(*KNOWN, meters=[out]), carried, month)
    assert [one.month.number for one in carried.silent] == [5, 6, 7, 8]
    gone = replace(out, removed_on=day, closing=(out.opening[0],))
    new = meter("2", opening=(0,), opening_on=day)
    home = household(
        read(date(2026, 9, 22), 330, serial="2"), meters=[gone, new], norm=None
    )
    september, _ = month_volume(home, carried, Month(2026, 9))
    # June's 15 days since the 16th, 100 × 15 / 30 = 50; July 100; August 100.
    assert [one.number for one in september.resumed.months] == [6, 7, 8]
    assert kwh(september.resumed.counted) == (250.0,)
    # 330 in four months: 82 is September's own, 248 the others'.
    assert kwh(september.by_zone) == (82.0,)
    assert kwh(september.resumed.difference) == (-2.0,)


def test_a_meter_that_is_taken_away_next_month_is_out_of_order_till_then():
    out = meter(verified_until=date(2026, 4, 30), removed_on=date(2026, 6, 1))
    new = meter("2", opening=(0,), opening_on=date(2026, 6, 1))
    *_, may = count(household(*KNOWN, meters=[out, new]), 5)
    assert (told([may]), may.silence) == ([("average", 100.0)], Silence.UNVERIFIED)


def test_the_old_meter_read_in_the_month_leaves_only_the_days_after_it():
    until, gone_on = date(2026, 5, 10), date(2026, 5, 20)
    out = meter(verified_until=until, removed_on=gone_on)
    new = meter("2", opening=(0,), opening_on=gone_on)
    readings = (*KNOWN, read(until, 1450), read(date(2026, 5, 24), 9, serial="2"))
    *_, may = count(household(*readings, meters=[out, new]), 5)
    # 50 by the old one, 9 by the new, and from the 10th to the 19th 100 × 10 / 31 = 32.
    assert told([may]) == [("actual", 91.0)]
    assert kwh(may.bridged) == (32.0,)
    assert may.bridged_days == (until, gone_on)


def test_months_by_the_norm_that_are_not_settled_keep_their_share():
    readings = (read(date(2026, 4, 22), 1400),)
    home = replace(household(*readings), settles_norm=False)
    *_, april = count(home, 4)
    # 400 in four months: 100 is April's, three shares stay with the months by the norm.
    assert told([april]) == [("actual", 100.0)]
    assert april.resumed is None


def checked(day, shown, act="17/26"):
    return replace(read(day, shown, source=ReadingSource.INSPECTOR), act=act)


def test_what_is_read_after_a_check_is_the_months_own_also_after_silence():
    readings = (
        *monthly(1100, 1200, 1300, None),
        checked(date(2026, 5, 10), 1540),
        read(date(2026, 5, 22), 1560),
    )
    april, may = count(household(*readings), 5)[-2:]
    assert told([april]) == [("average", 100.0)]
    # 240 up to the check in two months: 120 is May's, and 20 after it.
    assert told([may]) == [("actual", 140.0)]
    assert (may.resumed.act, kwh(may.resumed.difference)) == ("17/26", (20.0,))


def test_a_check_entered_with_an_earlier_day_still_counts_from_it():
    readings = (
        *KNOWN,
        replace(checked(date(2026, 4, 10), 1330), period=Month(2026, 5)),
        read(date(2026, 5, 22), 1450),
    )
    *_, may = count(household(*readings), 5)
    # Down to the act's register 1330 from 1400, then up to 1450.
    assert told([may]) == [("actual", 120.0)]
    assert kwh(may.resumed.difference) == (-70.0,)


def test_a_reading_older_than_what_was_charged_changes_nothing():
    *_, april = count(household(*KNOWN), 4)
    assert told([april]) == [("actual", 100.0)]
    late = replace(read(date(2026, 4, 1), 1310), period=Month(2026, 5))
    *_, may = count(household(*KNOWN, late), 5)
    assert told([may]) == [("average", 100.0)]
    both = (late, read(date(2026, 5, 22), 1520))
    *_, may = count(household(*KNOWN, *both), 5)
    assert told([may]) == [("actual", 120.0)]


def test_known_months_beyond_six_do_not_weigh():
    home = household(norm=None)
    _, carried = month_volume(household(*monthly(1900)), Carried(), JANUARY)
    known = carried.known
    for month, shown in zip(
        (Month(2026, number) for number in range(2, 8)),
        range(1910, 1970, 10),
        strict=True,
    ):
        reading_ = read(month.starts.replace(day=22), shown)
        _, carried = month_volume(household(reading_), carried, month)
    seven = replace(carried, known=(*known, *carried.known))
    assert len(seven.known) == 7
    august, _ = month_volume(home, seven, Month(2026, 8))
    assert told([august]) == [("average", 10.0)]
