"""Which months a payment covers (разнесение платежей)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cabinet.domain.money import Money
from cabinet.domain.period import Month

_NOTHING = Money(0)


class Covered(StrEnum):
    """What a part of a payment covers."""

    MAIN = "main"
    PENALTY = "penalty"
    ADVANCE = "advance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is unpaid of one month: the main debt, and the penalty for it."""

    month: Month
    due_on: date
    main: Money
    penalty: Money = _NOTHING

    def __post_init__(self) -> None:
        if min(self.main, self.penalty) < _NOTHING:
            raise ValueError("what is overpaid is an advance, not a debt below zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a payment; an advance belongs to no month."""

    covers: Covered
    month: Month | None
    amount: Money


def allocate(
    amount: Money,
    owed: Iterable[Owed],
    *,
    named: Month | None = None,
    lapsed_before: date | None = None,
) -> tuple[Part, ...]:
    """Split a payment between months; the parts add up to it.

    Main debts come before all penalties. Among each, the month the payer named comes
    first, then the earliest due; what was due before `lapsed_before` (исковая давность)
    comes last of them unless named. What remains is an advance. Raises ValueError for a
    payment that is not above zero.
    """
    if amount <= _NOTHING:
        raise ValueError("a payment is above zero")

    def turn(one: Owed) -> tuple[bool, bool, date, Month]:
        is_lapsed = lapsed_before is not None and one.due_on < lapsed_before
        return one.month != named, is_lapsed, one.due_on, one.month

    ordered = sorted(owed, key=turn)
    return tuple(_parts(amount, ordered))


def _parts(amount: Money, ordered: list[Owed]) -> Iterator[Part]:
    debts = [(Covered.MAIN, one.month, one.main) for one in ordered]
    debts += [(Covered.PENALTY, one.month, one.penalty) for one in ordered]
    left = amount
    for covers, month, unpaid in debts:
        share = min(left, unpaid)
        if share:
            yield Part(covers=covers, month=month, amount=share)
            left -= share
    if left:
        yield Part(covers=Covered.ADVANCE, month=None, amount=left)
