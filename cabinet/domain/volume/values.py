"""What a month's volume rests on, and what it is, as values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan

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


class Silence(StrEnum):
    """Why a month has no reading that counts (почему нет показаний).

    After the account was closed there is nothing to be counted.
    """

    UNREAD = "unread"
    UNVERIFIED = "unverified"
    UNMETERED = "unmetered"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterLife:
    """A meter from its first register to its last, as it showed them.

    `opening` is the register on `opening_on`; `closing` and `removed_on` are None while
    the meter hangs. `digits` are those before the point. From the day after
    `verified_until` the meter counts as out of order; None is a day nobody knows.
    """

    serial: str
    digits: int
    opening_on: date
    opening: Registers
    ratio: int = 1
    removed_on: date | None = None
    closing: Registers | None = None
    verified_until: date | None = None

    def counts_on(self, day: date) -> bool:
        """Tell whether what the meter shows on the day is to be charged by."""
        return self.verified_until is None or day <= self.verified_until


@dataclass(frozen=True, kw_only=True, slots=True)
class Actual:
    """What a meter really showed, and the month it counts in.

    `act` is the number of the act of a control check that found other registers than
    those sent (decree 354, paragraph 61); empty for every other reading. Raises
    ValueError for an estimate: a difference never starts from one.
    """

    serial: str
    period: Month
    taken_on: date
    source: ReadingSource
    registers: Registers
    act: str = ""

    def __post_init__(self) -> None:
        if self.source is ReadingSource.ESTIMATE:
            raise ValueError("an estimate is not what a meter showed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """What the volume of an account rests on; meters in the order they hung.

    `norm` is energy a person a month, None when none is set. `plan` is that of an
    account without meters; else the meter that counts says it. Of the readings of a
    meter and a month the newest counts, whatever their order; of two on one day, which
    the caller should not have, an act's or the higher. A month the account was opened or
    closed in has its share of the average and of the norm by days. `settles_norm` tells
    whether readings that resume settle months charged by the norm as well.
    """

    plan: Plan
    residents: int
    norm: Energy | None
    meters: tuple[MeterLife, ...]
    readings: tuple[Actual, ...]
    opened_on: date | None = None
    closed_on: date | None = None
    settles_norm: bool = True
    #: The readings of each month: years of them are gone through a month at a time.
    by_month: Mapping[Month, Sequence[Actual]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_month: dict[Month, list[Actual]] = defaultdict(list)
        for one in self.readings:
            by_month[one.period].append(one)
        object.__setattr__(self, "by_month", dict(by_month))

    def is_over(self, month: Month) -> bool:
        """Tell whether the account was closed before the month."""
        return self.closed_on is not None and self.closed_on <= month.starts


@dataclass(frozen=True, slots=True)
class Mark:
    """The registers a meter was last charged to, and the day of them."""

    serial: str
    registers: Registers
    on: date


@dataclass(frozen=True, slots=True)
class Known:
    """A month that readings gave the volume of, by zone: averages are made of it."""

    month: Month
    by_zone: Registers


@dataclass(frozen=True, slots=True)
class Quiet:
    """A month charged without readings, which later ones settle."""

    month: Month
    by_zone: Registers
    basis: ChargeBasis
    silence: Silence


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What a month takes over from those before it.

    Without `at` nothing was read since the first meter's opening register.
    """

    at: Mark | None = None
    known: tuple[Known, ...] = ()
    silent: tuple[Quiet, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A meter between two registers; `source` is None for a closing register.

    `act` is the number of the act of a control check that `after` comes from.
    """

    serial: str
    ratio: int
    digits: int
    before: Registers
    before_on: date
    after: Registers
    after_on: date
    source: ReadingSource | None
    act: str = ""

    #: The energy by zone.
    used: Registers = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the energy by zone, through zero where a register fell.

        What a check found may lie below what was sent: the nearer way round the dial is
        the difference then, and it may be negative.
        """
        turn = 10**self.digits * WH_IN_KWH
        found = []
        for before, after in zip(self.before, self.after, strict=True):
            wh = (after.wh - before.wh) % turn
            if self.act and wh * 2 > turn:
                wh -= turn
            found.append(Energy(wh * self.ratio))
        object.__setattr__(self, "used", tuple(found))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """What readings showed after silent months, or a control check of what was sent.

    `measured` is what the settled months took by the meter, `counted` what was charged
    for them, both by zone. Without `months` it is the check alone that is settled: what
    it found beside the month's own.
    """

    months: tuple[Month, ...]
    measured: Registers
    counted: Registers
    act: str = ""

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
    without readings, this one included, and `silence` says why there are none. `earlier`
    is what the month took by a meter of another plan, before a replacement.
    `bridged` is the part of `by_zone` that stands for the days before a meter out of
    order gave way to one that counts: from the first of `bridged_days` to before the
    second. `unclosed` is the serial
    of a removed meter whose missing closing register keeps the month's readings of later
    meters from counting until somebody enters it: the case goes to an operator.
    """

    month: Month
    basis: ChargeBasis
    by_zone: Registers
    earlier: Registers = ()
    stretches: tuple[Stretch, ...] = ()
    mean_of: tuple[Month, ...] = ()
    silent: int = 0
    silence: Silence | None = None
    resumed: Resumed | None = None
    bridged: Registers = ()
    bridged_days: tuple[date, date] | None = None
    unclosed: str | None = None

    @property
    def total(self) -> Energy:
        """Return the energy of all zones."""
        return Energy.total((*self.earlier, *self.by_zone))

    @property
    def plan(self) -> Plan:
        """Return the plan the zones are of."""
        return Plan.of_zones(len(self.by_zone))


class NormMissing(LookupError):
    """A month without readings has no norm to be counted by."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"no norm in {month}")
        self.month = month


class ZonesDiffer(ValueError):
    """A reading has not as many registers as its meter: a fault of the data."""

    def __init__(self, month: Month, serial: str) -> None:
        super().__init__(f"registers of meter {serial} in {month} are of another plan")
        self.month = month
        self.serial = serial


class MeterMissing(ValueError):
    """The meter that was read last is not among those of the household."""

    def __init__(self, month: Month, serial: str) -> None:
        super().__init__(f"meter {serial} was read last and is missing in {month}")
        self.month = month
        self.serial = serial
