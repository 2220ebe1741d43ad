"""Prices and limits the tests of charges share."""

from datetime import date

from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.domain.tariff import RangeLimit, Rate, Zone

CHANGE = date(2026, 10, 1)
START, END = date(2026, 1, 1), date(2027, 1, 1)

#: data/tariffs.csv, Kursk region, city with gas stoves: before and from 1 October 2026.
KURSK = {
    Zone.SINGLE: (("5,87", "8,64", "13,69"), ("6,52", "9,44", "15,03")),
    Zone.DAY: (("6,73", "9,94", "15,66"), ("7,48", "10,86", "17,19")),
    Zone.NIGHT: (("4,58", "6,74", "10,68"), ("5,09", "7,36", "11,72")),
    Zone.PEAK: (("7,16", "10,61", "16,72"), ("7,96", "11,59", "18,36")),
    Zone.HALF_PEAK: (("5,87", "8,64", "13,69"), ("6,52", "9,44", "15,03")),
}


def rates(prices=KURSK):
    return tuple(
        Rate(
            zone=zone,
            range_number=number,
            price=Price.parse(price),
            starts=starts,
            ends=ends,
        )
        for zone, halves in prices.items()
        for (starts, ends), half in zip(
            ((START, CHANGE), (CHANGE, END)), halves, strict=True
        )
        for number, price in enumerate(half, start=1)
    )


def limits(*kwh):
    return tuple(
        RangeLimit(number=number, limit=Energy.from_kwh(one), starts=START)
        for number, one in enumerate(kwh, start=1)
    )


#: data/rules.csv, range_limit.
ORDINARY = limits(3900, 6000)
#: data/rules.csv, range_limit_heating_season_electric.
HEATING = limits(7020, 10800)
