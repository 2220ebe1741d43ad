"""The plain month: one meter that was read, the first range, debts paid whole or not at all.

Most bills of a month are of this kind. They are made here of whole numbers and of what the
bill before keeps as it stands, past the general computing, which costs several times as
much. Whatever is not plain is left to it.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

from cabinet.domain.billing import Terms, free_days
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.money import PRODUCT_IN_KOPECK, Money, divide_half_up
from cabinet.domain.penalty import Delay as Whole
from cabinet.domain.penalty import PenaltyRuleMissing, days_of_delay
from cabinet.domain.period import Month, local_day
from cabinet.domain.pricing import FIRST_RANGE
from cabinet.domain.tariff import ZONES, Category, Line, Plan, Zone
from cabinet.domain.volume import Actual, MeterLife
from cabinet.services.balance_changes import Entry
from cabinet.services.billing.inputs import Inputs, Place
from cabinet.services.billing.plain import Debt, Delay, Plain, Priced, Taken
from cabinet.services.billing.terms import Rules


class DaysOfDelay(NamedTuple):
    """What is due on a day and unpaid costs; `runs` as they are kept beside the debt."""

    whole: Whole
    runs: list[tuple[tuple[str, int], tuple[int, str]]]


#: The months operators gave to payments, by the entry of each.
Words = dict[int, Month]


class PlainMonths:
    """Makes the bills of plain months; what they share is made once for many."""

    def __init__(self, place: Place, rules: Rules) -> None:
        self._place = place
        self._terms = rules.by_category
        self._previous = place.month.previous
        _, self._ends = place.month.instants(place.zone)
        self._priced: dict[tuple[Category, int], Priced | None] = {}
        any_terms = next(iter(rules.by_category.values()))
        self._penalties = any_terms.penalties
        self._pauses_since = any_terms.pauses_since
        self._free = free_days(self._penalties)
        self._delays: dict[str, DaysOfDelay] = {}
        self._last_day = place.month.ends - timedelta(days=1)
        #: What was due before costs something if it is unpaid in the end.
        self._costly = (self._last_day - self._free).isoformat()

    def bill(self, inputs: Inputs, words: Words) -> Plain | None:
        """Return the bill, None for a month that is not plain.

        Nobody has spoken of the account's payments of before the month.
        """
        kept = self._kept(inputs)
        if kept is None:
            return None
        taken = _taken(inputs.meters[0], inputs.readings[0], kept["at"])
        if taken is None:
            return None
        account = inputs.account
        terms = self._terms[account.category]
        limits = terms.limits_for(is_heated=account.is_heated)
        priced = self._prices(terms, account.category, len(taken.used))
        if priced is None or not limits or sum(taken.used) > limits[0].limit.wh:
            return None
        entries = [one for one in inputs.entries if one.effective_at < self._ends]
        left = self._left(kept, entries)
        if left is None:
            return None
        debts, delays = left
        sums = [
            divide_half_up(micro * wh, PRODUCT_IN_KOPECK)
            for micro, wh in zip(priced.micro, taken.used, strict=True)
        ]
        charged, paid = sum(sums), -sum(one.amount.kopecks for one in entries)
        penalty = sum(one.total - one.before for one in delays)
        return Plain(
            inputs=inputs,
            terms=terms,
            kept=kept,
            priced=priced,
            taken=taken,
            sums=sums,
            paid=paid,
            moved=[self._moved(one, words) for one in entries],
            debts=debts,
            delays=delays,
            charged=charged,
            penalty=penalty,
            closing=kept["closing"] + charged + penalty - paid,
        )

    def _kept(self, inputs: Inputs) -> dict[str, Any] | None:
        """Return what the bill before left, None where there is more than it knows of."""
        last = inputs.last_bill
        if last is None or last.month != self._previous or _has_more(inputs):
            return None
        kept = last.standing
        since = sum(one.amount.kopecks for one in inputs.entries)
        if (
            kept["silent"]
            or kept["credits"]
            or inputs.account.balance.kopecks - since != kept["closing"]
        ):
            return None
        return kept

    def _prices(self, terms: Terms, category: Category, zones: int) -> Priced | None:
        """Return the prices of the first range, None where one changes or is missing."""
        key = category, zones
        if key not in self._priced:
            self._priced[key] = _priced(terms, Plan.of_zones(zones))
        return self._priced[key]

    def _left(
        self, kept: dict[str, Any], entries: list[Entry]
    ) -> tuple[list[Debt], list[Delay]] | None:
        """Return the debts that are left and what their delay costs, None if not plain.

        Either nothing came in, and nothing of the debts was ever paid in part; or one
        payment pays the one debt there is to the kopeck, before its delay costs.
        """
        debts: list[Debt] = kept["debts"]
        if any(debt[5] or debt[0] == self._place.month.code for debt in debts):
            return None
        if not entries:
            return self._unpaid(debts, kept["penalized"])
        if len(entries) > 1 or len(debts) != 1 or kept["penalized"]:
            return None
        (_, due_on, _, main, penalty, _), entry = debts[0], entries[0]
        if (
            entry.kind is not EntryKind.PAYMENT
            or penalty
            or entry.amount.kopecks != -main
        ):
            return None
        paid_on = local_day(entry.effective_at, self._place.zone)
        if paid_on > date.fromisoformat(due_on) + self._free:
            return None
        return [], []

    def _unpaid(
        self, debts: list[Debt], penalized: list[list[int]]
    ) -> tuple[list[Debt], list[Delay]] | None:
        """Return the debts as they are and the delay of each that costs something."""
        charged = {one[0]: one[1] for one in penalized}
        delays = []
        for month, due_on, _, main, penalty, _ in debts:
            if not main and not penalty:
                return None
            before = charged.get(month, 0)
            if not before and (due_on >= self._costly or not main):
                continue
            delay = self._delay(due_on)
            if delay is None:
                return None
            total = delay.whole.cost(Money(main)).kopecks
            if not main or total < before:
                return None
            if total:
                days = [[*head, main, *tail] for head, tail in delay.runs]
                delays.append(Delay(month, total, before, days))
        if delays and self._pauses_since(
            Month.from_code(min(one.month for one in delays))
        ):
            return None
        return debts, delays

    def _delay(self, due_on: str) -> DaysOfDelay | None:
        """Return the days of delay of what was due on a day, None where a rule is missing.

        The general computing tells then what it is, in its own words.
        """
        if due_on not in self._delays:
            try:
                found = days_of_delay(
                    date.fromisoformat(due_on), self._last_day, self._penalties
                )
            except PenaltyRuleMissing:
                return None
            runs = [
                (
                    (one.days.starts.isoformat(), one.count),
                    (one.rate, f"{one.part.numerator}/{one.part.denominator}"),
                )
                for one in found.runs
            ]
            self._delays[due_on] = DaysOfDelay(found, runs)
        return self._delays[due_on]

    def _moved(self, entry: Entry, words: Words) -> list[Any]:
        named = words.get(entry.entry_id, entry.month)
        return [
            local_day(entry.effective_at, self._place.zone).isoformat(),
            entry.kind,
            entry.amount.kopecks,
            named and named.code,
        ]


def _has_more(inputs: Inputs) -> bool:
    """Tell whether there is more than an open account with one meter and one reading."""
    return bool(
        len(inputs.meters) != 1
        or len(inputs.readings) != 1
        or inputs.benefits
        or inputs.orders
        or inputs.plan is not None
        or inputs.account.closed_on is not None
    )


def _taken(meter: MeterLife, reading: Actual, at: list[Any] | None) -> Taken | None:
    """Return what was used since the registers charged last, None if that is not all."""
    if at is None or reading.act or meter.removed_on is not None:
        return None
    serial, before, on = at
    after = [one.wh for one in reading.registers]
    if (
        not meter.serial == serial == reading.serial
        or len(after) != len(before)
        or reading.taken_on.isoformat() < on
        or not meter.counts_on(reading.taken_on)
    ):
        return None
    turn, ratio = 10**meter.digits * WH_IN_KWH, meter.ratio
    used = [
        (now - then) % turn * ratio for then, now in zip(before, after, strict=True)
    ]
    return Taken(before, after, used)


def _priced(terms: Terms, plan: Plan) -> Priced | None:
    zones = ZONES[plan]
    steady = terms.prices[plan].steady
    prices = [steady.get((zone, FIRST_RANGE)) for zone in zones]
    micro = tuple(price.micro for price in prices if price is not None)
    if len(micro) < len(zones):
        return None
    acts = [_act(terms, plan, zone) for zone in zones]
    told = list(dict.fromkeys(acts))
    return Priced(zones, micro, told, [told.index(act) for act in acts])


def _act(terms: Terms, plan: Plan, zone: Zone) -> str:
    line = Line(
        zone=zone,
        range_number=FIRST_RANGE,
        energy=Energy(0),
        price=terms.prices[plan].steady[zone, FIRST_RANGE],
        amount=Money(0),
    )
    return terms.prices.act_of(line, [plan])
