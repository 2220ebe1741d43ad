"""What stands on a receipt: the fields of the payment document, as values.

The form is that of paragraph 69 of the Rules (ПП РФ 354): payer and payee, what is to be
paid, how it was computed, reference data, recalculations.
"""

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TypeVar

from cabinet.domain.billing import BenefitLine, Order
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.penalty import Pause
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Zone
from cabinet.domain.volume import Silence

#: So many lines fit the page in large type.
_ROOMY = 7
_CROWDED = 15
_DEBTS_A_ROW = 3
#: So many months of debt are told one by one, and so many spans of their penalties.
_MONTHS_TOLD = 12
_SPANS_TOLD = 24
_FEW_SPANS = 2
#: Figures from here on are told in thousands beside each other.
_MUCH = Energy.from_kwh(10_000)

_Row = TypeVar("_Row", Line, "Register")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeCard:
    """Who is paid: the branch with its requisites."""

    company: str
    inn: str
    kpp: str
    bank: str
    bic: str
    account: str
    corr_account: str
    address: str
    phone: str
    hours: str
    email: str
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerCard:
    """Who pays, and what the norm of the dwelling is: energy a person a month."""

    number: str
    els: str
    izhku: str
    holder: str
    address: str
    residents: int
    norm: Energy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCard:
    """A meter that the month was counted by."""

    serial: str
    model: str
    ratio: int
    verified_until: date | None
    is_verification_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What one register of a meter showed before and after, and the energy between.

    `turn` is what the register starts over from when it went through its zeros: ten to
    the power of its digits; else nothing. `source` is where the later value came from,
    unknown for the closing register of a meter taken away.
    """

    serial: str
    zone: Zone
    before: Energy
    before_on: date
    after: Energy
    after_on: date
    source: ReadingSource | None
    turn: Energy | None
    ratio: int
    energy: Energy
    is_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many kilowatt-hours the month has, and what they rest on.

    `silent` counts the months in a row without readings, this one included; `resumed`
    those that ended with this month's reading. `next_norm` tells that one more silent
    month would be counted by the norm, `norm_from` which month would be the first, where
    that is known. `silence` says why a month of our own billing has no readings, `bridged`
    how much stands for days before a meter out of order went.
    """

    basis: ChargeBasis
    energy: Energy
    registers: tuple[Register, ...]
    mean_of: int
    silent: int
    resumed: int
    next_norm: bool
    norm_from: Month | None = None
    silence: Silence | None = None
    bridged: Energy | None = None

    @property
    def last_read(self) -> Register | None:
        """Return a register whose later value is a reading, the last of them."""
        read = [one for one in self.registers if one.source is not None]
        return read[-1] if read else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalculation:
    """What readings changed in the months counted without them.

    `measured` is what the meter counted in those months, `counted` what was charged by
    the average or the norm; both are None when the billing system gave the sum alone.
    `lines` price the difference by zone; their energy and sums may be below zero. `act`
    is the number of the act of a control check, without months the check's own.
    """

    amount: Money
    lines: tuple[Line, ...] = ()
    first: Month | None
    last: Month | None
    measured: Energy | None
    counted: Energy | None
    act: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyDays:
    """Days of delay that cost the same: `part` of `rate` of `base` each.

    `rate` is hundredths of a percent a year, `part` a fraction like «1/300».
    """

    first: date
    count: int
    base: Money
    rate: int
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyPart:
    """The penalty for one month's debt: all of it, and what was charged before.

    `whole` is the number of days where they are not listed.
    """

    month: Month
    total: Money
    before: Money
    days: tuple[PenaltyDays, ...]
    whole: int = 0

    @property
    def amount(self) -> Money:
        """Return what the bill adds."""
        return self.total - self.before

    @property
    def delay(self) -> int:
        """Return how many days cost something."""
        return self.whole or sum(one.count for one in self.days)

    @property
    def spans(self) -> list[tuple[PenaltyDays, ...]]:
        """Return the days, those of one debt and one rate together."""
        groups = groupby(self.days, lambda days: (days.base, days.rate))
        return [tuple(days) for _, days in groups]

    def without_spans(self) -> "PenaltyPart":
        """Return it with its days counted together, if there are more than two spans."""
        if len(self.days) <= _FEW_SPANS:
            return self
        return replace(self, days=(), whole=self.delay)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How the debt moved: opening + added − paid = closing, to the kopeck."""

    opening: Money
    charged: Money
    recalculated: Money
    penalty: Money
    benefit: Money
    paid: Money
    last_paid_on: date | None

    @property
    def added(self) -> Money:
        """Return what the month itself adds."""
        return self.charged + self.recalculated + self.penalty - self.benefit

    @property
    def closing(self) -> Money:
        """Return what is to be paid; below zero it is an advance."""
        return self.opening + self.added - self.paid


@dataclass(frozen=True, slots=True)
class MonthOwed:
    """What is still unpaid of a month when the bill is made, penalties included."""

    month: Month
    amount: Money


@dataclass(frozen=True, slots=True)
class MonthUsed:
    """What a month's bill counted; nothing where there was none, or it is not shown."""

    month: Month
    energy: Energy | None = None
    basis: ChargeBasis | None = None

    @property
    def is_estimate(self) -> bool:
        """Tell whether the average or the norm was counted."""
        return self.basis not in (None, ChargeBasis.ACTUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A month's payment document (квитанция).

    `debts` are the months that the sum to pay is made of, `year` what was used in the
    twelve months up to this one. `vat` is inside the month's sum; `vat_rate` in hundredths
    of a percent is None where no rate is known. `acts` set the prices, each once, `pauses`
    are days of delay that an act left out of the penalties. `qr` is the payment code's text, empty if
    none can be made.
    """

    number: str
    month: Month
    issued_on: date
    due_on: date
    payee: PayeeCard
    payer: PayerCard
    meters: tuple[MeterCard, ...]
    volume: Volume
    lines: tuple[Line, ...]
    recalculation: Recalculation | None
    orders: tuple[Order, ...] = ()
    benefits: tuple[BenefitLine, ...] = ()
    penalties: tuple[PenaltyPart, ...] = ()
    acts: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    balance: Balance
    debts: tuple[MonthOwed, ...] = ()
    year: tuple[MonthUsed, ...] = ()
    vat: Money
    vat_rate: int | None
    qr: str

    @property
    def is_long(self) -> bool:
        """Tell whether it fits its page in small type only."""
        return self._told > _ROOMY

    @property
    def is_longest(self) -> bool:
        """Tell whether small type is not small enough where nobody measures the page."""
        return self._told > _CROWDED

    @property
    def _told(self) -> int:
        parts = (
            self.volume.registers,
            self.lines,
            self.penalties,
            self.benefits,
            self.orders,
            self.acts,
            self.pauses,
        )
        debts = len(self.debts) // _DEBTS_A_ROW if self.has_older_debts else 0
        return sum(map(len, parts)) + debts + (self.recalculation is not None)

    @property
    def is_by_zone(self) -> bool:
        """Tell whether its lines stand as columns of zones: there are too many else."""
        rows = len(self.volume.registers) + len(self.lines)
        return rows > _ROOMY and len(self.zones) > 1

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Return the zones it tells of, in the order they come."""
        told = [one.zone for one in self.volume.registers]
        return tuple(dict.fromkeys([*told, *(line.zone for line in self.lines)]))

    @property
    def stretches(self) -> list[tuple[Register | None, ...]]:
        """Return the registers of each meter and span of days, a column a zone."""
        return _columns(
            self.zones,
            [((one.serial, one.before_on), one) for one in self.volume.registers],
        )

    @property
    def ranges(self) -> list[tuple[Line | None, ...]]:
        """Return the lines of each range and span of prices, a column a zone."""
        return _columns(
            self.zones, [((one.days, one.range_number), one) for one in self.lines]
        )

    @property
    def has_estimates(self) -> bool:
        """Tell whether a month of the year was counted without readings."""
        return any(one.is_estimate for one in self.year)

    @property
    def is_year_in_thousands(self) -> bool:
        """Tell whether the year's figures are too long to stand side by side."""
        return any(one.energy is not None and one.energy >= _MUCH for one in self.year)

    @property
    def has_older_debts(self) -> bool:
        """Tell whether months before this one are unpaid."""
        return any(one.month != self.month for one in self.debts)

    @property
    def recent_debts(self) -> tuple[MonthOwed, ...]:
        """Return the months of debt that are told one by one."""
        return self.debts[-_MONTHS_TOLD:]

    @property
    def older_debt(self) -> MonthOwed | None:
        """Return the sum of the months before those, under the last of them."""
        older = self.debts[:-_MONTHS_TOLD]
        if not older:
            return None
        return MonthOwed(older[-1].month, Money.total(one.amount for one in older))

    @property
    def recent_penalties(self) -> tuple[PenaltyPart, ...]:
        """Return the months whose penalties are told one by one.

        Where debts were paid off in many parts the days are counted and not listed.
        """
        recent = self.penalties[-_MONTHS_TOLD:]
        if sum(len(part.days) for part in recent) <= _SPANS_TOLD:
            return recent
        return tuple(part.without_spans() for part in recent)

    @property
    def penalty_rate(self) -> int | None:
        """Return the rate of all penalties, in hundredths of a percent; None if several."""
        rates = {days.rate for part in self.penalties for days in part.days}
        return rates.pop() if len(rates) == 1 else None

    def orders_beyond(self, told: int) -> Money:
        """Return the sum of the recalculations by order but for the first so many."""
        return Money.total(one.amount for one in self.orders[told:])

    @property
    def older_penalty(self) -> PenaltyPart | None:
        """Return the penalties for the months before those, under the last of them."""
        older = self.penalties[:-_MONTHS_TOLD]
        if not older:
            return None
        return PenaltyPart(
            month=older[-1].month,
            total=Money.total(part.total for part in older),
            before=Money.total(part.before for part in older),
            days=(),
        )


def _columns(
    zones: tuple[Zone, ...], told: list[tuple[object, _Row]]
) -> list[tuple[_Row | None, ...]]:
    """Return what has the same key as one row, a column for each zone."""
    rows: dict[object, dict[Zone, _Row]] = {}
    for key, one in told:
        rows.setdefault(key, {})[one.zone] = one
    return [tuple(row.get(zone) for zone in zones) for row in rows.values()]
