"""Two bills of one month side by side: what is read of each, and the difference."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Zone
from cabinet.services.billing.compute import Made

_NOTHING = Energy(0)


class Figure(StrEnum):
    """What of a bill is compared: energy by zone, of the month and settled, and sums."""

    VOLUME = "volume"
    SETTLED = "settled"
    CHARGED = "charged"
    RECALCULATED = "recalculated"
    PENALTY = "penalty"
    BENEFIT = "benefit"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRow:
    """Energy of a zone in both bills."""

    figure: Figure
    zone: Zone
    before: Energy
    after: Energy

    @property
    def change(self) -> Energy:
        """Return how much more there is."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """A sum of both bills."""

    figure: Figure
    before: Money
    after: Money

    @property
    def change(self) -> Money:
        """Return how much more it is."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two bills of a month side by side; `corrected` are the months the second settles."""

    before: Made
    after: Made
    energy: tuple[EnergyRow, ...]
    money: tuple[MoneyRow, ...]
    corrected: tuple[Month, ...]


def compared(before: Made, after: Made) -> Comparison:
    """Return the bills side by side."""
    charges = before.bill.charge, after.bill.charge
    resumed = after.bill.charge.volume.resumed
    return Comparison(
        before=before,
        after=after,
        energy=(
            *_energy(Figure.VOLUME, charges[0].lines, charges[1].lines),
            *_energy(Figure.SETTLED, charges[0].settled, charges[1].settled),
        ),
        money=tuple(
            MoneyRow(figure=figure, before=sums[0], after=sums[1])
            for figure, *sums in zip(
                (
                    Figure.CHARGED,
                    Figure.RECALCULATED,
                    Figure.PENALTY,
                    Figure.BENEFIT,
                    Figure.CLOSING,
                ),
                _sums(before),
                _sums(after),
                strict=True,
            )
        ),
        corrected=() if resumed is None else resumed.months,
    )


def _energy(
    figure: Figure, before: tuple[Line, ...], after: tuple[Line, ...]
) -> Iterator[EnergyRow]:
    first, second = _by_zone(before), _by_zone(after)
    for zone in dict.fromkeys([*first, *second]):
        yield EnergyRow(
            figure=figure,
            zone=zone,
            before=first.get(zone, _NOTHING),
            after=second.get(zone, _NOTHING),
        )


def _by_zone(lines: tuple[Line, ...]) -> dict[Zone, Energy]:
    found: dict[Zone, Energy] = {}
    for line in lines:
        found[line.zone] = found.get(line.zone, _NOTHING) + line.energy
    return found


def _sums(made: Made) -> tuple[Money, ...]:
    bill = made.bill
    charge = bill.charge
    return (
        charge.charged,
        bill.recalculated,
        bill.penalty,
        -bill.benefit,
        bill.closing,
    )
