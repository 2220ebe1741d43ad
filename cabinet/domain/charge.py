"""What a month costs: its volume priced, and what resumed readings settle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.pricing import FIRST_RANGE, PlanPrices, price_month
from cabinet.domain.tariff import (
    ZONES,
    Line,
    Plan,
    RangeLimit,
    Rate,
    Zone,
    limits_on,
    price_day,
    rate_on,
)
from cabinet.domain.volume import Household, MonthVolume, Silence, volumes


@dataclass(frozen=True, kw_only=True)
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


class RatePrices:
    """The prices of each plan in a month, made of rates when they are asked for."""

    def __init__(self, rates: Mapping[Plan, Iterable[Rate]], month: Month) -> None:
        self._rates = {plan: tuple(known) for plan, known in rates.items()}
        self._month = month
        self._made: dict[Plan, PlanPrices] = {}
        self._in_force: dict[tuple[Plan, Zone, int, date], Rate | None] = {}

    def __getitem__(self, plan: Plan) -> PlanPrices:
        """Return the prices of the plan; of one without rates they are empty."""
        if plan not in self._made:
            rates = self._rates.get(plan, ())
            self._made[plan] = PlanPrices.of(plan, rates, self._month)
        return self._made[plan]

    def act_of(self, line: Line, plans: Iterable[Plan]) -> str:
        """Return the act that set a line's price in one of the plans, empty if unknown.

        Where acts change within the month and the price does not, it is the last one.
        """
        day = price_day(self._month) if line.days is None else line.days.starts
        for plan in plans:
            key = (plan, line.zone, line.range_number, day)
            if key not in self._in_force:
                rates = self._rates.get(plan, ())
                self._in_force[key] = rate_on(rates, line.zone, line.range_number, day)
            rate = self._in_force[key]
            if rate is not None and rate.price == line.price:
                return rate.document
        return ""


def charges(
    household: Household,
    rates: Iterable[Rate],
    limits: Iterable[RangeLimit],
    months: Iterable[Month],
) -> Iterator[MonthCharge]:
    """Yield the charge of each month in turn; the months follow one another.

    The rates are those of the household's plan. Raises RateMissing, volume.NormMissing
    and volume.ZonesDiffer.
    """
    known_rates, known_limits = tuple(rates), tuple(limits)
    for volume in volumes(household, months):
        prices = RatePrices({household.plan: known_rates}, volume.month)
        yield charge_of(
            volume, prices, limits_on(known_limits, price_day(volume.month))
        )


def charge_of(
    volume: MonthVolume, prices: RatePrices, limits: Sequence[RangeLimit]
) -> MonthCharge:
    """Return the charge of one volume at the limits of its month; raises RateMissing.

    An account that is closed has nothing to be priced.
    """
    if volume.silence is Silence.CLOSED:
        return MonthCharge(volume=volume, lines=(), settled=())
    parts = [(prices[volume.plan], volume.by_zone)]
    if volume.earlier:
        before = prices[Plan.of_zones(len(volume.earlier))]
        parts.insert(0, (before, volume.earlier))
    return MonthCharge(
        volume=volume,
        lines=price_month(parts, limits),
        settled=_settled(volume, prices[volume.plan]),
    )


def _settled(volume: MonthVolume, prices: PlanPrices) -> tuple[Line, ...]:
    """Return the recalculation, at the last prices the month has in the first range."""
    if volume.resumed is None:
        return ()
    # What has no price there has none in the lines: they have said so already.
    cells = [(zone, FIRST_RANGE) for zone in ZONES[prices.plan]]
    return tuple(
        Line(
            zone=cell[0],
            range_number=FIRST_RANGE,
            energy=energy,
            price=prices.last[cell],
            amount=prices.last[cell].cost(energy),
        )
        for cell, energy in zip(cells, volume.resumed.difference, strict=True)
    )
