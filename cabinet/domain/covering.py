"""Which months each payment of an account covered, from its first entry to its last.

Debts come and go in the order of time. A payment covers what is owed when it comes, as
`allocation` splits it; what remains is an advance, which covers later debts, the oldest
advance first.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.allocation import Covered, Owed, Part, allocate
from cabinet.domain.money import Money
from cabinet.domain.period import Month

_NOTHING = Money(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a balance; `amount` above zero adds to the debt of its month.

    `key` names the payment that it is. A payment may name the month it is for. Money that
    goes back to the payer `takes_back` advances, the newest first, before it is a debt.
    """

    amount: Money
    month: Month
    due_on: date
    is_penalty: bool = False
    key: int | None = None
    named: Month | None = None
    takes_back: bool = False


def _zeros() -> defaultdict[Month, Money]:
    return defaultdict(lambda: _NOTHING)


@dataclass(slots=True)
class _Credit:
    """Money that no debt has taken yet; what is no payment has no key."""

    key: int | None
    amount: Money
    named: Month | None


@dataclass(slots=True)
class _Book:
    main: defaultdict[Month, Money] = field(default_factory=_zeros)
    penalty: defaultdict[Month, Money] = field(default_factory=_zeros)
    due: dict[Month, date] = field(default_factory=dict)
    credits: deque[_Credit] = field(default_factory=deque)
    parts: dict[int, list[Part]] = field(default_factory=dict)

    def take(self, change: Change) -> None:
        """Take the next change in the order of time."""
        if change.key is not None:
            self.parts[change.key] = []
            self.credits.append(_Credit(change.key, -change.amount, change.named))
        else:
            self._change(change)
        self._settle()

    def _change(self, change: Change) -> None:
        amount = change.amount
        if change.takes_back:
            amount = self._taken_back(amount)
        debts = self.penalty if change.is_penalty else self.main
        debts[change.month] += amount
        # Whatever a month had before, the newest bill of it says when it is due.
        self.due[change.month] = change.due_on
        if debts[change.month] < _NOTHING:
            self.credits.append(_Credit(None, -debts[change.month], None))
            debts[change.month] = _NOTHING

    def _taken_back(self, amount: Money) -> Money:
        """Take the sum out of the advances; return what they did not hold."""
        while self.credits and amount > _NOTHING:
            newest = self.credits[-1]
            share = min(newest.amount, amount)
            newest.amount -= share
            amount -= share
            if not newest.amount:
                self.credits.pop()
        return amount

    def _settle(self) -> None:
        """Let the credits cover what is owed, the oldest first."""
        while self.credits and (owed := self._owed()):
            credit = self.credits.popleft()
            for part in allocate(credit.amount, owed, named=credit.named):
                if part.month is None:
                    self.credits.appendleft(
                        _Credit(credit.key, part.amount, credit.named)
                    )
                    continue
                is_main = part.covers is Covered.MAIN
                (self.main if is_main else self.penalty)[part.month] -= part.amount
                if credit.key is not None:
                    self.parts[credit.key].append(part)

    def _owed(self) -> list[Owed]:
        return [
            Owed(month=month, due_on=due, main=self.main[month], penalty=penalty)
            for month, due in self.due.items()
            if (penalty := self.penalty[month]) or self.main[month]
        ]


def cover(changes: Iterable[Change]) -> dict[int, tuple[Part, ...]]:
    """Return what each payment covered, by its key; what it covers no longer is left out.

    The parts add up to the payment less what was taken back from its advance. Raises
    ValueError for a payment that does not take from the debt.
    """
    book = _Book()
    for change in changes:
        if change.key is not None and change.amount >= _NOTHING:
            raise ValueError("a payment takes from the debt")
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
