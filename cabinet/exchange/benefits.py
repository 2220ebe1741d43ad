"""The list of benefits (льготы) of accounts, as social services and billings write it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.profiles import Column, Profile

_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitRow:
    """A benefit of an account; `percent` in hundredths of a percent, both days in."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    account: str
    title: str
    percent: int
    people: int
    starts: date
    last_day: date | None
    document: str
    source: str


def _percent(raw: str) -> int:
    """Read «50» or «12,5» as hundredths of a percent."""
    found = cells.number(2)(raw.removesuffix("%").rstrip())
    if not 0 < found <= _WHOLE:
        raise UnfitCell("не от 0 до 100 процентов")
    return int(found * 100)


def _benefit(**values: Any) -> BenefitRow:
    last_day = values["last_day"]
    if last_day is not None and last_day < values["starts"]:
        raise UnfitCell("кончается раньше, чем начинается", field="last_day")
    for name in ("document", "source"):
        values[name] = values[name] or ""
    return BenefitRow(**values)


BENEFITS = Profile(
    kind="benefits",
    make=_benefit,
    columns=(
        Column("account", ("ЛС", "Лицевой счёт", "Номер ЛС"), cells.account_number),
        Column("title", ("Льгота", "Категория льготы"), cells.text(160)),
        Column("percent", ("Процент", "Размер, %"), _percent),
        Column("people", ("Человек", "На скольких"), cells.whole_number(1, 99)),
        Column("starts", ("Действует с",), cells.day),
        Column("last_day", ("Действует по",), cells.optional(cells.day)),
        Column(
            "document", ("Документ",), cells.optional(cells.text(240)), needed=False
        ),
        Column(
            "source",
            ("Основание льготы", "Правовой акт"),
            cells.optional(cells.text(500)),
            needed=False,
        ),
    ),
)
