"""What a month's energy costs: zone x range of consumption x the rate of the month."""

from collections.abc import Iterable, Sequence
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
        for plan, zones in ZONES.items():
            if len(zones) == count:
                return cls(plan)
        raise ValueError(f"no plan of {count} zones")


#: The zones of a plan in the order of the registers T1, T2, T3.
ZONES: dict[Plan, tuple[Zone, ...]] = {
    Plan.ONE: (Zone.SINGLE,),
    Plan.TWO: (Zone.DAY, Zone.NIGHT),
    Plan.THREE: (Zone.PEAK, Zone.NIGHT, Zone.HALF_PEAK),
}


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
    """A line of a bill: energy of one zone in one range, its price and sum."""

    zone: Zone
    range_number: int
    energy: Energy
    price: Price
    amount: Money


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


def split_ranges(
    volumes: Sequence[Energy], limits: Sequence[RangeLimit]
) -> tuple[tuple[Energy, ...], ...]:
    """Split the volumes of zones between ranges: for each range, energy by zone.

    The energy of a range is split in proportion to the zones, in whole watt-hours; the
    remainder goes to the largest zone. Each zone adds up to its volume exactly.
    """
    if any(volume.wh < 0 for volume in volumes):
        raise ValueError("a volume to be priced is never negative")
    total = sum(volume.wh for volume in volumes)
    left = [volume.wh for volume in volumes]
    largest_first = sorted(range(len(volumes)), key=lambda at: -volumes[at].wh)
    parts: list[tuple[Energy, ...]] = []
    taken = 0
    for ceiling in [*(min(one.limit.wh, total) for one in limits), total]:
        inside = max(ceiling - taken, 0)
        taken += inside
        shares = [
            min(left[at], inside * volume.wh // total) if total else 0
            for at, volume in enumerate(volumes)
        ]
        rest = inside - sum(shares)
        for at in largest_first:
            more = min(rest, left[at] - shares[at])
            shares[at] += more
            rest -= more
        left = [had - share for had, share in zip(left, shares, strict=True)]
        parts.append(tuple(Energy(share) for share in shares))
    return tuple(parts)


def price_lines(
    plan: Plan,
    volumes: tuple[Energy, ...],
    rates: Iterable[Rate],
    limits: Iterable[RangeLimit],
    month: Month,
) -> tuple[Line, ...]:
    """Return the lines of a month, rounded half up to a kopeck on each.

    The first range has a line for every zone, also an empty one; further ranges only
    where there is energy. Volumes stand in the order of `ZONES[plan]`. Raises
    RateMissing with everything that has no price.
    """
    day = price_day(month)
    known = tuple(rates)
    parts = split_ranges(volumes, limits_on(limits, day))
    lines: list[Line] = []
    missing: list[tuple[Zone, int]] = []
    for number, part in enumerate(parts, start=1):
        for zone, energy in zip(ZONES[plan], part, strict=True):
            if number > 1 and not energy:
                continue
            rate = rate_on(known, zone, number, day)
            if rate is None:
                missing.append((zone, number))
                continue
            lines.append(
                Line(
                    zone=zone,
                    range_number=number,
                    energy=energy,
                    price=rate.price,
                    amount=rate.price.cost(energy),
                )
            )
    if missing:
        raise RateMissing(month, missing)
    return tuple(lines)
