"""What if: an account's next bill beside the one it would be with something changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cabinet.domain.billing import Benefit
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.readings import Dial, read_registers
from cabinet.domain.tariff import ZONES, Category, Plan, Zone
from cabinet.domain.volume import Actual, Unfit, why_unfit
from cabinet.models import Account, Meter
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.account_card.card import meters_of
from cabinet.services.account_card.comparing import Comparison, compared
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.billing import what_if
from cabinet.services.billing.what_if import Computed, NextBill, Supposition
from cabinet.services.staff import Member

#: How a supposed benefit is called.
SUPPOSED = "льгота"


class MeterUnknown(LookupError):
    """The account has no such meter."""


class ReadingUnfit(ValueError):
    """A reading of the day changes nothing; carries why, and the day that decides."""

    def __init__(self, why: Unfit, day: date | None) -> None:
        super().__init__(why)
        self.why = why
        self.day = day


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterChoice:
    """A meter that a reading may be supposed of."""

    serial: str
    zones: tuple[Zone, ...]
    digits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingWish:
    """A reading as it was typed: a meter, a day, a text for each register."""

    serial: str
    day: date
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is supposed, as it was typed; None leaves it as it is.

    `percent` in hundredths of a percent takes the place of all benefits; none is zero.
    """

    reading: ReadingWish | None = None
    plan: Plan | None = None
    category: Category | None = None
    residents: int | None = None
    norm: Energy | None = None
    percent: int | None = None
    people: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """An account and its next bill, if it gets one: as it is, and as it would be.

    `as_is` is None where there is nothing to bill; `supposed` where nothing is supposed.
    """

    number: str
    holder: str
    has_own_billing: bool
    category: Category
    residents: int
    norm: Energy | None
    plan: Plan
    month: Month
    is_over: bool
    is_drafted: bool
    meters: tuple[MeterChoice, ...]
    as_is: Computed | None = None
    supposed: Computed | None = None

    @property
    def comparison(self) -> Comparison | None:
        """Return both bills side by side where there are two."""
        first, second = self.as_is, self.supposed
        if first is None or second is None:
            return None
        if first.made is None or second.made is None:
            return None
        return compared(first.made, second.made)


def what_if_of(
    member: Member, number: str, wish: Wish, *, actor: Actor, now: datetime
) -> Prospect:
    """Return the account's next bill beside the one with the wish; note who looked.

    Nothing else is written. Raises AccountNotFound, MeterUnknown, ReadingUnfit, and
    NotAReadingError for what cannot be registers.
    """
    with writing():
        account = account_of(member, number)
        audit.record(
            actor,
            "account.looked",
            now=now,
            subject="what-if",
            account_id=account.id,
        )
        try:
            bill = what_if.next_bill(account, now=now)
        except what_if.NothingToBill as nothing:
            return prospect_of(account, nothing.month)
        as_is = what_if.computed(bill)
        supposed = _supposition(account, bill, wish)
        return replace(
            prospect_of(account, bill.month),
            is_over=bill.is_over,
            is_drafted=bill.is_drafted,
            as_is=as_is,
            supposed=(None if supposed.is_empty else what_if.computed(bill, supposed)),
        )


def prospect_of(account: Account, month: Month) -> Prospect:
    """Return the account without any bill."""
    meters = tuple(
        MeterChoice(
            serial=row.serial,
            zones=ZONES[Plan.of_zones(row.zones)],
            digits=row.digits,
        )
        for row in meters_of(account)
    )
    return Prospect(
        number=account.number,
        holder=account.holder,
        has_own_billing=account.branch.own_billing,
        category=account.category,
        residents=account.residents,
        norm=account.norm,
        plan=Plan.of_zones(len(meters[-1].zones) if meters else 1),
        month=month,
        is_over=False,
        is_drafted=False,
        meters=meters,
    )


def meter_of(account: Account, serial: str) -> Meter:
    """Return the account's meter; raises MeterUnknown."""
    meter: Meter | None = meters_of(account).where(Meter.serial == serial).first()
    if meter is None:
        raise MeterUnknown(serial)
    return meter


def actual_of(
    meter: Meter, wish: ReadingWish, *, month: Month, act: str = ""
) -> Actual:
    """Return what was typed as a reading that counts in the month.

    Raises NotAReadingError.
    """
    zones = ZONES[Plan.of_zones(meter.zones)]
    typed = read_registers(wish.values, zones, Dial(meter.digits, meter.decimals))
    return Actual(
        serial=meter.serial,
        period=month,
        taken_on=wish.day,
        source=ReadingSource.ACT if act else ReadingSource.INSPECTOR,
        registers=typed.registers,
        act=act,
    )


def check_day(bill: NextBill, wish: ReadingWish, last: date) -> None:
    """Raise ReadingUnfit where a reading of the day would change nothing."""
    meters, at = bill.inputs.meters, bill.charged_to()
    why = why_unfit(meters, wish.serial, wish.day, at=at, last=last)
    if why is None:
        return
    meter = next(one for one in meters if one.serial == wish.serial)
    raise ReadingUnfit(
        why,
        {
            Unfit.TOO_LATE: last,
            Unfit.BEFORE_METER: meter.opening_on,
            Unfit.AFTER_REMOVAL: meter.removed_on,
            Unfit.UNVERIFIED: meter.verified_until,
            Unfit.BILLED_LATER: None if at is None else at.on,
        }[why],
    )


def _supposition(account: Account, bill: NextBill, wish: Wish) -> Supposition:
    reading = None
    if wish.reading is not None:
        meter = meter_of(account, wish.reading.serial)
        reading = actual_of(meter, wish.reading, month=bill.month)
        last = bill.month.ends - timedelta(days=1)
        check_day(bill, wish.reading, last)
    return Supposition(
        reading=reading,
        plan=wish.plan,
        category=wish.category,
        residents=wish.residents,
        norm=wish.norm,
        benefits=_benefits(wish, bill.month),
    )


def _benefits(wish: Wish, month: Month) -> tuple[Benefit, ...] | None:
    if wish.percent is None:
        return None
    if not wish.percent:
        return ()
    return (
        Benefit(
            title=SUPPOSED,
            percent=wish.percent,
            people=wish.people,
            starts=month.starts,
        ),
    )
