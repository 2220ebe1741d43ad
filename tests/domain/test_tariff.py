"""What a month's energy costs: domain.md 2.4."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.pricing import price_lines, split_ranges
from cabinet.domain.tariff import (
    ZONES,
    Plan,
    RangeLimit,
    Rate,
    RateMissing,
    Zone,
    limits_on,
    price_day,
    rate_on,
)
from tests.domain.prices import CHANGE, HEATING, ORDINARY, START, limits, rates

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
#: domain.md 2.4 (V46): Ulyanovsk, gas stoves, one zone; in both halves of the year.
ULYANOVSK = rates({Zone.SINGLE: (("4,93", "8,27", "9,47"),) * 2})


def energy(*kwh):
    return tuple(Energy.from_kwh(str(one)) for one in kwh)


def priced(plan, volumes, month=SEPTEMBER, prices=None, caps=ORDINARY):
    lines = price_lines(plan, energy(*volumes), prices or rates(), caps, month)
    told = [
        (
            line.zone.value,
            line.range_number,
            str(line.energy.kwh),
            str(line.price.roubles.normalize()),
            str(line.amount.roubles),
        )
        for line in lines
    ]
    return told, str(Money.total(line.amount for line in lines).roubles)


def test_three_ranges_of_one_zone():
    # domain.md 2.4 (V46): 3 900 x 4,93 + 2 100 x 8,27 + 500 x 9,47 = 41 329,00.
    assert priced(Plan.ONE, [6500], prices=ULYANOVSK) == (
        [
            ("single", 1, "3900.000", "4.93", "19227.00"),
            ("single", 2, "2100.000", "8.27", "17367.00"),
            ("single", 3, "500.000", "9.47", "4735.00"),
        ],
        "41329.00",
    )


def test_the_wider_first_range_of_the_heating_season():
    # domain.md 2.4 (V46, V49): 6 500 x 4,93 = 32 045,00.
    assert priced(Plan.ONE, [6500], prices=ULYANOVSK, caps=HEATING) == (
        [("single", 1, "6500.000", "4.93", "32045.00")],
        "32045.00",
    )


def test_three_ranges_of_two_zones_in_proportion():
    # 4 000 and 2 500 of 6 500. Range 1: 3 900 x 4000/6500 = 2 400 and 1 500. Range 2:
    # 2 100 x 4000/6500 = 1 292,3076... -> 1 292,307 and 807,692; the watt-hour left
    # over goes to the day. Range 3: what remains.
    assert priced(Plan.TWO, [4000, 2500]) == (
        [
            ("day", 1, "2400.000", "6.73", "16152.00"),
            ("night", 1, "1500.000", "4.58", "6870.00"),
            # 12 845,54152; 5 443,84408.
            ("day", 2, "1292.308", "9.94", "12845.54"),
            ("night", 2, "807.692", "6.74", "5443.84"),
            # 4 818,45672; 2 053,84944.
            ("day", 3, "307.692", "15.66", "4818.46"),
            ("night", 3, "192.308", "10.68", "2053.85"),
        ],
        "48183.69",
    )


def test_three_ranges_of_three_zones_in_proportion():
    # T1 peak, T2 night, T3 half-peak: a quarter, a quarter and a half of 8 000.
    # 22 893,00 + 18 180,75 + 27 390,00 = 68 463,75.
    assert priced(Plan.THREE, [2000, 2000, 4000]) == (
        [
            ("peak", 1, "975.000", "7.16", "6981.00"),
            ("night", 1, "975.000", "4.58", "4465.50"),
            ("half_peak", 1, "1950.000", "5.87", "11446.50"),
            ("peak", 2, "525.000", "10.61", "5570.25"),
            ("night", 2, "525.000", "6.74", "3538.50"),
            ("half_peak", 2, "1050.000", "8.64", "9072.00"),
            ("peak", 3, "500.000", "16.72", "8360.00"),
            ("night", 3, "500.000", "10.68", "5340.00"),
            ("half_peak", 3, "1000.000", "13.69", "13690.00"),
        ],
        "68463.75",
    )


def test_a_limit_belongs_to_its_range():
    assert priced(Plan.ONE, [3900])[0] == [
        ("single", 1, "3900.000", "5.87", "22893.00"),
    ]
    # 0,001 x 8,64 = 0,00864.
    assert priced(Plan.ONE, ["3900.001"])[0][1:] == [
        ("single", 2, "0.001", "8.64", "0.01"),
    ]


def test_a_month_has_the_prices_of_its_last_day():
    # The tariff of 1 October 2026: 100 x 5,87 and 100 x 6,52.
    assert price_day(SEPTEMBER) == date(2026, 9, 30)
    assert priced(Plan.ONE, [100], SEPTEMBER)[1] == "587.00"
    assert priced(Plan.ONE, [100], OCTOBER)[1] == "652.00"


def test_an_empty_zone_has_a_line_in_the_first_range_only():
    told, _ = priced(Plan.TWO, [0, 4000])
    assert [line[:3] for line in told] == [
        ("day", 1, "0.000"),
        ("night", 1, "3900.000"),
        ("night", 2, "100.000"),
    ]
    assert [line[-1] for line in priced(Plan.TWO, [0, 0])[0]] == ["0.00", "0.00"]


def test_without_limits_all_is_in_the_first_range():
    assert priced(Plan.ONE, [6500], caps=())[0] == [
        ("single", 1, "6500.000", "5.87", "38155.00"),
    ]


def test_each_line_is_rounded_half_up_on_its_own():
    # 0,5 x 5,87 = 2,935 -> 2,94 twice; rounded together it would be 5,87.
    prices = rates(
        {
            Zone.DAY: (("5,87",), ("5,87",)),
            Zone.NIGHT: (("5,87",), ("5,87",)),
        }
    )
    assert priced(Plan.TWO, ["0.5", "0.5"], prices=prices)[1] == "5.88"


def test_a_missing_price_is_told_of_with_its_zone_and_range():
    # data/tariffs.md: Tver has no night price in the third range before October.
    known = [one for one in rates() if (one.zone, one.range_number) != (Zone.NIGHT, 3)]
    with pytest.raises(RateMissing, match="no rate in 2026-09 for night 3") as fault:
        price_lines(Plan.THREE, energy(2000, 2000, 4000), known, ORDINARY, SEPTEMBER)
    assert (fault.value.month, fault.value.missing) == (SEPTEMBER, ((Zone.NIGHT, 3),))


def test_a_month_after_the_last_price_misses_all_of_them():
    january = Month(2027, 1)
    with pytest.raises(RateMissing) as fault:
        price_lines(Plan.TWO, energy(3000, 3000), rates(), (), january)
    assert fault.value.missing == ((Zone.DAY, 1), (Zone.NIGHT, 1))


def test_a_volume_below_zero_is_refused():
    with pytest.raises(ValueError, match="never negative"):
        priced(Plan.TWO, [10, -1])


def test_a_rate_is_found_by_its_day():
    def price(day, number=1):
        found = rate_on(rates(), Zone.SINGLE, number, day)
        return found and found.price

    assert price(date(2026, 9, 30)) == Price.parse("5,87")
    assert price(CHANGE) == Price.parse("6,52")
    assert price(date(2025, 12, 31)) is None
    assert price(CHANGE, number=4) is None


def test_limits_are_those_of_the_day_lowest_first():
    dated = (
        RangeLimit(number=2, limit=Energy.from_kwh(1700), starts=START, ends=CHANGE),
        RangeLimit(number=1, limit=Energy.from_kwh(1100), starts=START),
        RangeLimit(number=2, limit=Energy.from_kwh(6000), starts=CHANGE),
    )
    before = limits_on(dated, date(2026, 9, 30))
    assert [one.limit.kwh for one in before] == [1100, 1700]
    assert [one.limit.kwh for one in limits_on(dated, CHANGE)] == [1100, 6000]


@pytest.mark.parametrize("plan", Plan)
def test_a_plan_is_known_by_its_zones(plan):
    assert Plan.of_zones(len(ZONES[plan])) is plan


@pytest.mark.parametrize("count", [0, 4])
def test_no_plan_has_other_zones(count):
    with pytest.raises(ValueError, match=f"no plan of {count} zones"):
        Plan.of_zones(count)


PLANS = st.sampled_from(Plan)
KWH = st.integers(0, 12_000)


def volumes_of(plan, draw, wh):
    return tuple(Energy(draw(wh)) for _ in ZONES[plan])


@given(st.data(), PLANS, st.sampled_from([(), (100,), (1100, 1700), (3900, 6000)]))
def test_ranges_add_up_to_the_volumes_and_keep_their_limits(data, plan, caps):
    volumes = volumes_of(plan, data.draw, st.integers(0, 12_000_000))
    parts = split_ranges(volumes, limits(*caps))
    assert len(parts) == len(caps) + 1
    for at, volume in enumerate(volumes):
        assert Energy.total(part[at] for part in parts) == volume
    assert all(share >= Energy.zero() for part in parts for share in part)
    total = Energy.total(volumes)
    below = Energy.zero()
    for part, cap in zip(parts, caps, strict=False):
        below += Energy.total(part)
        assert below == min(total, Energy.from_kwh(cap))


@given(st.data(), PLANS)
def test_shares_of_a_range_are_in_proportion_to_watt_hours(data, plan):
    volumes = volumes_of(plan, data.draw, st.integers(0, 12_000_000))
    total = sum(volume.wh for volume in volumes)
    for part in split_ranges(volumes, ORDINARY):
        inside = sum(share.wh for share in part)
        for share, volume in zip(part, volumes, strict=True):
            # The remainders of up to three ranges, a watt-hour a zone each.
            assert abs(share.wh * total - inside * volume.wh) <= 6 * total


@st.composite
def rising_prices(draw, plan):
    """Prices of a rouble and more that do not fall from range to range."""
    micro = st.integers(1_000_000, 20_000_000)
    found = []
    for zone in ZONES[plan]:
        steps = sorted(draw(st.tuples(micro, micro, micro)))
        found += [
            Rate(zone=zone, range_number=number, price=Price(price), starts=START)
            for number, price in enumerate(steps, start=1)
        ]
    return tuple(found)


@given(st.data(), PLANS, st.integers(1, 3000))
def test_more_consumption_never_costs_less_where_prices_do_not_fall(data, plan, more):
    prices = data.draw(rising_prices(plan))
    volumes = volumes_of(plan, data.draw, KWH.map(lambda kwh: kwh * 1000))
    at = data.draw(st.integers(0, len(volumes) - 1))
    greater = list(volumes)
    greater[at] += Energy.from_kwh(more)

    def cost(amounts):
        lines = price_lines(plan, tuple(amounts), prices, ORDINARY, SEPTEMBER)
        return Money.total(line.amount for line in lines)

    assert cost(greater) >= cost(volumes)


@given(st.data(), PLANS)
def test_lines_add_up_to_the_volume_and_no_line_is_off_by_half_a_kopeck(data, plan):
    volumes = volumes_of(plan, data.draw, st.integers(0, 12_000_000))
    lines = price_lines(plan, volumes, rates(), ORDINARY, OCTOBER)
    assert Energy.total(line.energy for line in lines) == Energy.total(volumes)
    for line in lines:
        exact = line.price.roubles * line.energy.kwh * 100
        assert abs(line.amount.kopecks - exact) * 2 <= 1
