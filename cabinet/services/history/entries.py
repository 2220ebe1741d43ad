"""A meter's months one by one: what stands in each, and the energy since the last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.domain.readings import Dial, Registers
from cabinet.domain.tariff import Zone
from cabinet.services.access import AccountCard
from cabinet.services.history.facts import MeterFacts, ReadingFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What stands in a month of a meter.

    `reading` is None for the closing register. A counted entry holds the energy of the
    months from `since` to its own; `used` is None when it cannot be told.
    """

    meter: int
    month: Month
    zones: tuple[Zone, ...]
    registers: Registers
    taken_on: date
    reading: ReadingFacts | None
    is_hidden: bool
    is_counted: bool
    since: Month
    used: Registers | None = None
    rolled_over: bool = False

    @property
    def total(self) -> Energy | None:
        """Return the energy of all zones."""
        return None if self.used is None else Energy.total(self.used)


@dataclass(slots=True)
class _Base:
    registers: Registers
    taken_on: date
    month: Month


class MeterWalk:
    """Walks through what stands on a meter, from its first register to its last."""

    def __init__(self, at: int, meter: MeterFacts, card: AccountCard) -> None:
        self.at = at
        self.meter = meter
        self.since = card.since or date.min
        self.window = card.window
        self.starts = card.window.period_of(meter.opening_on)
        self.base = _Base(meter.opening, meter.opening_on, self.starts.previous)

    def entries(self) -> Iterator[Entry]:
        """Yield what stands in each month, the oldest first."""
        for reading in _standing(self.meter.readings):
            if is_counted(reading):
                yield self._counted(
                    reading.period, reading.registers, reading.taken_on, reading
                )
            else:
                yield self._entry(
                    reading.period, reading.registers, reading.taken_on, reading
                )
        closing, removed_on = self.meter.closing, self.meter.removed_on
        if closing is not None and removed_on is not None:
            month = max(self.window.period_of(removed_on), self.base.month)
            yield self._counted(month, closing, removed_on, None)

    def ends(self, upper: Month) -> Month:
        """Return the last month the meter hangs in, none after `upper`."""
        removed_on = self.meter.removed_on
        if removed_on is None:
            return upper
        return min(self.window.period_of(removed_on), upper)

    def _counted(
        self,
        month: Month,
        registers: Registers,
        taken_on: date,
        reading: ReadingFacts | None,
    ) -> Entry:
        base, self.base = self.base, _Base(registers, taken_on, month)
        if base.taken_on < self.since:
            # The difference would tell a register from before this customer's time.
            return self._entry(month, registers, taken_on, reading, is_counted=True)
        said = reading is None or reading.rolled_over
        used = _used(self.meter, base.registers, registers, may_roll=said)
        fell = any(a < b for a, b in zip(registers, base.registers, strict=False))
        return self._entry(
            month,
            registers,
            taken_on,
            reading,
            is_counted=True,
            since=min(base.month.next, month),
            used=used,
            rolled_over=used is not None and fell,
        )

    def _entry(
        self,
        month: Month,
        registers: Registers,
        taken_on: date,
        reading: ReadingFacts | None,
        *,
        is_counted: bool = False,
        since: Month | None = None,
        used: Registers | None = None,
        rolled_over: bool = False,
    ) -> Entry:
        return Entry(
            meter=self.at,
            month=month,
            zones=self.meter.zones,
            registers=registers,
            taken_on=taken_on,
            reading=reading,
            is_hidden=taken_on < self.since,
            is_counted=is_counted,
            since=since or month,
            used=used,
            rolled_over=rolled_over,
        )


def is_counted(reading: ReadingFacts) -> bool:
    """Tell whether differences start and end at the reading: it has every zone."""
    is_actual = reading.state in BASE and reading.source is not ReadingSource.ESTIMATE
    return is_actual and bool(reading.registers)


def _standing(readings: Iterable[ReadingFacts]) -> list[ReadingFacts]:
    """Return one reading a month: the current one, else an estimate, else a refused one.

    The newest of several comes last and wins.
    """
    found: dict[Month, ReadingFacts] = {}
    for reading in readings:
        kept = found.get(reading.period)
        if kept is None or _place(reading) >= _place(kept):
            found[reading.period] = reading
    return list(found.values())


def _place(reading: ReadingFacts) -> tuple[int, date]:
    """Return what decides between two: an act may be entered after a later reading."""
    return _weight(reading), reading.taken_on


def _weight(reading: ReadingFacts) -> int:
    if reading.state is ReadingState.REJECTED:
        return 0
    return 1 if reading.source is ReadingSource.ESTIMATE else 2


def _used(
    meter: MeterFacts, before: Registers, after: Registers, *, may_roll: bool
) -> Registers | None:
    """Return the energy by zone, None when a register fell for an unknown reason.

    Registers of a billing system come without a word about zeros: less than half a turn
    forward is a roll-over, more is a mistake in one of the two.
    """
    turn = Dial(meter.digits).turn
    if len(before) != len(after):
        return None
    parts = []
    for old, new in zip(before, after, strict=True):
        part = new - old
        if part.wh < 0:
            part = part + turn
            if not may_roll and part * 2 > turn:
                return None
        parts.append(part * meter.ratio)
    return tuple(parts)
