"""How much energy a month has: by readings, by the average, by the norm.

Rules for utility services approved by the Government's decree 354: readings (paragraph
42), the average of up to six months for up to three periods in a row (59 «б»), then the
norm (60); what readings show when they resume settles the silent months.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Plan

MOST_OF_AVERAGE = 6
LEAST_OF_AVERAGE = 3
MOST_PERIODS_BY_AVERAGE = 3

#: How the norm is shared between zones, in hundredths, in the order of T1, T2, T3.
NORM_SHARES: dict[Plan, tuple[int, ...]] = {
    Plan.ONE: (100,),
    Plan.TWO: (70, 30),
    Plan.THREE: (30, 25, 45),
}

Registers = tuple[Energy, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterLife:
    """A meter from its first register to its last, as it showed them.

    `opening` is the register on `opening_on`; `closing` and `removed_on` are None while
    the meter hangs. `digits` are those before the point.
    """

    serial: str
    digits: int
    opening_on: date
    opening: Registers
    ratio: int = 1
    removed_on: date | None = None
    closing: Registers | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Actual:
    """What a meter really showed, and the month it counts in.

    Raises ValueError for an estimate: a difference never starts from one.
    """

    serial: str
    period: Month
    taken_on: date
    source: ReadingSource
    registers: Registers

    def __post_init__(self) -> None:
        if self.source is ReadingSource.ESTIMATE:
            raise ValueError("an estimate is not what a meter showed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """What the volume of an account rests on; meters in the order they hung.

    `norm` is energy a person a month, None when none is set. Of the readings of a meter
    and a month the newest counts, whatever their order; of two on one day, which the
    caller should not have, the higher.
    """

    plan: Plan
    residents: int
    norm: Energy | None
    meters: tuple[MeterLife, ...]
    readings: tuple[Actual, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A meter between two registers; `source` is None for a closing register."""

    serial: str
    ratio: int
    digits: int
    before: Registers
    before_on: date
    after: Registers
    after_on: date
    source: ReadingSource | None

    @property
    def used(self) -> Registers:
        """Return the energy by zone, through zero where a register fell."""
        turn = 10**self.digits * WH_IN_KWH
        return tuple(
            Energy((after.wh - before.wh) % turn * self.ratio)
            for before, after in zip(self.before, self.after, strict=True)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """What readings showed after silent months.

    `measured` is what the silent months took by the meter, `counted` what was charged
    for them, both by zone.
    """

    months: tuple[Month, ...]
    measured: Registers
    counted: Registers

    @property
    def difference(self) -> Registers:
        """Return what is still to be charged by zone; below zero is given back."""
        return tuple(
            real - guess
            for real, guess in zip(self.measured, self.counted, strict=True)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthVolume:
    """The energy of a month by zone and what it rests on.

    `mean_of` are the months an average is of; `silent` counts the months in a row
    without readings, this one included. `unclosed` is the serial of a removed meter
    whose missing closing register keeps the month's readings of later meters from
    counting until somebody enters it: the case goes to an operator.
    """

    month: Month
    basis: ChargeBasis
    by_zone: Registers
    stretches: tuple[Stretch, ...] = ()
    mean_of: tuple[Month, ...] = ()
    silent: int = 0
    resumed: Resumed | None = None
    unclosed: str | None = None

    @property
    def total(self) -> Energy:
        """Return the energy of all zones."""
        return Energy.total(self.by_zone)


class NormMissing(LookupError):
    """A month without readings has no norm to be counted by."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"no norm in {month}")
        self.month = month


class ZonesDiffer(ValueError):
    """A meter's registers are not as many as the zones of the plan.

    So it is when a meter of one zone gives way to a meter of two: what was used before
    and after is priced by different plans, and no volume by zone holds both.
    """

    def __init__(self, month: Month, serial: str) -> None:
        super().__init__(f"registers of meter {serial} in {month} are of another plan")
        self.month = month
        self.serial = serial


def volumes(household: Household, months: Iterable[Month]) -> Iterator[MonthVolume]:
    """Yield the volume of each month in turn.

    The first month begins at the first meter's opening register; without meters every
    month goes by the norm. Raises NormMissing, ZonesDiffer, and ValueError for a month
    that does not follow the one before.
    """
    counter = _Counter(household)
    before: Month | None = None
    for month in months:
        if before is not None and month != before.next:
            raise ValueError(f"{month} does not follow {before}")
        before = month
        yield counter.next(month)


@dataclass(frozen=True, slots=True)
class _Place:
    """A meter and the registers its next stretch starts from."""

    meter: MeterLife
    registers: Registers
    on: date

    @classmethod
    def opening(cls, meter: MeterLife) -> "_Place":
        return cls(meter, meter.opening, meter.opening_on)

    def until(self, reading: Actual) -> Stretch:
        return self._stretch(reading.registers, reading.taken_on, reading.source)

    def after(self, reading: Actual) -> "_Place":
        return _Place(self.meter, reading.registers, reading.taken_on)

    def until_closing(self) -> Stretch | None:
        meter = self.meter
        if meter.closing is None or meter.removed_on is None:
            return None
        return self._stretch(meter.closing, meter.removed_on, None)

    def _stretch(
        self, after: Registers, on: date, source: ReadingSource | None
    ) -> Stretch:
        return Stretch(
            serial=self.meter.serial,
            ratio=self.meter.ratio,
            digits=self.meter.digits,
            before=self.registers,
            before_on=self.on,
            after=after,
            after_on=on,
            source=source,
        )


class _Counter:
    """Walks through the months, remembering registers and averages."""

    def __init__(self, household: Household) -> None:
        self.household = household
        #: The meter that counts now, where it was read last, and those hung after it.
        self.places = [_Place.opening(meter) for meter in household.meters]
        self.readings = _latest(household.readings)
        self.known: list[MonthVolume] = []
        self.silent: list[MonthVolume] = []

    def next(self, month: Month) -> MonthVolume:
        stretches, unclosed = self._stretches(month)
        if stretches:
            return self._read(month, stretches, unclosed)
        return self._silent(month, unclosed)

    def _stretches(self, month: Month) -> tuple[tuple[Stretch, ...], str | None]:
        """Return the stretches that end in the month, and the meter not closed.

        They run from where the account was read last through every replacement to the
        newest reading of the month; a closing register alone does not end a month.
        """
        found: list[Stretch] = []
        closings: list[Stretch] = []
        rest = self.places
        while rest:
            place, *rest = rest
            reading = self._reading(place, month)
            if reading is not None:
                found += [*closings, place.until(reading)]
                closings = []
                place = place.after(reading)
                self.places = [place, *rest]
            closing = place.until_closing()
            if closing is None:
                break
            closings.append(closing)
        waits = any(self._reading(later, month) for later in rest)
        return tuple(found), place.meter.serial if waits else None

    def _reading(self, place: _Place, month: Month) -> Actual | None:
        return self.readings.get((place.meter.serial, month))

    def _read(
        self, month: Month, stretches: tuple[Stretch, ...], unclosed: str | None
    ) -> MonthVolume:
        zones = len(ZONES[self.household.plan])
        for stretch in stretches:
            if {len(stretch.before), len(stretch.after)} != {zones}:
                raise ZonesDiffer(month, stretch.serial)
        whole = _added(stretch.used for stretch in stretches)
        own, resumed = whole, None
        if self.silent:
            # The month's own part is a whole number of kilowatt-hours, rounded down.
            parts = (len(self.silent) + 1) * WH_IN_KWH
            own = tuple(Energy(part.wh // parts * WH_IN_KWH) for part in whole)
            resumed = Resumed(
                months=tuple(silent.month for silent in self.silent),
                measured=tuple(a - b for a, b in zip(whole, own, strict=True)),
                counted=_added(silent.by_zone for silent in self.silent),
            )
            self.silent = []
        volume = MonthVolume(
            month=month,
            basis=ChargeBasis.ACTUAL,
            by_zone=own,
            stretches=stretches,
            resumed=resumed,
            unclosed=unclosed,
        )
        self.known.append(volume)
        return volume

    def _silent(self, month: Month, unclosed: str | None) -> MonthVolume:
        mean_of = self.known[-MOST_OF_AVERAGE:]
        silent = len(self.silent) + 1
        by_average = (
            silent <= MOST_PERIODS_BY_AVERAGE and len(mean_of) >= LEAST_OF_AVERAGE
        )
        volume = MonthVolume(
            month=month,
            basis=ChargeBasis.AVERAGE if by_average else ChargeBasis.NORM,
            by_zone=_mean(mean_of) if by_average else _norm(self.household, month),
            mean_of=tuple(one.month for one in mean_of) if by_average else (),
            silent=silent,
            unclosed=unclosed,
        )
        self.silent.append(volume)
        return volume


def _latest(readings: Iterable[Actual]) -> dict[tuple[str, Month], Actual]:
    """Return the newest reading of each meter and month."""
    ordered = sorted(readings, key=lambda one: (one.taken_on, one.registers))
    return {(reading.serial, reading.period): reading for reading in ordered}


def _added(parts: Iterable[Registers]) -> Registers:
    return tuple(Energy.total(column) for column in zip(*parts, strict=True))


def _mean(known: Sequence[MonthVolume]) -> Registers:
    total = _added(volume.by_zone for volume in known)
    return tuple(_whole_kwh(part.kwh / len(known)) for part in total)


def _norm(household: Household, month: Month) -> Registers:
    """Share the norm between the zones; the remainder goes to the first."""
    if household.norm is None:
        raise NormMissing(month)
    total = household.norm * household.residents
    _, *shares = NORM_SHARES[household.plan]
    rest = [_whole_kwh(total.kwh * share / 100) for share in shares]
    return (total - Energy.total(rest), *rest)


def _whole_kwh(kwh: Decimal) -> Energy:
    return Energy.from_kwh(kwh.quantize(Decimal(1), ROUND_HALF_EVEN))
