"""Whether a reading of a day still counts, and a month by another plan."""

from datetime import date

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import RatePrices
from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import Line, Plan, Rate, Zone
from cabinet.domain.volume import (
    Mark,
    MeterLife,
    MonthVolume,
    Resumed,
    Unfit,
    by_plan,
    why_unfit,
)

OCTOBER = Month(2026, 10)
OLD = MeterLife(
    serial="1",
    digits=5,
    opening_on=date(2026, 1, 10),
    opening=(Energy(0),),
    removed_on=date(2026, 8, 20),
)
NEW = MeterLife(
    serial="2",
    digits=5,
    opening_on=date(2026, 8, 20),
    opening=(Energy(0),),
    verified_until=date(2026, 11, 15),
)
LAST = date(2026, 11, 30)


def kwh(*values):
    return tuple(Energy.from_kwh(value) for value in values)


@pytest.mark.parametrize(
    ("serial", "day", "at", "why"),
    [
        ("2", date(2026, 12, 1), None, Unfit.TOO_LATE),
        ("2", date(2026, 11, 15), None, None),
        ("2", date(2026, 11, 16), None, Unfit.UNVERIFIED),
        ("2", date(2026, 8, 19), None, Unfit.BEFORE_METER),
        ("2", date(2026, 8, 20), None, None),
        ("1", date(2026, 8, 20), None, None),
        ("1", date(2026, 8, 21), None, Unfit.AFTER_REMOVAL),
        ("2", date(2026, 10, 21), ("2", date(2026, 10, 22)), Unfit.BILLED_LATER),
        ("2", date(2026, 10, 22), ("2", date(2026, 10, 22)), None),
        ("1", date(2026, 8, 20), ("2", date(2026, 8, 22)), Unfit.BILLED_LATER),
        ("2", date(2026, 8, 21), ("1", date(2026, 8, 1)), None),
        ("2", date(2026, 8, 21), ("gone", date(2026, 9, 1)), None),
    ],
)
def test_a_reading_counts_from_what_was_charged_on(serial, day, at, why):
    mark = at and Mark(at[0], kwh(0), at[1])
    assert why_unfit((OLD, NEW), serial, day, at=mark, last=LAST) is why


def volume(by_zone, **values):
    return MonthVolume(
        month=OCTOBER, basis=ChargeBasis.ACTUAL, by_zone=kwh(*by_zone), **values
    )


def test_a_month_by_its_own_plan_is_the_same():
    month = volume((70, 30))
    assert by_plan(month, Plan.TWO) is month


def test_more_zones_share_a_month_as_the_norm_is_shared():
    assert by_plan(volume((100,)), Plan.TWO).by_zone == kwh(70, 30)
    assert by_plan(volume((100,)), Plan.THREE).by_zone == kwh(30, 25, 45)
    assert by_plan(volume((40, 25, 35)), Plan.ONE).by_zone == kwh(100)


def test_everything_of_a_month_goes_by_the_plan():
    month = volume(
        (60, 20),
        earlier=kwh(20),
        bridged=kwh(10, 5),
        resumed=Resumed(months=(), measured=kwh(30, 10), counted=kwh(0, 0)),
    )
    made = by_plan(month, Plan.ONE)
    assert made.by_zone == kwh(100)
    assert made.earlier == ()
    assert made.bridged == kwh(15)
    assert made.resumed.measured == kwh(40)
    assert made.resumed.counted == kwh(0)
    # Of two meters the plan of the last is asked for: the first one's is gone.
    assert by_plan(month, Plan.TWO).by_zone == kwh(74, 26)


def rate(price, starts, ends, document, zone=Zone.SINGLE):
    return Rate(
        zone=zone,
        range_number=1,
        price=Price.parse(price),
        starts=starts,
        ends=ends,
        document=document,
    )


def line(price, days=None, zone=Zone.SINGLE):
    energy, found = Energy.from_kwh(10), Price.parse(price)
    return Line(
        zone=zone,
        range_number=1,
        energy=energy,
        price=found,
        amount=found.cost(energy),
        days=days,
    )


def test_a_line_is_by_the_act_of_its_price_and_days():
    tenth, first = date(2026, 10, 10), date(2026, 10, 1)
    prices = RatePrices(
        {
            Plan.ONE: [rate("5", first, tenth, "А"), rate("6", tenth, None, "Б")],
            Plan.TWO: [rate("7", first, None, "В", Zone.NIGHT)],
            Plan.THREE: [rate("8", first, None, "Г", Zone.NIGHT)],
        },
        OCTOBER,
    )
    days = line("5", Span(first, tenth)), line("6", Span(tenth, date(2026, 11, 1)))
    assert [prices.act_of(one, [Plan.ONE]) for one in days] == ["А", "Б"]
    assert prices.act_of(line("6"), [Plan.ONE]) == "Б"
    night = [line(price, zone=Zone.NIGHT) for price in ("7", "8")]
    both = [Plan.TWO, Plan.THREE]
    assert [prices.act_of(one, both) for one in night] == ["В", "Г"]
    assert prices.act_of(line("9"), [Plan.ONE]) == ""
    assert prices.act_of(night[0], [Plan.ONE]) == ""
