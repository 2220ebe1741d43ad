"""Spans of months whose energy is known as one sum, compared with a year ago."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cabinet.domain.energy import Energy
from cabinet.domain.period import MONTHS_IN_YEAR, Month, months
from cabinet.domain.tariff import Zone
from cabinet.services.history.entries import Entry

ByZone = dict[Zone, Energy]


@dataclass(slots=True)
class Unit:
    """The counted entries of overlapping months: one, or those of several meters.

    `by_zone` is None when a part of the energy is unknown.
    """

    first: Month
    last: Month
    entries: list[Entry] = field(default_factory=list)
    by_zone: ByZone | None = field(default_factory=dict)

    @property
    def months(self) -> int:
        """Return how many months it covers."""
        return self.last.since(self.first) + 1

    @property
    def total(self) -> Energy | None:
        """Return the energy of all zones, None when a part of it is unknown."""
        return None if self.by_zone is None else Energy.total(self.by_zone.values())

    def add(self, entry: Entry) -> None:
        """Take in an entry whose months overlap."""
        self.entries.append(entry)
        self.last = max(self.last, entry.month)
        used = entry.used
        self.by_zone = _added(
            self.by_zone,
            None if used is None else dict(zip(entry.zones, used, strict=True)),
        )


class Units:
    """The units of an account, found by month."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Group the counted entries that may be shown."""
        self.all: list[Unit] = []
        counted = [one for one in entries if one.is_counted and not one.is_hidden]
        for entry in sorted(counted, key=lambda one: (one.since, one.month, one.meter)):
            if not self.all or entry.since > self.all[-1].last:
                self.all.append(Unit(entry.since, entry.month))
            self.all[-1].add(entry)
        self.by_first = {unit.first: unit for unit in self.all}
        self.by_month = {
            month: unit for unit in self.all for month in months(unit.first, unit.last)
        }

    def year_before(self, unit: Unit) -> ByZone | None:
        """Return the energy of the same months a year ago.

        None unless other units are made of exactly these months and are known.
        """
        month = unit.first.plus(-MONTHS_IN_YEAR)
        last = unit.last.plus(-MONTHS_IN_YEAR)
        found: ByZone | None = {}
        while month <= last:
            one = self.by_first.get(month)
            if one is None or one.last > last:
                return None
            found = _added(found, one.by_zone)
            month = one.last.next
        return found


def _added(some: ByZone | None, more: ByZone | None) -> ByZone | None:
    if some is None or more is None:
        return None
    return {
        zone: some.get(zone, Energy(0)) + more.get(zone, Energy(0))
        for zone in {**some, **more}
    }
