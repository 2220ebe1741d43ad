"""The words and the dated rows of prices: zone x range of consumption x rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month, Span


class Category(StrEnum):
    """Whom a tariff is for (категория); an organisation pays by its contract."""

    CITY_GAS = "city_gas"
    CITY_ELECTRIC = "city_electric"
    RURAL = "rural"
    ORGANISATION = "organisation"


class Zone(StrEnum):
    """The hours a price holds in (зона суток)."""

    SINGLE = "single"
    DAY = "day"
    NIGHT = "night"
    PEAK = "peak"
    HALF_PEAK = "half_peak"


class Plan(StrEnum):
    """How many zones are priced apart (тарифный план)."""

    ONE = "one"
    TWO = "two"
    THREE = "three"

    @classmethod
    def of_zones(cls, count: int) -> Self:
        """Return the plan of so many zones; ValueError if there is none."""
        try:
            return cls(_BY_COUNT[count])
        except KeyError:
            raise ValueError(f"no plan of {count} zones") from None


#: The zones of a plan in the order of the registers T1, T2, T3.
ZONES: dict[Plan, tuple[Zone, ...]] = {
    Plan.ONE: (Zone.SINGLE,),
    Plan.TWO: (Zone.DAY, Zone.NIGHT),
    Plan.THREE: (Zone.PEAK, Zone.NIGHT, Zone.HALF_PEAK),
}


_BY_COUNT = {len(zones): plan for plan, zones in ZONES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of a zone and a range from `starts` to the day before `ends`."""

    zone: Zone
    range_number: int
    price: Price
    starts: date
    ends: date | None = None
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeLimit:
    """The most energy a month of all ranges up to this one, dated like a rate."""

    number: int
    limit: Energy
    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a bill: energy of one zone in one range, its price and sum.

    `days` are those the price held where it changed within the month; else None.
    """

    zone: Zone
    range_number: int
    energy: Energy
    price: Price
    amount: Money
    days: Span | None = None


class RateMissing(LookupError):
    """There is no price in the month for these zones and ranges."""

    def __init__(self, month: Month, missing: Iterable[tuple[Zone, int]]) -> None:
        self.month = month
        self.missing = tuple(missing)
        listed = ", ".join(f"{zone} {number}" for zone, number in self.missing)
        super().__init__(f"no rate in {month} for {listed}")


def price_day(month: Month) -> date:
    """Return the day whose rates price the month: its last one."""
    return month.ends - timedelta(days=1)


def rate_on(
    rates: Iterable[Rate], zone: Zone, range_number: int, day: date
) -> Rate | None:
    """Return the rate of a zone and a range in force on the day."""
    for rate in rates:
        if (
            rate.zone is zone
            and rate.range_number == range_number
            and Span(rate.starts, rate.ends).contains(day)
        ):
            return rate
    return None


def limits_on(limits: Iterable[RangeLimit], day: date) -> tuple[RangeLimit, ...]:
    """Return the limits in force on the day, lowest first."""
    return tuple(
        sorted(
            (one for one in limits if Span(one.starts, one.ends).contains(day)),
            key=lambda one: one.number,
        )
    )
