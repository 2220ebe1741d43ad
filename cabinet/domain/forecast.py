"""What a month will come to, judged by the months before it (прогноз)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.money import divide_half_up
from cabinet.domain.period import MONTHS_IN_YEAR, Month
from cabinet.domain.tariff import Zone

ByZone = Mapping[Zone, Energy]

#: Months that tell how much is used lately, and how far back they are looked for.
LATELY = 3
_LOOKED_BACK = 6
#: A year may differ from the one before by this many times; more is chance.
_MOST_TIMES = 2


class Footing(StrEnum):
    """What a forecast stands on."""

    YEAR_AGO = "year_ago"
    YEAR_AGO_AND_LATELY = "year_ago_and_lately"
    LATELY = "lately"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The energy of a month by zone, in whole kilowatt-hours, and what it stands on."""

    month: Month
    by_zone: tuple[Energy, ...]
    footing: Footing

    @property
    def total(self) -> Energy:
        """Return the energy of all zones."""
        return Energy.total(self.by_zone)


def forecast(
    known: Mapping[Month, ByZone], zones: Sequence[Zone], month: Month
) -> Forecast | None:
    """Return what the month will come to, None where too little is known.

    `known` is the energy of past months; months measured by other zones do not count.
    The same month a year ago goes first, times how much more was used lately than in the
    same months then (between half and twice). Without it the last three known months of
    the last half-year are averaged.
    """
    alike = {at: part for at, part in known.items() if set(part) == set(zones)}
    lately = [
        month.plus(-back)
        for back in range(1, _LOOKED_BACK + 1)
        if month.plus(-back) in alike
    ][:LATELY]
    past = alike.get(month.plus(-MONTHS_IN_YEAR))
    if past is None:
        if len(lately) < LATELY:
            return None
        sums = [sum(alike[at][zone].wh for at in lately) for zone in zones]
        return _forecast(month, [(each, LATELY) for each in sums], Footing.LATELY)
    now, then = _compared(alike, lately)
    if not now or not then:
        return _forecast(month, [(past[x].wh, 1) for x in zones], Footing.YEAR_AGO)
    if now > _MOST_TIMES * then:
        now, then = _MOST_TIMES, 1
    elif then > _MOST_TIMES * now:
        now, then = 1, _MOST_TIMES
    parts = [(past[zone].wh * now, then) for zone in zones]
    return _forecast(month, parts, Footing.YEAR_AGO_AND_LATELY)


def _compared(
    known: Mapping[Month, ByZone], lately: Sequence[Month]
) -> tuple[int, int]:
    """Return the watt-hours of the months known in both years: now, and a year ago."""
    now = then = 0
    for month in lately:
        before = known.get(month.plus(-MONTHS_IN_YEAR))
        if before is not None:
            now += _total(known[month])
            then += _total(before)
    return now, then


def _total(by_zone: ByZone) -> int:
    return sum(energy.wh for energy in by_zone.values())


def _forecast(
    month: Month, parts: Sequence[tuple[int, int]], footing: Footing
) -> Forecast:
    """Make it of watt-hours as fractions, rounded half up to a kilowatt-hour."""
    energies = (Energy.from_kwh(divide_half_up(a, b * WH_IN_KWH)) for a, b in parts)
    return Forecast(month, tuple(energies), footing)
