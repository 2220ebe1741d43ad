"""Penalties of a bill: what the debts of months have come to, less what was charged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cabinet.domain.covering import MonthDebt
from cabinet.domain.money import Money
from cabinet.domain.penalty import Accrual, Debt, PenaltyRules, penalty
from cabinet.domain.period import Month

_NOTHING = Money(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyLine:
    """The penalty for one month's debt: all days of delay, and what was charged before.

    A payment posted after a bill, but made before, may bring the sum below what was
    charged: the difference is given back.
    """

    month: Month
    accruals: tuple[Accrual, ...]
    total: Money
    before: Money

    @property
    def amount(self) -> Money:
        """Return what the bill adds."""
        return self.total - self.before


def penalty_lines(
    debts: Iterable[MonthDebt],
    charged: Mapping[Month, Money],
    rules: PenaltyRules,
    until: date,
) -> tuple[PenaltyLine, ...]:
    """Return the penalties of every month with delay up to and with the day `until`.

    `charged` is what earlier bills charged for each month. Months without a sum and
    without an earlier one are left out. Raises PenaltyRuleMissing.
    """
    free = free_days(rules)
    found = []
    for debt in debts:
        before = charged.get(debt.month, _NOTHING)
        if not before and not _may_cost(debt, until, free):
            continue
        made = penalty(_debt(debt), rules, until)
        total = made.amount
        if total or before:
            found.append(
                PenaltyLine(
                    month=debt.month,
                    accruals=made.accruals,
                    total=total,
                    before=before,
                )
            )
    return tuple(found)


def free_days(rules: PenaltyRules) -> timedelta:
    """Return how many days of delay cost nothing under any of the rules."""
    least = min((share.from_day for share in rules.shares), default=0)
    return timedelta(days=max(least - 1, 0))


def _may_cost(debt: MonthDebt, until: date, free: timedelta) -> bool:
    """Tell whether some of the debt was unpaid after its free days."""
    first = debt.due_on + free
    if until <= first:
        return False
    return bool(debt.main) or any(part.on > first for part in debt.paid)


def _debt(debt: MonthDebt) -> Debt:
    return Debt(
        month=debt.month,
        due_on=debt.due_on,
        amount=debt.main + Money.total(part.amount for part in debt.paid),
        paid=debt.paid,
    )
