"""Dated rows as forms and files say them: per table what is typed, read and kept."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from peewee import Model

from cabinet.domain.tariff import ZONES, Category, Plan, Zone
from cabinet.exchange import cells
from cabinet.exchange.dated import percent
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
from cabinet.services import prices

_DAY = timedelta(days=1)
Read = Callable[[str], Any]
Texts = dict[str, str]

#: What people write for what a row keeps.
CODES: Mapping[str, str] = {
    "на рабочий день": "next_working_day",
    "не переносится": "stays",
    "начисляются": "counted",
    "не начисляются": "excluded",
    "без предела": "none",
}
#: Of each rule without a table of its own: what its value looks like, and an example.
OTHERS: Mapping[str, tuple[str, str]] = {
    "due_shift": (r"next_working_day|stays", "на рабочий день или не переносится"),
    "heating_season": (
        r"(0[1-9]|1[0-2])-(0[1-9]|1[0-2])",
        "10-04, это с октября по апрель",
    ),
    "penalty_days": (r"counted|excluded", "начисляются или не начисляются"),
    "penalty_rate_cap": (
        r"[0-9]{1,2}([.,][0-9]{1,2})?|none",
        "9,5 или без предела",
    ),
    "penalty_share": (r"1/[1-9][0-9]{0,3}", "1/300"),
    "social_norm": (r"[1-9][0-9]{0,3}", "50, в кВт·ч на человека"),
    "zone_hours": (
        r"[0-9]{2}-[0-9]{2}( [0-9]{2}-[0-9]{2})*",
        "07-23 или 07-10 17-21",
    ),
}


class RuleFaultyError(ValueError):
    """What was typed cannot be: the field and why, in words for the page."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of rules.

    `fields` are what is typed, in order, and how it is read; `key` those of them that
    say which rows follow one another. `file` makes of read values the row of the
    import `kind`, `told` of a row of the table what would have been typed.
    """

    kind: str
    model: type[Model]
    fields: Mapping[str, Read]
    key: tuple[str, ...]
    file: Callable[[Mapping[str, Any]], Texts]
    told: Callable[[Any], dict[str, Any]]

    @property
    def is_dated(self) -> bool:
        """Tell whether its rows have days."""
        return "starts" in self.fields

    def read(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """Return what was typed, read; raises RuleFaultyError with every fault."""
        found, faults = {}, []
        for name, read in self.fields.items():
            try:
                found[name] = read((typed.get(name) or "").strip())
            except UnfitCell as error:
                faults.append((name, error.reason))
        faults += _together(found)
        if faults:
            raise RuleFaultyError(faults)
        return found


def _together(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with values that are right one by one."""
    faults = []
    starts, ends = found.get("starts"), found.get("ends")
    if starts is not None and ends is not None and ends <= starts:
        faults.append(("ends", "раньше первого дня"))
    if (
        "plan" in found
        and "zone" in found
        and found["zone"] not in ZONES[found["plan"]]
    ):
        faults.append(("zone", "такой зоны в этом плане нет"))
    shape = OTHERS.get(found.get("rule", ""))
    if shape and "value" in found and not re.fullmatch(shape[0], found["value"]):
        faults.append(("value", f"здесь пишут иначе: {shape[1]}"))
    return faults


def _needed(read: Read) -> Read:
    def read_something(raw: str) -> Any:
        if not raw:
            raise UnfitCell("пусто")
        return read(raw)

    return read_something


def _maybe(longest: int) -> Read:
    read = cells.text(longest)
    return lambda raw: read(raw) if raw else ""


def _value(raw: str) -> str:
    """Read a value; words that people write are kept as what a row says."""
    said: str = cells.text(120)(raw)
    return CODES.get(said.casefold(), said)


def _last_day(raw: str) -> date | None:
    """Read the last day, as people say it, as the first one after; nothing is for good."""
    return cells.day(raw) + _DAY if raw else None


def _words(known: Any) -> Read:
    return _needed(cells.word({one: one for one in known}))


_SOURCE = _needed(cells.text(500))
_DAYS: dict[str, Read] = {"starts": _needed(cells.day), "ends": _last_day}
_REGION = _needed(cells.text(120))


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _percents(hundredths: int) -> str:
    return f"{Decimal(hundredths).scaleb(-2).normalize():f}"


def _rule(values: Mapping[str, Any], rule: str, key: str, value: str) -> Texts:
    """Return a row of the file of rules, whose `ends` is the first day after."""
    return {
        "rule": rule,
        "key": key,
        "value": value,
        "unit": "",
        "starts": _iso(values["starts"]),
        "ends": _iso(values["ends"]),
        "source": values["source"],
        "verified": "yes",
    }


