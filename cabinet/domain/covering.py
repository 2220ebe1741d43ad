"""Which months each payment of an account covered, from its first entry to its last.

Debts come and go in the order of time. A payment covers what is owed when it comes, as
`allocation` splits it; what remains is an advance, which covers later debts, the oldest
advance first. A debt whose limitation period (исковая давность) is over comes last: three
years from when it was due, articles 196 and 200 of the Civil Code; resolution of the
Plenum of the Supreme Court No 22 of 27.06.2017, paragraph 32.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from cabinet.domain.allocation import Covered, Owed, Part, allocate
from cabinet.domain.money import Money
from cabinet.domain.penalty import PaidPart
from cabinet.domain.period import Month

_NOTHING = Money(0)

LIMITATION_YEARS = 3


def lapsed_on(day: date) -> date:
    """Return the day before which a debt was due whose limitation is over on `day`."""
    year = day.year - LIMITATION_YEARS
    if (day.month, day.day) == (2, 29):
        return date(year, 3, 1)
    return day.replace(year=year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a balance on a day; `amount` above zero adds to the debt of its month.

    `key` names the payment that it is. A payment may name the month it is for. Money that
    goes back to the payer `takes_back` advances, the newest first, before it is a debt.
    """

    amount: Money
    month: Month
    on: date
    due_on: date
    is_penalty: bool = False
    key: int | None = None
    named: Month | None = None
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that no debt has taken yet; what is no payment has no key."""

    key: int | None
    amount: Money
    named: Month | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDebt:
    """What a month came to, and what covered its main debt on which day.

    `main` and `penalty` are what is still unpaid; `due_on` is the day the main debt was
    first due, `newest_due_on` that of the newest bill of the month.
    """

    month: Month
    due_on: date
    newest_due_on: date
    main: Money
    penalty: Money = _NOTHING
    paid: tuple[PaidPart, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing of the month is unpaid."""
        return not self.main and not self.penalty


@dataclass(slots=True)
class _Debt:
    """A month of a book while changes come."""

    due_on: date
    newest_due_on: date
    main: Money = _NOTHING
    penalty: Money = _NOTHING
    paid: list[PaidPart] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """The debts and the advances of an account, after the changes taken so far.

    It may start from the debts and the credits another book ended with.
    """

    months: dict[Month, _Debt] = field(default_factory=dict)
    credits: deque[Credit] = field(default_factory=deque)
    parts: dict[int, list[Part]] = field(default_factory=dict)

    @classmethod
    def of(cls, debts: Iterable[MonthDebt], credits_: Iterable[Credit]) -> "Book":
        """Return a book that goes on from these."""
        return cls(
            months={
                debt.month: _Debt(
                    debt.due_on,
                    debt.newest_due_on,
                    debt.main,
                    debt.penalty,
                    list(debt.paid),
                )
                for debt in debts
            },
            credits=deque(credits_),
        )

    @property
    def debts(self) -> tuple[MonthDebt, ...]:
        """Return every month in the order it was first met, settled ones as well."""
        return tuple(
            MonthDebt(
                month=month,
                due_on=debt.due_on,
                newest_due_on=debt.newest_due_on,
                main=debt.main,
                penalty=debt.penalty,
                paid=tuple(debt.paid),
            )
            for month, debt in self.months.items()
        )

    def take(self, change: Change) -> None:
        """Take the next change in the order of time.

        Raises ValueError for a payment that does not take from the debt.
        """
        if change.key is not None:
            if change.amount >= _NOTHING:
                raise ValueError("a payment takes from the debt")
            self.parts[change.key] = []
            self.credits.append(Credit(change.key, -change.amount, change.named))
        else:
            self._change(change)
        if self.credits:
            self._settle(change.on)

    def _change(self, change: Change) -> None:
        amount = change.amount
        if change.takes_back:
            amount = self._taken_back(amount)
        debt = self.months.get(change.month)
        if debt is None:
            debt = _Debt(change.due_on, change.due_on)
            self.months[change.month] = debt
        # Whatever a month had before, the newest bill of it says when it is due.
        debt.newest_due_on = change.due_on
        if change.is_penalty:
            left = debt.penalty + amount
            debt.penalty = max(left, _NOTHING)
        else:
            left = debt.main + amount
            debt.main = max(left, _NOTHING)
        if left < _NOTHING:
            self.credits.append(Credit(None, -left, None))

    def _taken_back(self, amount: Money) -> Money:
        """Take the sum out of the advances; return what they did not hold."""
        while self.credits and amount > _NOTHING:
            newest = self.credits.pop()
            share = min(newest.amount, amount)
            amount -= share
            if newest.amount > share:
                self.credits.append(replace(newest, amount=newest.amount - share))
        return amount

    def _settle(self, day: date) -> None:
        """Let the credits cover what is owed, the oldest first."""
        lapsed_before = lapsed_on(day)
        while self.credits and (owed := self._owed()):
            credit = self.credits.popleft()
            parts = allocate(
                credit.amount, owed, named=credit.named, lapsed_before=lapsed_before
            )
            for part in parts:
                if part.month is None:
                    self.credits.appendleft(replace(credit, amount=part.amount))
                    continue
                debt = self.months[part.month]
                if part.covers is Covered.MAIN:
                    debt.main -= part.amount
                    debt.paid.append(PaidPart(day, part.amount))
                else:
                    debt.penalty -= part.amount
                if credit.key is not None:
                    self.parts.setdefault(credit.key, []).append(part)

    def _owed(self) -> list[Owed]:
        return [
            Owed(
                month=month,
                due_on=debt.newest_due_on,
                main=debt.main,
                penalty=debt.penalty,
            )
            for month, debt in self.months.items()
            if debt.main or debt.penalty
        ]


def cover(changes: Iterable[Change]) -> dict[int, tuple[Part, ...]]:
    """Return what each payment covered, by its key; what it covers no longer is left out.

    The parts add up to the payment less what was taken back from its advance. Raises
    ValueError for a payment that does not take from the debt.
    """
    book = Book()
    for change in changes:
        book.take(change)
    for credit in book.credits:
        if credit.key is not None:
            book.parts[credit.key].append(
                Part(covers=Covered.ADVANCE, month=None, amount=credit.amount)
            )
    return {key: _joined(parts) for key, parts in book.parts.items()}


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Join the parts of one month that came at different times."""
    sums: dict[tuple[Covered, Month | None], Money] = {}
    for part in parts:
        place = part.covers, part.month
        sums[place] = sums.get(place, _NOTHING) + part.amount
    return tuple(
        Part(covers=covers, month=month, amount=amount)
        for (covers, month), amount in sums.items()
    )
