"""What a month costs: its volume priced, and what resumed readings settle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import (
    ZONES,
    Line,
    Plan,
    RangeLimit,
    Rate,
    RateMissing,
    price_day,
    price_lines,
    rate_on,
)
from cabinet.domain.volume import Household, MonthVolume, volumes

#: What resumed readings settle is priced in the first range.
FIRST_RANGE = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthCharge:
    """A month's charge, line by line, and its recalculation, line by line.

    The lines of a recalculation may have negative energy and sums.
    """

    volume: MonthVolume
    lines: tuple[Line, ...]
    settled: tuple[Line, ...]

    @property
    def month(self) -> Month:
        """Return the month."""
        return self.volume.month

    @property
    def charged(self) -> Money:
        """Return the sum of the lines."""
        return Money.total(line.amount for line in self.lines)

    @property
    def recalculated(self) -> Money:
        """Return the sum of the recalculation."""
        return Money.total(line.amount for line in self.settled)


def charges(
    household: Household,
    rates: Iterable[Rate],
    limits: Iterable[RangeLimit],
    months: Iterable[Month],
) -> Iterator[MonthCharge]:
    """Yield the charge of each month in turn; the months follow one another.

    Raises RateMissing and volume.NormMissing.
    """
    known_rates, known_limits = tuple(rates), tuple(limits)
    for volume in volumes(household, months):
        yield charge_of(household.plan, volume, known_rates, known_limits)


def charge_of(
    plan: Plan,
    volume: MonthVolume,
    rates: Sequence[Rate],
    limits: Sequence[RangeLimit],
) -> MonthCharge:
    """Return the charge of one volume; raises RateMissing."""
    return MonthCharge(
        volume=volume,
        lines=price_lines(plan, volume.by_zone, rates, limits, volume.month),
        settled=_settled(plan, volume, rates),
    )


def _settled(
    plan: Plan, volume: MonthVolume, rates: Sequence[Rate]
) -> tuple[Line, ...]:
    if volume.resumed is None:
        return ()
    day = price_day(volume.month)
    parts = zip(ZONES[plan], volume.resumed.difference, strict=True)
    lines = []
    for zone, energy in parts:
        rate = rate_on(rates, zone, FIRST_RANGE, day)
        if rate is None:
            raise RateMissing(volume.month, [(zone, FIRST_RANGE)])
        lines.append(
            Line(
                zone=zone,
                range_number=FIRST_RANGE,
                energy=energy,
                price=rate.price,
                amount=rate.price.cost(energy),
            )
        )
    return tuple(lines)
