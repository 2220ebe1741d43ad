"""What a month's energy costs: zone x range of consumption x the rate of the days.

The limits of the ranges are those of the month's last day and hold for the whole month.
Where a price changes within the month, the energy of each zone and range is split by
days.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import (
    ZONES,
    Line,
    Plan,
    RangeLimit,
    Rate,
    RateMissing,
    Zone,
    limits_on,
    price_day,
)

FIRST_RANGE = 1

Cell = tuple[Zone, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of a month in which no price changes, and the prices by zone and range."""

    starts: date
    ends: date
    prices: Mapping[Cell, Price]

    @property
    def length(self) -> int:
        """Return how many days it has."""
        return (self.ends - self.starts).days


@dataclass(frozen=True)
class PlanPrices:
    """The prices of a plan in a month; made once, asked for every account."""

    plan: Plan
    month: Month
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, plan: Plan, rates: Iterable[Rate], month: Month) -> "PlanPrices":
        """Take the rates in force in the month apart into days without a change."""
        held = [
            rate
            for rate in rates
            if rate.starts < month.ends
            and (rate.ends is None or rate.ends > month.starts)
        ]
        inside = {day for rate in held for day in (rate.starts, rate.ends) if day}
        cuts = sorted(day for day in inside if month.starts < day < month.ends)
        pieces: list[Piece] = []
        for starts, ends in pairwise([month.starts, *cuts, month.ends]):
            prices = {
                (rate.zone, rate.range_number): rate.price
                for rate in reversed(held)
                if Span(rate.starts, rate.ends).contains(starts)
            }
            if pieces and pieces[-1].prices == prices:
                starts = pieces.pop().starts  # noqa: PLW2901 - joined with it
            pieces.append(Piece(starts, ends, prices))
        return cls(plan, month, tuple(pieces))

    @cached_property
    def last(self) -> Mapping[Cell, Price]:
        """Return the prices of the month's last day."""
        return self.pieces[-1].prices

    @cached_property
    def steady(self) -> Mapping[Cell, Price]:
        """Return the prices that hold on every day of the month."""
        return {
            cell: price
            for cell, price in self.last.items()
            if all(piece.prices.get(cell) == price for piece in self.pieces)
        }

    def missing(self, numbers: Iterable[int]) -> list[Cell]:
        """Return the zones and ranges that have no price on some day of the month."""
        return [
            (zone, number)
            for number in numbers
            for zone in ZONES[self.plan]
            if any((zone, number) not in piece.prices for piece in self.pieces)
        ]


def split_ranges(
    volumes: Sequence[Energy], limits: Sequence[RangeLimit]
) -> tuple[tuple[Energy, ...], ...]:
    """Split the volumes of zones between ranges: for each range, energy by zone.

    The energy of a range is split in proportion to the zones, in whole watt-hours; the
    remainder goes to the largest zone. Each zone adds up to its volume exactly.
    """
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
    """Return the lines of a month by one plan; see `price_month`. Raises RateMissing."""
    prices = PlanPrices.of(plan, rates, month)
    return price_month([(prices, volumes)], limits_on(limits, price_day(month)))


def price_month(
    parts: Sequence[tuple[PlanPrices, tuple[Energy, ...]]],
    limits: Sequence[RangeLimit],
) -> tuple[Line, ...]:
    """Return the lines of a month, rounded half up to a kopeck on each.

    `parts` are the energy of each plan the month had, by zone in the order of
    `ZONES[plan]`; `limits` those of the month, lowest first, filled by all plans in
    proportion. The first range has a line for every zone, also an empty one; further
    ranges only where there is energy. Raises RateMissing with everything that has no
    price.
    """
    columns = [
        (prices, zone, energy)
        for prices, volumes in parts
        for zone, energy in zip(ZONES[prices.plan], volumes, strict=True)
    ]
    ranges: Iterable[tuple[Energy, ...]]
    energies = [energy for _, _, energy in columns]
    if any(energy.wh < 0 for energy in energies):
        raise ValueError("a volume to be priced is never negative")
    if limits and sum(energy.wh for energy in energies) <= limits[0].limit.wh:
        # Nearly every month of a household: nothing to be split.
        ranges = (tuple(energies),)
    else:
        ranges = split_ranges(energies, limits)
    lines: list[Line] = []
    missing: list[Cell] = []
    for number, part in enumerate(ranges, start=FIRST_RANGE):
        for (prices, zone, _), energy in zip(columns, part, strict=True):
            if number == FIRST_RANGE or energy:
                lines += _cell_lines(prices, (zone, number), energy, missing)
    if missing:
        raise RateMissing(parts[0][0].month, missing)
    return tuple(lines)


def _cell_lines(
    prices: PlanPrices, cell: Cell, energy: Energy, missing: list[Cell]
) -> Iterator[Line]:
    """Yield the line of a zone in a range, or its lines where the price changes."""
    steady = prices.steady.get(cell)
    if steady is not None:
        yield _line(cell, energy, steady)
        return
    for piece, share in zip(
        prices.pieces, _by_days(energy, prices.pieces), strict=True
    ):
        price = piece.prices.get(cell)
        if price is not None:
            yield _line(cell, share, price, Span(piece.starts, piece.ends))
        elif cell not in missing:
            missing.append(cell)


def _line(cell: Cell, energy: Energy, price: Price, days: Span | None = None) -> Line:
    return Line(
        zone=cell[0],
        range_number=cell[1],
        energy=energy,
        price=price,
        amount=price.cost(energy),
        days=days,
    )


def _by_days(energy: Energy, pieces: Sequence[Piece]) -> list[Energy]:
    """Split energy by days in whole watt-hours; the last piece takes the remainder."""
    whole = sum(piece.length for piece in pieces)
    shares = [Energy(energy.wh * piece.length // whole) for piece in pieces[:-1]]
    return [*shares, energy - Energy.total(shares)]
