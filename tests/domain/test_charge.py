"""What a month costs, and what resumed readings settle: domain.md 2.2 and 2.4.

Two people, a norm of 100 kWh each, Kursk prices: 5,87 before 1 October 2026, 6,52 from
then on in the first range.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import charges
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.domain.tariff import Plan, RateMissing, Zone
from cabinet.domain.volume import Actual, Household, MeterLife
from tests.domain.prices import ORDINARY, rates

MAY, JUNE = Month(2026, 5), Month(2026, 6)


def household(*shown, plan=Plan.ONE, **meter):
    """A home whose readings, from June on, are told month by month; None is silent."""
    zones = {Plan.ONE: 1, Plan.TWO: 2, Plan.THREE: 3}[plan]
    found = []
    for step, one in enumerate(shown):
        month = JUNE.plus(step)
        if one is not None:
            found.append(
                Actual(
                    serial="1",
                    period=month,
                    taken_on=month.starts.replace(day=22),
                    source=ReadingSource.PHONE,
                    registers=tuple(Energy.from_kwh(kwh) for kwh in one),
                )
            )
    life = {
        "serial": "1",
        "digits": 5,
        "opening_on": date(2026, 5, 25),
        "opening": (Energy.from_kwh(1000),) * zones,
    }
    return Household(
        plan=plan,
        residents=2,
        norm=Energy.from_kwh(100),
        meters=(MeterLife(**life | meter),),
        readings=tuple(found),
    )


def charged(home, last, prices=None):
    return list(charges(home, prices or rates(), ORDINARY, months(JUNE, last)))


def sums(one):
    return str(one.charged.roubles), str(one.recalculated.roubles)


STEADY = ((1100,), (1200,), (1300,))  # June, July and August, 100 each


def test_a_month_costs_its_lines():
    # (1 100 - 1 000) x 5,87.
    (june,) = charged(household((1100,)), JUNE)
    assert sums(june) == ("587.00", "0.00")
    assert (june.month, june.settled) == (JUNE, ())


def test_the_prices_change_on_the_first_of_october():
    # 100 x 5,87 in September, 100 x 6,52 in October.
    home = household(*STEADY, (1400,), (1500,))
    assert [sums(one) for one in charged(home, Month(2026, 10))[-2:]] == [
        ("587.00", "0.00"),
        ("652.00", "0.00"),
    ]


@pytest.mark.parametrize(
    ("shown", "own", "settled", "expected"),
    [
        # Silent September at 100, 587,00. October 1 300 -> 1 540: 240 / 2 = 120 own at
        # 6,52 = 782,40; 120 - 100 = 20 more for September at October's 6,52 = 130,40.
        (1540, "120", "20", ("782.40", "130.40")),
        # 1 300 -> 1 400: 50 own = 326,00; 50 - 100 = -50, 326,00 given back.
        (1400, "50", "-50", ("326.00", "-326.00")),
        # 1 300 -> 1 500: 100 own = 652,00; nothing to settle.
        (1500, "100", "0", ("652.00", "0.00")),
    ],
)
def test_resumed_readings_are_settled_at_the_prices_of_their_month(
    shown, own, settled, expected
):
    home = household(*STEADY, None, (shown,))
    september, october = charged(home, Month(2026, 10))[-2:]
    assert (september.volume.basis, sums(september)) == (
        ChargeBasis.AVERAGE,
        ("587.00", "0.00"),
    )
    assert sums(october) == expected
    assert october.volume.total == Energy.from_kwh(own)
    (line,) = october.settled
    assert (line.zone, line.range_number) == (Zone.SINGLE, 1)
    assert line.energy == Energy.from_kwh(settled)


def test_a_recalculation_is_in_the_first_range_whatever_its_size():
    # Silent September at 100. 1 300 -> 11 300: 10 000 / 2 = 5 000 own, of which 3 900 x
    # 6,52 + 1 100 x 9,44 = 25 428,00 + 10 384,00; 4 900 more at 6,52 = 31 948,00.
    home = household(*STEADY, None, (11300,))
    october = charged(home, Month(2026, 10))[-1]
    assert sums(october) == ("35812.00", "31948.00")
    assert [line.range_number for line in october.settled] == [1]


def test_each_zone_is_settled_at_its_own_price():
    # Steady 100 by day and 40 at night; silent September. October: day 1 300 -> 1 600 is
    # 150 own and 50 more; night 1 120 -> 1 160 is 20 own and 20 back.
    home = household(
        (1100, 1040), (1200, 1080), (1300, 1120), None, (1600, 1160), plan=Plan.TWO
    )
    october = charged(home, Month(2026, 10))[-1]
    # 150 x 7,48 + 20 x 5,09 = 1 122,00 + 101,80; 50 x 7,48 - 20 x 5,09 = 374,00 -
    # 101,80.
    assert sums(october) == ("1223.80", "272.20")
    assert [str(line.amount.roubles) for line in october.settled] == [
        "374.00",
        "-101.80",
    ]


def test_a_ratio_of_twenty_crosses_the_ranges():
    # 99 986 -> 286: 300 x 20 = 6 000: 3 900 x 5,87 + 2 100 x 8,64 = 22 893,00 +
    # 18 144,00.
    home = household((286,), ratio=20, opening=(Energy.from_kwh(99986),))
    (june,) = charged(home, JUNE)
    assert sums(june) == ("41037.00", "0.00")


def test_the_norm_is_charged_like_any_volume():
    # 100 x 2 x 5,87.
    (june,) = charged(household(), JUNE)
    assert (june.volume.basis, sums(june)) == (ChargeBasis.NORM, ("1174.00", "0.00"))


def test_a_missing_rate_stops_at_its_month():
    home = household(*STEADY, (1400,))
    old = [one for one in rates() if one.ends == date(2026, 10, 1)]
    found = charges(home, old, ORDINARY, months(JUNE, Month(2026, 10)))
    assert [next(found).month.number for _ in range(4)] == [6, 7, 8, 9]
    with pytest.raises(RateMissing, match="no rate in 2026-10 for single 1"):
        next(found)


STEPS = st.lists(st.none() | st.integers(0, 7000), min_size=1, max_size=7)


@given(STEPS)
def test_the_lines_of_a_charge_and_its_settling_hold_all_of_the_volume(steps):
    at, shown = 1000, []
    for step in steps:
        at += step or 0
        shown.append(None if step is None else (at,))
    for one in charged(household(*shown, digits=6), JUNE.plus(len(steps) - 1)):
        assert Energy.total(line.energy for line in one.lines) == one.volume.total
        settled = Energy.total(line.energy for line in one.settled)
        resumed = one.volume.resumed
        assert settled == Energy.total(resumed.difference if resumed else ())
        assert one.charged >= Money(0)
