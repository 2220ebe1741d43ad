"""What a month costs: its volume priced, and what resumed readings settle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Plan, RangeLimit, Rate, price_lines
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

    Raises RateMissing, volume.NormMissing and volume.ZonesDiffer.
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
    lines = price_lines(plan, volume.by_zone, rates, limits, volume.month)
    return MonthCharge(volume=volume, lines=lines, settled=_settled(volume, lines))


def _settled(volume: MonthVolume, lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the recalculation, at the prices the month has in the first range."""
    if volume.resumed is None:
        return ()
    first = (line for line in lines if line.range_number == FIRST_RANGE)
    return tuple(
        replace(line, energy=energy, amount=line.price.cost(energy))
        for line, energy in zip(first, volume.resumed.difference, strict=True)
    )
