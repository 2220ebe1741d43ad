"""The months of an account one after another, as far as a charge needs them.

A month that is not plain rests on those before it: on what was read last, on averages, on
months without readings. Plain ones among them are gone through by their differences alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month, months
from cabinet.domain.tariff import Plan
from cabinet.domain.volume import (
    Actual,
    Carried,
    Household,
    Mark,
    MeterLife,
    MonthVolume,
    month_volume,
)
from cabinet.domain.volume.values import MOST_OF_AVERAGE, Known
from cabinet.services.importing.plain import PlainAccount
from cabinet.services.metered import KeptReading


class Walk:
    """An account on its way through its months.

    It begins at a reading, or else where the first meter did.
    """

    def __init__(
        self,
        meters: tuple[MeterLife, ...],
        readings: Iterable[KeptReading],
        plain: PlainAccount | None,
        *,
        residents: int,
        norm: Energy | None,
        begin: KeptReading | None = None,
    ) -> None:
        self._meters = meters
        self._plain = plain
        self._residents = residents
        self._norm = norm
        self._readings: dict[int, list[KeptReading]] = defaultdict(list)
        for row in readings:
            self._readings[row.period].append(row)
        self._begin = begin
        self._done: dict[int, MonthVolume] = {}
        self._next, self._carried = self._start()

    def volume(self, month: Month) -> MonthVolume | None:
        """Return the volume of a month, None of one before the first.

        Raises NormMissing and ZonesDiffer, of this month or of one that it rests on.
        """
        if month < self._next and month.code not in self._done:
            self._next, self._carried = self._start()
        while self._next <= month:
            if not self._run(month):
                self._count()
        return self._done.get(month.code)

    def _start(self) -> tuple[Month, Carried]:
        if self._begin is None:
            opened = self._meters[0].opening_on
            return Month.of(opened + timedelta(days=1)), Carried()
        begin = self._begin.row()
        at = Mark(
            begin.serial, begin.counting_in(begin.period).registers, begin.taken_on
        )
        return begin.period.next, Carried(at=at)

    def _run(self, until: Month) -> bool:
        """Go through plain months before that one; tell whether there were any."""
        plain = self._plain
        found: list[Month] = []
        if plain is not None:
            for month in months(self._next, until):
                if month == until or not plain.is_plain(month.code):
                    break
                found.append(month)
        mark = plain.mark(found[-1].code) if plain is not None and found else None
        if plain is None or mark is None:
            return False
        known = [
            Known(one, tuple(map(Energy, plain.used_in(one.code))))
            for one in found[-MOST_OF_AVERAGE:]
        ]
        self._carried = Carried(
            at=Mark(
                mark.dial.serial,
                tuple(map(Energy, mark.registers)),
                date.fromisoformat(mark.day),
            ),
            known=(*self._carried.known, *known)[-MOST_OF_AVERAGE:],
        )
        self._next = found[-1].next
        return True

    def _count(self) -> None:
        """Count the next month by all that is known of it."""
        month = self._next
        household = Household(
            plan=Plan.of_zones(len(self._meters[0].opening)),
            residents=self._residents,
            norm=self._norm,
            meters=self._meters,
            readings=tuple(self._actual(month)),
        )
        volume, self._carried = month_volume(household, self._carried, month)
        self._done[month.code] = volume
        self._next = month.next

    def _actual(self, month: Month) -> Iterable[Actual]:
        """Yield what the meters showed in a month, in the words of the domain."""
        for kept in self._readings.get(month.code, ()):
            if kept.source != ReadingSource.ESTIMATE:
                yield kept.row().counting_in(month)
