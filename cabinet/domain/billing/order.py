"""Recalculations that somebody ordered (распоряжение о перерасчёте): a paper is behind each.

What readings settle by themselves is no order. An order names the months, the energy or
the sum, the reason and its paper; one later bill takes it in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cabinet.domain.charge import RatePrices
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.pricing import FIRST_RANGE, Cell
from cabinet.domain.tariff import ZONES, Line, Plan, RateMissing


class OrderReason(StrEnum):
    """Why a recalculation is ordered (причина перерасчёта)."""

    ABSENCE = "absence"
    READINGS = "readings"
    COURT = "court"
    QUALITY = "quality"
    OTHER = "other"


class OrderState(StrEnum):
    """Where an order stands (состояние распоряжения).

    It waits for another person, then for a bill; a bill that was computed and nobody
    published holds it.
    """

    ASKED = "asked"
    AGREED = "agreed"
    DRAFTED = "drafted"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"


class PricesDiffer(ValueError):
    """The months of an order have not one price: it is two orders."""

    def __init__(self, month: Month) -> None:
        super().__init__(str(month))
        self.month = month


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An ordered recalculation, its months from `first` to `last`.

    `amount` above zero adds to the debt. `lines` tell the energy it is for, priced by
    zone; without an energy there are none, and with a sum of its own they need not come
    to it. `words` say more, for another reason all of it.
    """

    reason: OrderReason
    first: Month
    last: Month
    amount: Money
    document: str
    document_on: date
    words: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def energy(self) -> Energy:
        """Return the energy of all zones."""
        return Energy.total(line.energy for line in self.lines)

    @property
    def is_by_price(self) -> bool:
        """Tell whether the sum is what the energy costs."""
        return bool(self.lines) and self.amount == cost(self.lines)


def cost(lines: Iterable[Line]) -> Money:
    """Return what the lines come to."""
    return Money.total(line.amount for line in lines)


def order_lines(
    energies: Sequence[Energy], plan: Plan, months: Iterable[RatePrices]
) -> tuple[Line, ...]:
    """Return the energy by zone at the first range's price of the months it is of.

    Zones without an energy have no line. Rounded once a line, half up. Raises
    RateMissing, and PricesDiffer where a price is not the same on all their days.
    """
    wanted: list[tuple[Cell, Energy]] = [
        ((zone, FIRST_RANGE), energy)
        for zone, energy in zip(ZONES[plan], energies, strict=True)
        if energy.wh
    ]
    known: dict[Cell, Price] = {}
    for prices in months:
        of_month = prices[plan]
        lacking = set(of_month.missing([FIRST_RANGE]))
        for cell, _ in wanted:
            if cell in lacking:
                raise RateMissing(of_month.month, [cell])
            price = of_month.steady.get(cell)
            if price is None or known.setdefault(cell, price) != price:
                raise PricesDiffer(of_month.month)
    return tuple(
        Line(
            zone=cell[0],
            range_number=FIRST_RANGE,
            energy=energy,
            price=known[cell],
            amount=known[cell].cost(energy),
        )
        for cell, energy in wanted
    )
