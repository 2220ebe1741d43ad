"""Rules with dates: which one is in force, and whether their rows have holes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from peewee import Model

from cabinet.domain.dated import Flaw, findings
from cabinet.domain.due import DueDay, WorkingCalendar, due_on
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import ZONES, Category, Plan, Zone
from cabinet.models import (
    DueRule,
    Holiday,
    KeyRate,
    OtherRule,
    Range,
    Rate,
    Tariff,
    VatRate,
)
from cabinet.models.base import reading

_SHIFT = "due_shift"
#: What a row of a branch says where a due day stays on a day off.
STAYS = "stays"


def working_calendar() -> WorkingCalendar:
    """Read which days are worked, inside the open transaction."""
    return WorkingCalendar(
        {holiday.day: holiday.is_working for holiday in Holiday.select()}
    )


@dataclass(frozen=True, slots=True)
class DueDays:
    """By which day a month is paid (срок оплаты).

    A rule counts by the month it is for, not by today. A due day that is no working day
    moves to the next one where a dated rule `due_shift` says so (Civil Code 193), for
    the branch by its code, else for all accounts of the kind.
    """

    rules: tuple[DueDay, ...]
    shifts: tuple[Span, ...]
    calendar: WorkingCalendar

    @classmethod
    def load(
        cls, kind: AccountKind = AccountKind.HOUSEHOLD, *, branch: str = ""
    ) -> "DueDays":
        """Read the rules for a kind of account, inside the open transaction.

        A row of the branch beats that of everybody, also to say that nothing moves.
        """
        rules = DueRule.select().where(DueRule.kind == kind)
        said = OtherRule.select().where(
            OtherRule.rule == _SHIFT, OtherRule.key.in_([kind, branch])
        )
        own = [row for row in said if row.key == branch]
        shifts = [row for row in own or said if row.value != STAYS]
        return cls(
            tuple(
                DueDay(day=rule.day, starts=rule.starts, ends=rule.ends)
                for rule in rules
            ),
            tuple(Span(rule.starts, rule.ends) for rule in shifts),
            working_calendar(),
        )

    def due_on(self, month: Month) -> date:
        """Return the last day on which the month is paid in time.

        Raises DueRuleMissing.
        """
        moves = any(span.contains(month.starts) for span in self.shifts)
        return due_on(month, self.rules, self.calendar if moves else None)


PriceKey = tuple[Category, Plan, Zone, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """What is wrong with the days of a rule: its table, its key, the days."""

    table: str
    key: tuple[object, ...]
    flaw: Flaw
    days: Span


def check() -> tuple[RuleFinding, ...]:
    """Return holes and overlaps of every dated table.

    A region needs a price of every category, plan, zone and range it knows on each day
    from its first price to its last; the other tables need no day in particular, their
    rows follow one another.
    """
    with reading():
        return (
            *_price_findings(),
            *_findings("range", Range, "region", "kind", "number"),
            *_findings("vat", VatRate),
            *_findings("key_rate", KeyRate),
            *_findings("due", DueRule, "kind"),
            *_findings("other", OtherRule, "rule", "key"),
        )


def _findings(table: str, model: type[Model], *key: str) -> Iterator[RuleFinding]:
    def key_of(row: Any) -> tuple[object, ...]:
        return tuple(getattr(row, name) for name in key)

    for found in findings(model.select(), key_of):
        yield RuleFinding(table=table, key=found.key, flaw=found.flaw, days=found.days)


def _price_findings() -> Iterator[RuleFinding]:
    regions: dict[str, list[Rate]] = defaultdict(list)
    query = Rate.select(Rate, Tariff).join(Tariff).order_by(Tariff.region, Rate.starts)
    for rate in query:
        regions[rate.tariff.region].append(rate)
    for region, rates in regions.items():
        for found in findings(
            rates, _price_key, needed=_whole(rates), keys=_price_keys(rates)
        ):
            yield RuleFinding(
                table="price",
                key=(region, *found.key),
                flaw=found.flaw,
                days=found.days,
            )


def _price_key(rate: Rate) -> PriceKey:
    tariff = rate.tariff
    return tariff.category, tariff.plan, rate.zone, rate.range_number


def _price_keys(rates: Iterable[Rate]) -> Iterator[PriceKey]:
    """Yield every cell of a region's table of prices."""
    known = [_price_key(rate) for rate in rates]
    categories = sorted({key[0] for key in known})
    numbers = range(1, max(key[3] for key in known) + 1)
    for category, plan in product(categories, Plan):
        for zone, number in product(ZONES[plan], numbers):
            yield category, plan, zone, number


def _whole(rates: list[Rate]) -> Span:
    """Return the days from the first price of a region to its last."""
    ends = [rate.ends for rate in rates]
    return Span(
        min(rate.starts for rate in rates),
        None if None in ends else max(ends),
    )
