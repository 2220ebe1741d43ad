"""Putting a month's bill together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from cabinet.domain.billing.benefit import Benefit, BenefitLine, benefit_lines
from cabinet.domain.billing.lateness import PenaltyLine, penalty_lines
from cabinet.domain.billing.order import Order
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.charge import MonthCharge, RatePrices, charge_of
from cabinet.domain.covering import Book, Change, Credit, MonthDebt
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.penalty import Pause, PenaltyRules
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan, RangeLimit
from cabinet.domain.volume import Carried, Household, by_plan, month_volume

_NOTHING = Money(0)


class SocialNormMissing(LookupError):
    """An account has a benefit and its region no social norm for it."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"no social norm in {month}")
        self.month = month


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Everything dated that the bills of a region and a category rest on in a month.

    `limits` are those of the ranges, `heating_limits` for dwellings heated by
    electricity: the same outside the heating season. `social_norm` is energy a person.
    `pauses` are the days without penalties that an act names; the penalties' rules know
    them too.
    """

    month: Month
    due_on: date
    prices: RatePrices
    limits: Sequence[RangeLimit]
    heating_limits: Sequence[RangeLimit]
    penalties: PenaltyRules
    social_norm: Energy | None = None
    pauses: tuple[Pause, ...] = ()

    @cached_property
    def last_day(self) -> date:
        """Return the month's last day: penalties are counted up to and with it."""
        return self.month.ends - timedelta(days=1)

    def pauses_since(self, month: Month) -> tuple[Pause, ...]:
        """Return the pauses within the delay of the month's debt, up to the last day."""
        return tuple(
            one for one in self.pauses if one.touches(month.ends, self.last_day)
        )

    def limits_for(self, *, is_heated: bool) -> Sequence[RangeLimit]:
        """Return the limits of the ranges of a dwelling."""
        return self.heating_limits if is_heated else self.limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an account's next bill takes over from the one before.

    `closing` is what was to be paid, `debts` the months with something unpaid,
    `credits` the advances, `penalized` what was charged for the delay of each of them.
    """

    carried: Carried = field(default_factory=Carried)
    closing: Money = _NOTHING
    debts: tuple[MonthDebt, ...] = ()
    credits: tuple[Credit, ...] = ()
    penalized: Mapping[Month, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCase:
    """An account in a month: its household, what stood before, what came in.

    `changes` are those of the balance within the month, in the order of time, its own
    bill left out. `late` is the sum of those that were made before it and posted after
    the bill before: the standing's debts know them, its closing does not. `orders` are the
    recalculations that somebody ordered and no bill has taken.
    """

    household: Household
    standing: Standing
    changes: tuple[Change, ...] = ()
    late: Money = _NOTHING
    benefits: tuple[Benefit, ...] = ()
    is_heated: bool = False
    plan: Plan | None = None
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MonthBill:
    """A month's bill: opening + charged + recalculated + penalty − benefit − paid."""

    due_on: date
    charge: MonthCharge
    benefits: tuple[BenefitLine, ...]
    penalties: tuple[PenaltyLine, ...]
    opening: Money
    paid: Money
    orders: tuple[Order, ...] = ()

    @cached_property
    def recalculated(self) -> Money:
        """Return what readings settle and what was ordered."""
        ordered = Money.total(one.amount for one in self.orders)
        return self.charge.recalculated + ordered

    @cached_property
    def benefit(self) -> Money:
        """Return what the benefits take off."""
        return Money.total(line.amount for line in self.benefits)

    @cached_property
    def penalty(self) -> Money:
        """Return what the penalties add."""
        return Money.total(line.amount for line in self.penalties)

    @cached_property
    def added(self) -> Money:
        """Return what the month itself adds to the debt."""
        charged = self.charge.charged
        return charged + self.recalculated + self.penalty - self.benefit

    @cached_property
    def closing(self) -> Money:
        """Return what is to be paid; below zero it is an advance."""
        return self.opening + self.added - self.paid

    @cached_property
    def entries(self) -> tuple[tuple[EntryKind, Money], ...]:
        """Return the changes of the balance that the bill brings, each not zero."""
        parts = (
            (EntryKind.CHARGE, self.charge.charged),
            (EntryKind.RECALCULATION, self.recalculated),
            (EntryKind.PENALTY, self.penalty),
            (EntryKind.BENEFIT, -self.benefit),
        )
        return tuple(
            (kind, amount)
            for kind, amount in parts
            if amount or kind is EntryKind.CHARGE
        )


def bill_month(case: BillCase, terms: Terms) -> tuple[MonthBill, Standing]:
    """Return the month's bill and what the next one takes over from it.

    Raises RateMissing, NormMissing, ZonesDiffer, PenaltyRuleMissing, SocialNormMissing.
    """
    month = terms.month
    before = case.standing
    volume, carried = month_volume(case.household, before.carried, month)
    if case.plan is not None:
        volume = by_plan(volume, case.plan)
    charge = charge_of(volume, terms.prices, terms.limits_for(is_heated=case.is_heated))
    book = Book.of(before.debts, before.credits)
    for change in case.changes:
        book.take(change)
    penalties = penalty_lines(
        book.debts, before.penalized, terms.penalties, terms.last_day
    )
    bill = MonthBill(
        due_on=terms.due_on,
        charge=charge,
        benefits=_benefits(case, charge, terms),
        penalties=penalties,
        opening=before.closing,
        paid=-Money.total([case.late, *(one.amount for one in case.changes)]),
        orders=case.orders,
    )
    for kind, amount in bill.entries:
        book.take(
            Change(
                amount=amount,
                month=month,
                on=terms.last_day,
                due_on=terms.due_on,
                is_penalty=kind is EntryKind.PENALTY,
            )
        )
    alive = tuple(debt for debt in book.debts if not debt.is_settled)
    totals = {line.month: line.total for line in penalties}
    return bill, Standing(
        carried=carried,
        closing=bill.closing,
        debts=alive,
        credits=tuple(book.credits),
        penalized={
            debt.month: totals[debt.month] for debt in alive if debt.month in totals
        },
    )


def _benefits(
    case: BillCase, charge: MonthCharge, terms: Terms
) -> tuple[BenefitLine, ...]:
    if not case.benefits:
        return ()
    if terms.social_norm is None:
        raise SocialNormMissing(terms.month)
    return benefit_lines(case.benefits, charge.lines, terms.social_norm, terms.month)
