"""What a bill was made of beside its own lines, as the JSON that is kept with it.

Norms, limits and acts are rows and change later: a bill keeps those it went by. Whole
units and ISO days, months as codes; what an account has none of is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from cabinet.domain.billing import BillCase, MonthBill, Standing, Terms
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.covering import Change
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.penalty import Pause
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category, Plan
from cabinet.services.billing import standing

#: Where it stands in the lines of a bill.
KEY = "used"


class Start(StrEnum):
    """Where a bill took over from (с чего начат счёт).

    From the bill before; from all that was known, for want of one; from the bill before
    with its debts made anew, because its past had changed.
    """

    CARRIED = "carried"
    FIRST = "first"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A change of the balance that the month took in; `named` the month it is for."""

    on: date
    kind: EntryKind
    amount: Money
    named: Month | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an account's bill went by.

    `acts` are those that set the price of each line, in the lines' order. `late` is the
    sum of what was made before the month and posted after the bill before. `pauses` are
    days of delay that an act excluded from the penalties. `before` is
    what was taken over, None where it stands in the bill before as it was.
    """

    category: Category
    residents: int
    norm: Energy | None
    is_heated: bool
    limits: tuple[Energy, ...]
    social_norm: Energy | None
    acts: tuple[str, ...]
    moved: tuple[Moved, ...]
    late: Money
    pauses: tuple[Pause, ...] = ()
    start: Start
    before: Standing | None


def used_of(
    case: BillCase,
    terms: Terms,
    bill: MonthBill,
    *,
    category: Category,
    kinds: tuple[EntryKind, ...],
    start: Start,
) -> Used:
    """Return what a bill went by; `kinds` are those of the case's changes."""
    household = case.household
    volume = bill.charge.volume
    plans = [volume.plan]
    if volume.earlier:
        plans.insert(0, Plan.of_zones(len(volume.earlier)))
    return Used(
        category=category,
        residents=household.residents,
        norm=household.norm,
        is_heated=case.is_heated,
        limits=tuple(one.limit for one in terms.limits_for(is_heated=case.is_heated)),
        social_norm=terms.social_norm if case.benefits else None,
        acts=tuple(terms.prices.act_of(line, plans) for line in bill.charge.lines),
        moved=tuple(_moved(case.changes, kinds)),
        late=case.late,
        pauses=_pauses(bill, terms),
        start=start,
        before=None if start is Start.CARRIED else case.standing,
    )


def _pauses(bill: MonthBill, terms: Terms) -> tuple[Pause, ...]:
    if not terms.pauses or not bill.penalties:
        return ()
    return terms.pauses_since(min(line.month for line in bill.penalties))


def _moved(
    changes: tuple[Change, ...], kinds: tuple[EntryKind, ...]
) -> Iterator[Moved]:
    for change, kind in zip(changes, kinds, strict=True):
        yield Moved(on=change.on, kind=kind, amount=change.amount, named=change.named)


def pack(used: Used) -> dict[str, Any]:
    """Return it as JSON."""
    acts = list(dict.fromkeys(used.acts))
    more: dict[str, Any] = {
        "heated": used.is_heated,
        "norm": used.norm and used.norm.wh,
        "social_norm": used.social_norm and used.social_norm.wh,
        "acts": acts if any(acts) else None,
        "act_of": [acts.index(act) for act in used.acts] if len(acts) > 1 else None,
        "moved": [
            [
                one.on.isoformat(),
                one.kind,
                one.amount.kopecks,
                one.named and one.named.code,
            ]
            for one in used.moved
        ],
        "late": used.late.kopecks,
        "pauses": [
            [one.starts.isoformat(), one.ends and one.ends.isoformat(), one.source]
            for one in used.pauses
        ],
        "before": used.before and standing.pack(used.before),
    }
    return {name: value for name, value in more.items() if value} | {
        "category": used.category,
        "residents": used.residents,
        "limits": [one.wh for one in used.limits],
        "start": used.start,
    }


def unpack(lines: Mapping[str, Any]) -> Used | None:
    """Return what the lines of a bill keep of it, None where they keep nothing."""
    kept = lines.get(KEY)
    if kept is None:
        return None
    acts = kept.get("acts", [""])
    places = kept.get("act_of") or [0] * len(lines.get("lines", ()))
    return Used(
        category=Category(kept["category"]),
        residents=kept["residents"],
        norm=Energy(kept["norm"]) if "norm" in kept else None,
        is_heated=kept.get("heated", False),
        limits=tuple(Energy(wh) for wh in kept["limits"]),
        social_norm=Energy(kept["social_norm"]) if "social_norm" in kept else None,
        acts=tuple(acts[place] for place in places),
        moved=tuple(
            Moved(
                on=date.fromisoformat(on),
                kind=EntryKind(kind),
                amount=Money(kopecks),
                named=named and Month.from_code(named),
            )
            for on, kind, kopecks, named in kept.get("moved", ())
        ),
        late=Money(kept.get("late", 0)),
        pauses=tuple(
            Pause(
                starts=date.fromisoformat(starts),
                ends=ends and date.fromisoformat(ends),
                source=source,
            )
            for starts, ends, source in kept.get("pauses", ())
        ),
        start=Start(kept["start"]),
        before=standing.unpack(kept["before"]) if "before" in kept else None,
    )
