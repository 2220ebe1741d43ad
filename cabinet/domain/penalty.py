"""Penalties for late payment (пени): article 155 part 14 of the Housing Code.

A share of the key rate for each day from the 31st after the due day to the day of
payment, of what was paid late: of the main debt only, never of penalties. Government
decree 474 of 26.03.2022 puts a cap on the rate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from cabinet.domain.dated import Dated, find_on
from cabinet.domain.money import Money, divide_half_up
from cabinet.domain.period import Month, Span

# A rate is in hundredths of a percent a year: 9,5 % is 950.
_WHOLE = 100_00
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRate:
    """The key rate or the cap on it, hundredths of a percent, from a day on."""

    rate: int
    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyShare:
    """The part of the rate that a day costs, from the `from_day`-th day of delay on.

    Before the least `from_day` a day costs nothing.
    """

    from_day: int
    part: Fraction
    starts: date
    ends: date | None = None


class RateDay(StrEnum):
    """Whose key rate a day of delay is counted by.

    The law names the day of payment; what is unpaid takes the last day counted. Where
    courts and billing systems count each day by its own rate, that is the other choice.
    """

    OF_PAYMENT = "of_payment"
    OF_DELAY = "of_delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Days without penalties (мораторий) and the act that says so."""

    starts: date
    ends: date | None = None
    source: str = ""

    @property
    def last(self) -> date | None:
        """Return its last day, None while no end is known."""
        return self.ends and self.ends - _DAY

    def touches(self, first: date, last: date) -> bool:
        """Tell whether some of its days are from the first to the last."""
        return self.starts <= last and (self.ends is None or first < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyRules:
    """Everything dated that a penalty rests on.

    `excluded` are days without penalties (moratoria): they cost nothing, but the count
    of days of delay goes on through them. A day without a cap has the key rate whole.
    """

    key_rates: tuple[DatedRate, ...]
    caps: tuple[DatedRate, ...]
    shares: tuple[DailyShare, ...]
    excluded: tuple[Span, ...] = ()
    rate_day: RateDay = RateDay.OF_PAYMENT
    _known: dict[tuple[date, date], "Delay"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class DelayRun:
    """Days of delay that cost the same; `each` is what a kopeck costs, not rounded."""

    days: Span
    first_day: int
    rate: int
    part: Fraction
    each: Fraction

    @property
    def count(self) -> int:
        """Return how many days there are."""
        return ((self.days.ends or self.days.starts) - self.days.starts).days


@dataclass(frozen=True, slots=True)
class Delay:
    """All days from a due day to the last one; `each` is what a kopeck costs in all."""

    runs: tuple[DelayRun, ...]
    each: Fraction

    def cost(self, amount: Money) -> Money:
        """Return what a debt of so much costs, rounded once, half up."""
        each = self.each
        return Money(divide_half_up(amount.kopecks * each.numerator, each.denominator))


@dataclass(frozen=True, slots=True)
class PaidPart:
    """What was paid of a debt on a local day."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """The main debt of one month: its sum without penalties, and what was paid of it."""

    month: Month
    due_on: date
    amount: Money
    paid: tuple[PaidPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """Days of delay that cost the same: a part of the debt, a rate, a share of it.

    `first_day` is the number of the first day of delay, `rate` hundredths of a percent,
    `exact` kopecks before rounding.
    """

    days: Span
    first_day: int
    base: Money
    rate: int
    part: Fraction
    exact: Fraction

    @property
    def count(self) -> int:
        """Return how many days there are."""
        return ((self.days.ends or self.days.starts) - self.days.starts).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """The penalty for one month's debt and the days it is made of."""

    month: Month
    accruals: tuple[Accrual, ...]

    @property
    def amount(self) -> Money:
        """Return the sum, rounded once, half up."""
        exact = sum((one.exact for one in self.accruals), Fraction())
        return Money(divide_half_up(exact.numerator, exact.denominator))


class PenaltyRuleMissing(LookupError):
    """A day of delay has no key rate or no shares."""

    def __init__(self, what: str, day: date) -> None:
        super().__init__(f"no {what} on {day}")
        self.what = what
        self.day = day


def penalty(debt: Debt, rules: PenaltyRules, until: date) -> Penalty:
    """Return the penalty for all days of delay up to and with the day `until`.

    It grows from the due day, so that what an earlier bill has charged is subtracted
    from it, and kopecks of rounding never add up. A payment counts from the day after
    it: its own day is still a day of delay. Payments after `until` are not seen. Raises
    ValueError if more was paid than owed, PenaltyRuleMissing for a day without rules.
    """
    if any(paid.amount.kopecks < 0 for paid in debt.paid):
        raise ValueError("a payment is never negative")
    seen = sorted(
        (paid for paid in debt.paid if paid.on <= until), key=lambda paid: paid.on
    )
    rest = debt.amount - Money.total(paid.amount for paid in seen)
    if rest.kopecks < 0:
        raise ValueError(f"more was paid for {debt.month} than owed")
    return Penalty(
        month=debt.month,
        accruals=tuple(
            accrual
            for part in (*seen, PaidPart(until, rest))
            if part.amount
            for accrual in _accruals(debt.due_on, part, rules)
        ),
    )


def days_of_delay(due_on: date, last: date, rules: PenaltyRules) -> Delay:
    """Return what a kopeck costs that was due on a day and is paid at the end of the last.

    Few days are asked for by many debts: what was told once is kept with the rules.
    Raises PenaltyRuleMissing.
    """
    key = due_on, last
    if key not in rules._known:  # noqa: SLF001 - kept for this function
        rules._known[key] = _delay(due_on, last, rules)  # noqa: SLF001
    return rules._known[key]  # noqa: SLF001


def _delay(due_on: date, last: date, rules: PenaltyRules) -> Delay:
    found = []
    for day, end in _stretches(due_on, last, rules):
        count = (day - due_on).days
        share = _share(rules.shares, day, count)
        if not share or any(span.contains(day) for span in rules.excluded):
            continue
        by_payment = rules.rate_day is RateDay.OF_PAYMENT
        rate = _rate(rules, day, last if by_payment else day)
        exact = (end - day).days * share * Fraction(rate, _WHOLE)
        found.append(DelayRun(Span(day, end), count, rate, share, exact))
    return Delay(tuple(found), sum((one.each for one in found), Fraction()))


def _accruals(due_on: date, part: PaidPart, rules: PenaltyRules) -> list[Accrual]:
    """Return what a part of the debt costs up to and with the day it was paid."""
    return [
        Accrual(
            days=run.days,
            first_day=run.first_day,
            base=part.amount,
            rate=run.rate,
            part=run.part,
            exact=part.amount.kopecks * run.each,
        )
        for run in days_of_delay(due_on, part.on, rules).runs
    ]


def _stretches(
    due_on: date, last: date, rules: PenaltyRules
) -> list[tuple[date, date]]:
    """Return the days of delay, each run up to a day before its end, cut by the rules."""
    first, end = due_on + _DAY, last + _DAY
    dated: list[Sequence[Dated]] = [rules.shares, rules.caps, rules.excluded]
    if rules.rate_day is RateDay.OF_DELAY:
        dated.append(rules.key_rates)
    cuts = {due_on + timedelta(days=share.from_day) for share in rules.shares}
    cuts |= {
        day for rows in dated for row in rows for day in (row.starts, row.ends) if day
    }
    if first >= end:
        return []
    return list(
        pairwise([first, *sorted(cut for cut in cuts if first < cut < end), end])
    )


def _share(shares: Iterable[DailyShare], day: date, count: int) -> Fraction:
    held = [share for share in shares if Span(share.starts, share.ends).contains(day)]
    if not held:
        raise PenaltyRuleMissing("daily share", day)
    reached = [share for share in held if share.from_day <= count]
    if not reached:
        return Fraction()
    return max(reached, key=lambda share: share.from_day).part


def _rate(rules: PenaltyRules, day: date, rate_day: date) -> int:
    """Return the key rate of its day, not over the cap in force on the day of delay."""
    key_rate = find_on(rules.key_rates, rate_day)
    if key_rate is None:
        raise PenaltyRuleMissing("key rate", rate_day)
    cap = find_on(rules.caps, day)
    return key_rate.rate if cap is None else min(key_rate.rate, cap.rate)
