"""Files of dated rows on their way in: prices, rules, the key rate, norms."""

from collections.abc import Hashable
from typing import Any

from peewee import Model

from cabinet.domain.energy import Energy
from cabinet.exchange import cells
from cabinet.exchange.dated import KeyRateRow, NormRow, RateRow, RuleRow, percent
from cabinet.exchange.faults import UnfitCell
from cabinet.models import (
    DueRule,
    KeyRate,
    Norm,
    OtherRule,
    Range,
    Rate,
    Tariff,
    VatRate,
)
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

_LIMITS = "range_limit"


class _Table:
    """Rows of a table by their natural key, and what is to be added to it."""

    def __init__(self, model: type[Model], *key: str) -> None:
        self.model = model
        self.key = key
        self.kept: dict[Hashable, Any] = {
            tuple(row[name] for name in key): row
            for row in model.select().dicts().iterator()
        }

    def put(self, values: dict[str, Any], intake: Intake) -> None:
        """Add the values, change the row that has their key, or leave it as it is."""
        kept = self.kept.get(tuple(values[name] for name in self.key))
        if kept is None:
            # There are few of them: one by one tells their ids.
            made = self.model.create(**values)
            intake.note(self.model, made.id, None, values)
            intake.count(Outcome.NEW)
        elif all(kept[name] == value for name, value in values.items()):
            intake.count(Outcome.SAME)
        else:
            row_id = self.model._meta.primary_key  # noqa: SLF001 - peewee's own way to the key
            before = {name: kept[name] for name in values}
            intake.note(self.model, kept["id"], before, values)
            self.model.update(values).where(row_id == kept["id"]).execute()
            intake.count(Outcome.CHANGED)


def take_tariffs(rows: list[RateRow], intake: Intake) -> None:
    """Add and change prices; their tariffs come into being with them."""
    tariffs = {
        (tariff.region, tariff.category, tariff.plan): tariff.id
        for tariff in Tariff.select()
    }
    table = _Table(Rate, "tariff", "zone", "range_number", "starts")
    for row in rows:
        key = (row.region, row.category, row.plan)
        if key not in tariffs:
            tariffs[key] = Tariff.create(
                region=row.region, category=row.category, plan=row.plan
            ).id
        values = {
            "tariff": tariffs[key],
            **_picked(row, "zone", "range_number", "price", "starts", "ends"),
            **_picked(row, "document", "source", "verified"),
        }
        table.put(values, intake)


def take_rules(rows: list[RuleRow], intake: Intake) -> None:
    """Add and change rules: limits of ranges, VAT, due days, and all others."""
    tables = {
        Range: _Table(Range, "region", "kind", "number", "starts"),
        VatRate: _Table(VatRate, "starts"),
        DueRule: _Table(DueRule, "kind", "starts"),
        OtherRule: _Table(OtherRule, "rule", "key", "starts"),
    }
    for row in rows:
        try:
            model, values = _rule(row)
        except UnfitCell as error:
            intake.refuse(row, error.field or "value", error.reason)
            continue
        values |= _picked(row, "starts", "ends", "source")
        tables[model].put(values, intake)


def take_key_rates(rows: list[KeyRateRow], intake: Intake) -> None:
    """Add and change key rates; each ends where the next one starts."""
    known = {starts for (starts,) in KeyRate.select(KeyRate.starts).tuples()}
    starts = sorted(known | {row.starts for row in rows})
    ends = dict(zip(starts, [*starts[1:], None], strict=True))
    table = _Table(KeyRate, "starts")
    for row in rows:
        values = {**_picked(row, "starts", "rate", "source"), "ends": ends[row.starts]}
        table.put(values, intake)
    # A rate that was the last one ends where a newly added one starts.
    for kept in KeyRate.select():
        if kept.ends != ends[kept.starts]:
            after = {"ends": ends[kept.starts]}
            intake.note(KeyRate, kept.id, {"ends": kept.ends}, after)
            KeyRate.update(after).where(KeyRate.id == kept.id).execute()


def take_norms(rows: list[NormRow], intake: Intake) -> None:
    """Add and change norms of consumption without a meter."""
    key = ("region", "rooms", "residents", "stove", "premises", "water_heater")
    table = _Table(Norm, *key)
    for row in rows:
        values = _picked(row, *key, "energy", "document", "source", "note", "verified")
        table.put(values, intake)


def _rule(row: RuleRow) -> tuple[type[Model], dict[str, Any]]:
    """Return the table a rule belongs to and its own columns; raises UnfitCell.

    The key of a limit is the number of its range, after a region and a comma where it
    holds there alone.
    """
    if row.rule.startswith(_LIMITS):
        *region, last = row.key.rsplit(",", 1)
        number = _read("key", cells.whole_number(1, 9), last.strip())
        limit: Energy = _read("value", cells.energy, row.value)
        values = {
            "region": "".join(region).strip(),
            "kind": row.rule,
            "number": number,
            "limit": limit,
        }
        return Range, values | {"verified": row.verified}
    if row.rule == "vat":
        return VatRate, {"rate": _read("value", percent, row.value)}
    if row.rule == "due_day":
        day = _read("value", cells.whole_number(1, 28), row.value)
        return DueRule, {"kind": row.key, "day": day}
    return OtherRule, _picked(row, "rule", "key", "value", "unit", "verified")


def _read(field: str, read: Any, raw: str) -> Any:
    try:
        return read(raw)
    except UnfitCell as error:
        raise UnfitCell(error.reason, field=field) from None


def _picked(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