def _price_file(values: Mapping[str, Any]) -> Texts:
    """Return a row of the file of prices, whose `valid_to` is the last day."""
    last = values["ends"] and values["ends"] - _DAY
    return {
        "region": values["region"],
        "category": str(values["category"]),
        "plan": str(values["plan"]),
        "zone": str(values["zone"]),
        "range": str(values["range_number"]),
        "price_rub_per_kwh": f"{values['price'].roubles:f}",
        "valid_from": _iso(values["starts"]),
        "valid_to": _iso(last),
        "order": values["document"],
        "source_url": values["source"],
        "verified": "yes",
    }


def _norm_file(values: Mapping[str, Any]) -> Texts:
    names = ("region", "rooms", "residents", "stove", "premises", "water_heater")
    return {name: str(values[name]) for name in names} | {
        "kwh_per_person_month": f"{values['energy'].kwh:f}",
        "document": values["source"],
        "source_url": "",
        "verified": "yes",
        "note": "",
    }


def _picked(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _dated(row: Any, *names: str) -> dict[str, Any]:
    return _picked(row, *names, "starts", "ends", "source")


TABLES: Mapping[str, Table] = {
    "price": Table(
        kind="tariffs",
        model=Rate,
        fields={
            "region": _REGION,
            "category": _words(Category),
            "plan": _words(Plan),
            "zone": _words(Zone),
            "range_number": _needed(cells.whole_number(1, 9)),
            "price": _needed(cells.price),
            **_DAYS,
            "document": _maybe(240),
            "source": _SOURCE,
        },
        key=("region", "category", "plan", "zone", "range_number"),
        file=_price_file,
        told=lambda row: {
            **_picked(row.tariff, "region", "category", "plan"),
            **_dated(row, "zone", "range_number", "price", "document"),
        },
    ),
    "range": Table(
        kind="rules",
        model=Range,
        fields={
            "kind": _words((prices.ORDINARY, prices.HEATING)),
            "region": _maybe(120),
            "number": _needed(cells.whole_number(1, 9)),
            "limit": _needed(cells.energy),
            **_DAYS,
            "source": _SOURCE,
        },
        key=("kind", "region", "number"),
        file=lambda v: _rule(
            v,
            v["kind"],
            f"{v['region']}, {v['number']}" if v["region"] else str(v["number"]),
            f"{v['limit'].kwh:f}",
        ),
        told=lambda row: _dated(row, "kind", "region", "number", "limit"),
    ),
    "norm": Table(
        kind="norms",
        model=Norm,
        fields={
            "region": _REGION,
            "rooms": _needed(cells.whole_number(1, 99)),
            "residents": _needed(cells.whole_number(1, 99)),
            "stove": _words(("gas", "electric")),
            "premises": _words(("apartment", "dorm_room")),
            "water_heater": _maybe(24),
            "energy": _needed(cells.energy),
            "source": _SOURCE,
        },
        key=("region", "rooms", "residents", "stove", "premises", "water_heater"),
        file=_norm_file,
        told=lambda row: {
            **_picked(row, "region", "rooms", "residents", "stove", "premises"),
            **_picked(row, "water_heater", "energy"),
            "source": row.document or row.source,
        },
    ),
    "key_rate": Table(
        kind="key_rates",
        model=KeyRate,
        fields={
            "rate": _needed(percent),
            "starts": _DAYS["starts"],
            "source": _SOURCE,
        },
        key=(),
        file=lambda v: {
            "valid_from": _iso(v["starts"]),
            "rate_percent": _percents(v["rate"]),
            "source": v["source"],
            "verified": "yes",
        },
        told=lambda row: _dated(row, "rate"),
    ),
    "vat": Table(
        kind="rules",
        model=VatRate,
        fields={"rate": _needed(percent), **_DAYS, "source": _SOURCE},
        key=(),
        file=lambda v: _rule(v, "vat", "rate", _percents(v["rate"])),
        told=lambda row: _dated(row, "rate"),
    ),
    "due": Table(
        kind="rules",
        model=DueRule,
        fields={
            "kind": _words(("household", "organisation")),
            "day": _needed(cells.whole_number(1, 28)),
            **_DAYS,
            "source": _SOURCE,
        },
        key=("kind",),
        file=lambda v: _rule(v, "due_day", v["kind"], str(v["day"])),
        told=lambda row: _dated(row, "kind", "day"),
    ),
    "other": Table(
        kind="rules",
        model=OtherRule,
        fields={
            "rule": _words(OTHERS),
            "key": _needed(cells.text(60)),
            "value": _needed(_value),
            **_DAYS,
            "source": _SOURCE,
        },
        key=("rule", "key"),
        file=lambda v: _rule(v, v["rule"], v["key"], v["value"].replace(",", ".")),
        told=lambda row: _dated(row, "rule", "key", "value"),
    ),
}


def rows_of(table: Table) -> Any:
    """Return the query of the rows of a table, inside the open transaction."""
    if table.model is Rate:
        return Rate.select(Rate, Tariff).join(Tariff)
    return table.model.select()
