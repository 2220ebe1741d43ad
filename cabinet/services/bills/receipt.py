"""What stands on a receipt: the fields of the payment document, as values.

The form is that of paragraph 69 of the Rules (ПП РФ 354): payer and payee, what is to be
paid, how it was computed, reference data, recalculations.
"""

from dataclasses import dataclass
from datetime import date

from cabinet.domain.billing import BenefitLine
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Zone
from cabinet.domain.volume import Silence


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
    month would be counted by the norm. `silence` says why a month of our own billing has
    no readings, `bridged` how much stands for days before a meter out of order went.
    """

    basis: ChargeBasis
    energy: Energy
    registers: tuple[Register, ...]
    mean_of: int
    silent: int
    resumed: int
    next_norm: bool
    silence: Silence | None = None
    bridged: Energy | None = None


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
    """The penalty for one month's debt: all of it, and what was charged before."""

    month: Month
    total: Money
    before: Money
    days: tuple[PenaltyDays, ...]

    @property
    def amount(self) -> Money:
        """Return what the bill adds."""
        return self.total - self.before


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A month's payment document (квитанция).

    `vat` is inside the month's sum; `vat_rate` in hundredths of a percent is None where
    no rate is known. `qr` is the payment code's text, empty if none can be made.
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
    benefits: tuple[BenefitLine, ...] = ()
    penalties: tuple[PenaltyPart, ...] = ()
    balance: Balance
    vat: Money
    vat_rate: int | None
    qr: str
