"""What the history of readings shows."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.services.access import AccountCard
from cabinet.services.history.outlook import Outlook


class Recent(Enum):
    """So many months back from the newest known one; ALL has no limit."""

    QUARTER = 3
    HALF = 6
    YEAR = 12
    ALL = None


@dataclass(frozen=True, slots=True)
class Days:
    """Two local days, both included; a month they touch is shown whole."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneFigure:
    """A register and the energy it stands for, now and in the same months a year ago.

    None is unknown, not counted yet, or not this customer's to see.
    """

    zone: Zone
    number: int
    register: Energy
    used: Energy | None
    before: Energy | None


@dataclass(frozen=True, slots=True)
class Charged:
    """What a bill charged for a month that no reading counts in."""

    basis: ChargeBasis
    energy: Energy


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRow:
    """A month of a meter: its reading, its last register, or nothing (no zones).

    `used` and `before` are of all zones. `used_since` is the first month of a
    consumption that covers several. `together` is the month's energy by all meters
    where there is more than one. `settled_in` is the later month whose reading holds
    the energy of this one.
    """

    month: Month
    zones: tuple[ZoneFigure, ...] = ()
    used: Energy | None = None
    before: Energy | None = None
    state: ReadingState | None = None
    source: ReadingSource | None = None
    taken_on: date | None = None
    counted_in: Month | None = None
    reason: str = ""
    is_closing: bool = False
    rolled_over: bool = False
    used_since: Month | None = None
    together: Energy | None = None
    charged: Charged | None = None
    settled_in: Month | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterHistory:
    """A meter and its months, the newest first."""

    serial: str
    model: str
    place: str
    zones: tuple[Zone, ...]
    ratio: int
    removed_on: date | None
    rows: tuple[HistoryRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The energy of so many months that are known in both years."""

    months: int
    now: Energy
    before: Energy


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What the months come to.

    `used` is by readings that count; `waiting` readings are still on review, `silent`
    is what was charged for `silent_months` that no shown reading covers. `billed` is
    what `bills` receipts added to the debt.
    """

    months: int
    used: Energy
    waiting: int
    silent: Energy
    silent_months: int
    bills: int
    billed: Money
    comparison: Comparison | None


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The report: `starts` and `ends` as asked, months as far as they are known.

    `totals` is None when the period has nothing. `coming` is the forecast. Tables hold the months from
    `shown_from` to `shown_till`; `earlier` is the piece before them, if there is one.
    """

    account: AccountCard
    starts: date
    ends: date
    first: Month
    last: Month
    shown_from: Month
    shown_till: Month
    earlier: tuple[Month, Month] | None
    totals: Totals | None
    meters: tuple[MeterHistory, ...]
    has_meter: bool
    coming: Outlook | None
    first_reading: Month | None
