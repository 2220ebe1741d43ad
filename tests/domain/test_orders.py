"""The energy of an ordered recalculation, priced by hand."""

from datetime import date

import pytest

from cabinet.domain.billing.order import (
    Order,
    OrderReason,
    PricesDiffer,
    cost,
    order_lines,
)
from cabinet.domain.charge import RatePrices
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan, Rate, RateMissing, Zone

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))


def rate(zone, price, starts=date(2026, 1, 1), ends=None):
    return Rate(
        zone=zone, range_number=1, price=Price.parse(price), starts=starts, ends=ends
    )


ONE = [
    rate(Zone.SINGLE, "5,87", ends=date(2026, 10, 1)),
    rate(Zone.SINGLE, "6,52", date(2026, 10, 1)),
]
TWO = [rate(Zone.DAY, "6,75"), rate(Zone.NIGHT, "3,51")]


def lines(kwh, plan, rates, *months):
    energies = tuple(Energy.from_kwh(one) for one in kwh)
    prices = [RatePrices({plan: rates}, month) for month in months]
    return order_lines(energies, plan, prices)


@pytest.mark.parametrize(
    ("kwh", "plan", "rates", "months", "kopecks"),
    [
        # 40 × 5,87 = 234,80.
        (("-40",), Plan.ONE, ONE, (AUGUST, SEPTEMBER), [-234_80]),
        # 40 × 6,52 = 260,80.
        (("40",), Plan.ONE, ONE, (OCTOBER,), [260_80]),
        # 0,5 × 5,87 = 2,935, half up away from zero.
        (("-0,5",), Plan.ONE, ONE, (AUGUST,), [-2_94]),
        # 10 × 6,75 = 67,50; 20 × 3,51 = 70,20.
        (("10", "20"), Plan.TWO, TWO, (AUGUST,), [67_50, 70_20]),
        # A zone without energy has no line.
        (("0", "20"), Plan.TWO, TWO, (AUGUST,), [70_20]),
        (("0",), Plan.ONE, [], (AUGUST,), []),
    ],
)
def test_energy_costs_what_it_did_in_its_months(kwh, plan, rates, months, kopecks):
    made = lines(kwh, plan, rates, *months)
    assert [one.amount.kopecks for one in made] == kopecks
    assert cost(made).kopecks == sum(kopecks)


def test_months_of_two_prices_are_refused_and_name_the_second():
    with pytest.raises(PricesDiffer) as fault:
        lines(("40",), Plan.ONE, ONE, SEPTEMBER, OCTOBER)
    assert fault.value.month == OCTOBER


def test_a_month_whose_price_changes_inside_is_refused():
    inside = [
        rate(Zone.SINGLE, "5", ends=date(2026, 8, 15)),
        rate(Zone.SINGLE, "6", date(2026, 8, 15)),
    ]
    with pytest.raises(PricesDiffer):
        lines(("40",), Plan.ONE, inside, AUGUST)


def test_a_month_without_a_price_is_missing():
    with pytest.raises(RateMissing) as fault:
        lines(("40",), Plan.ONE, ONE, Month(2025, 12))
    assert fault.value.month == Month(2025, 12)


@pytest.mark.parametrize(
    ("kwh", "kopecks", "wh", "is_by_price"),
    [
        (("-40",), -234_80, -40_000, True),
        (("-40",), -234_81, -40_000, False),
        # The paper tells a sum alone.
        (("0",), -500_00, 0, False),
    ],
)
def test_an_order_tells_its_energy_and_whether_it_goes_by_the_price(
    kwh, kopecks, wh, is_by_price
):
    made = Order(
        reason=OrderReason.COURT,
        first=AUGUST,
        last=SEPTEMBER,
        amount=Money(kopecks),
        document="2-17/2026",
        document_on=date(2026, 10, 1),
        lines=lines(kwh, Plan.ONE, ONE, AUGUST, SEPTEMBER),
    )
    assert made.energy == Energy(wh)
    assert made.is_by_price is is_by_price
