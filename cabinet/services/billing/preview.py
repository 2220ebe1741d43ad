"""What a run would do: its sums and counts, gathered account by account."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from cabinet.domain.billing.run import Hold, Oddity
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.services.billing.compute import Held, Made, Result
from cabinet.services.billing.plain import Plain
from cabinet.services.billing.terms import Missing

_NOTHING = Money(0)
_NO_ENERGY = Energy(0)
_COUNTS = ("accounts", "bills")
_SUMS = (
    "charged",
    "recalculated",
    "penalty",
    "benefit",
    "paid",
    "opening",
    "closing",
    "before",
)
_WORDS = {"bases": ChargeBasis, "oddities": Oddity, "held": Hold}


#: Of the odd bills those farthest from the month before are kept by name.
MOST_ODD = 50


@dataclass(frozen=True, slots=True, order=True)
class Odd:
    """An odd bill of an account: how far from the month before it is, in kopecks.

    The farthest come first. `before` is None where nothing was charged before.
    """

    nearness: int
    account_id: int
    charged: int
    before: int | None
    oddities: tuple[Oddity, ...]


@dataclass(slots=True)
class Preview:
    """What a run would do: counts, sums, what is odd, who is held back, what is missing."""

    accounts: int = 0
    bills: int = 0
    energy: Energy = _NO_ENERGY
    charged: Money = _NOTHING
    recalculated: Money = _NOTHING
    penalty: Money = _NOTHING
    benefit: Money = _NOTHING
    paid: Money = _NOTHING
    opening: Money = _NOTHING
    closing: Money = _NOTHING
    before: Money = _NOTHING
    bases: Counter[ChargeBasis] = field(default_factory=Counter)
    oddities: Counter[Oddity] = field(default_factory=Counter)
    held: Counter[Hold] = field(default_factory=Counter)
    missing: Counter[Missing] = field(default_factory=Counter)
    oddest: list[Odd] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count what comes of an account."""
        self.accounts += 1
        if isinstance(result, Held):
            self.held[result.reason] += 1
            return
        if isinstance(result, Plain):
            self._add_plain(result)
            return
        if not isinstance(result, Made):
            self.missing[result.missing] += 1
            return
        bill = result.bill
        self.bills += 1
        self.energy += bill.charge.volume.total
        self.charged += bill.charge.charged
        self.recalculated += bill.recalculated
        self.penalty += bill.penalty
        self.benefit += bill.benefit
        self.paid += bill.paid
        self.opening += bill.opening
        self.closing += bill.closing
        self.before += result.last or _NOTHING
        self.bases[bill.charge.volume.basis] += 1
        if result.oddities:
            account_id = result.account.account_id
            self._look_at(account_id, bill.charge.charged, result.last, result.oddities)

    def _add_plain(self, bill: Plain) -> None:
        self.bills += 1
        self.energy += Energy(sum(bill.taken.used))
        self.charged += Money(bill.charged)
        self.penalty += Money(bill.penalty)
        self.paid += Money(bill.paid)
        self.opening += Money(bill.opening)
        self.closing += Money(bill.closing)
        self.before += bill.inputs.before or _NOTHING
        self.bases[ChargeBasis.ACTUAL] += 1
        if bill.oddities:
            inputs = bill.inputs
            account_id = inputs.account.account_id
            self._look_at(account_id, Money(bill.charged), inputs.before, bill.oddities)

    def _look_at(
        self,
        account_id: int,
        charged: Money,
        before: Money | None,
        oddities: tuple[Oddity, ...],
    ) -> None:
        self.oddities.update(oddities)
        last = None if before is None else before.kopecks
        nearness = -abs(charged.kopecks - (last or 0))
        self.oddest.append(Odd(nearness, account_id, charged.kopecks, last, oddities))
        if len(self.oddest) > 2 * MOST_ODD:
            self._keep_farthest()

    def _keep_farthest(self) -> None:
        self.oddest.sort()
        del self.oddest[MOST_ODD:]

    def __iadd__(self, other: "Preview") -> Self:
        """Add what another part of the accounts comes to."""
        for name in (*_COUNTS, "energy", *_SUMS):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in (*_WORDS, "missing"):
            getattr(self, name).update(getattr(other, name))
        self.oddest += other.oddest
        self._keep_farthest()
        return self

    def packed(self) -> dict[str, Any]:
        """Return the figures as JSON keeps them: watt-hours, kopecks, counts by word."""
        self._keep_farthest()
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "energy": self.energy.wh,
            **{name: getattr(self, name).kopecks for name in _SUMS},
            **{
                name: {str(word): count for word, count in getattr(self, name).items()}
                for name in _WORDS
            },
            "missing": [[*pack_missing(one), n] for one, n in self.missing.items()],
            "oddest": [
                [one.account_id, one.charged, one.before, *map(str, one.oddities)]
                for one in self.oddest
            ],
        }


def unpack_preview(packed: dict[str, Any]) -> Preview:
    """Return the figures that `Preview.packed` gave; what is not there is nothing."""
    found = Preview(energy=Energy(packed.get("energy", 0)))
    for name in _COUNTS:
        setattr(found, name, packed.get(name, 0))
    for name in _SUMS:
        setattr(found, name, Money(packed.get(name, 0)))
    for name, word in _WORDS.items():
        counts = {word(key): n for key, n in packed.get(name, {}).items()}
        setattr(found, name, Counter(counts))
    for *one, count in packed.get("missing", ()):
        found.missing[unpack_missing(one)] = count
    found.oddest = [_odd(one) for one in packed.get("oddest", ())]
    return found


def _odd(packed: list[Any]) -> Odd:
    account_id, charged, before, *words = packed
    nearness = -abs(charged - (before or 0))
    return Odd(nearness, account_id, charged, before, tuple(map(Oddity, words)))


def pack_missing(one: Missing) -> list[str | None]:
    """Return a missing row as JSON keeps it: what, which, the day."""
    return [one.what, one.key, one.day.isoformat() if one.day else None]


def unpack_missing(packed: list[Any]) -> Missing:
    """Return the missing row that `pack_missing` gave."""
    what, key, day = packed
    return Missing(what, key, day and date.fromisoformat(day))
