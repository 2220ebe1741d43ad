"""Files of dated rows: prices, rules of the trade, the key rate, norms.

What is read from them is half-open: `ends` is the first day after.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.domain.tariff import ZONES, Category, Plan, Zone
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.profiles import Column, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """A price of a zone and a range in a region."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    region: str
    category: Category
    plan: Plan
    zone: Zone
    range_number: int
    price: Price
    starts: date
    ends: date | None
    document: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A dated rule: a limit of a range, VAT, a due day, or another one as text."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    rule: str
    key: str
    value: str
    unit: str
    starts: date
    ends: date | None
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRateRow:
    """The key rate from a day on, hundredths of a percent."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    rate: int
    starts: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NormRow:
    """Energy a person a month in a kind of dwelling."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    region: str
    rooms: int
    residents: int
    stove: str
    premises: str
    water_heater: str
    energy: Energy
    document: str
    source: str
    note: str
    verified: bool


def percent(raw: str) -> int:
    """Read a percentage as its hundredths."""
    found = cells.number(2)(raw)
    if not 0 < found <= 100:  # noqa: PLR2004 - per cent
        raise UnfitCell("не процент")
    return int(found * 100)


def _and_more(raw: str) -> int:
    """Read «4+» as 4: the last step of a table of norms."""
    return cells.whole_number(1, 99)(raw.strip().removesuffix("+"))


def _note(name: str, *names: str, longest: int = 500) -> Column:
    return Column(name, names, cells.optional(cells.text(longest)), needed=False)


_VERIFIED = Column(
    "verified",
    ("verified", "Проверено"),
    cells.optional(
        cells.word(
            {"yes": True, "да": True, "partly": False, "no": False, "нет": False}
        )
    ),
    needed=False,
)


def _told(values: dict[str, Any], *notes: str) -> dict[str, Any]:
    """Make absent notes empty texts and an absent mark unverified."""
    for name in notes:
        values[name] = values[name] or ""
    if "verified" in values:
        values["verified"] = bool(values["verified"])
    return values


def _check_span(starts: date, ends: date | None) -> None:
    if ends is not None and ends <= starts:
        raise UnfitCell("кончается раньше, чем начинается", field="ends")


def _rate(**values: Any) -> RateRow:
    if values["zone"] not in ZONES[values["plan"]]:
        raise UnfitCell("такой зоны в этом плане нет", field="zone")
    # The file names the last day of a price, we keep the first day after it.
    if values["ends"] is not None:
        values["ends"] += timedelta(days=1)
    _check_span(values["starts"], values["ends"])
    return RateRow(**_told(values, "document", "source"))


def _rule(**values: Any) -> RuleRow:
    _check_span(values["starts"], values["ends"])
    return RuleRow(**_told(values, "unit", "source"))


def _key_rate(**values: Any) -> KeyRateRow:
    return KeyRateRow(**_told(values, "source"))


def _norm(**values: Any) -> NormRow:
    return NormRow(**_told(values, "water_heater", "document", "source", "note"))


TARIFFS = Profile(
    kind="tariffs",
    make=_rate,
    columns=(
        Column("region", ("region", "Регион"), cells.text(120)),
        Column(
            "category", ("category", "Категория"), cells.word({c: c for c in Category})
        ),
        Column("plan", ("plan", "План"), cells.word({p: p for p in Plan})),
        Column("zone", ("zone", "Зона"), cells.word({z: z for z in Zone})),
        Column("range_number", ("range", "Диапазон"), cells.whole_number(1, 9)),
        Column("price", ("price_rub_per_kwh", "Цена"), cells.price),
        Column("starts", ("valid_from", "Действует с"), cells.day),
        Column("ends", ("valid_to", "Действует по"), cells.optional(cells.day)),
        _note("document", "order", "Приказ", longest=240),
        _note("source", "source_url", "Источник"),
        _VERIFIED,
    ),
)

RULES = Profile(
    kind="rules",
    make=_rule,
    columns=(
        Column("rule", ("rule",), cells.text(60)),
        Column("key", ("key",), cells.text(60)),
        Column("value", ("value",), cells.text(120)),
        _note("unit", "unit", longest=60),
        Column("starts", ("starts",), cells.day),
        Column("ends", ("ends",), cells.optional(cells.day)),
        _note("source", "source"),
        _VERIFIED,
    ),
)

KEY_RATES = Profile(
    kind="key_rates",
    make=_key_rate,
    columns=(
        Column("starts", ("valid_from",), cells.day),
        Column("rate", ("rate_percent",), percent),
        _note("source", "source"),
    ),
)

NORMS = Profile(
    kind="norms",
    make=_norm,
    columns=(
        Column("region", ("region",), cells.text(120)),
        Column("rooms", ("rooms",), _and_more),
        Column("residents", ("residents",), _and_more),
        Column("stove", ("stove",), cells.text(24)),
        Column("premises", ("premises",), cells.text(24)),
        _note("water_heater", "water_heater", longest=24),
        Column("energy", ("kwh_per_person_month",), cells.energy),
        _note("document", "document"),
        _note("source", "source_url"),
        _note("note", "note"),
        _VERIFIED,
    ),
)

DATED: tuple[Profile[Any], ...] = (TARIFFS, RULES, KEY_RATES, NORMS)
