"""The words of dated rules, for pages and for a terminal alike: this imports no Flask."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cabinet.domain.energy import Energy
from cabinet.domain.money import Price
from cabinet.services.rule_tables import CODES
from cabinet.web.billing_words import CATEGORIES, PLANS, ZONES

if TYPE_CHECKING:
    from cabinet.services.dated_rules import RuleFinding

#: As the findings of the check name the tables.
TABLES = {
    "price": "цена",
    "range": "граница диапазона",
    "norm": "норматив",
    "vat": "ставка НДС",
    "key_rate": "ключевая ставка",
    "due": "срок оплаты",
    "other": "правило",
}
#: As the pages are called.
TITLES = {
    "price": "Цены",
    "range": "Диапазоны потребления",
    "norm": "Нормативы",
    "key_rate": "Ключевая ставка",
    "vat": "Ставка НДС",
    "due": "Срок оплаты",
    "other": "Пени и другие правила",
}
FLAWS = {"hole": "нет строки", "overlap": "две строки", "empty": "строка без дней"}
RANGES = {
    "range_limit": "обычные",
    "range_limit_heating_season_electric": "отопительный сезон, электрическое отопление",
}
KINDS = {"household": "население", "organisation": "организации"}
STOVES = {"gas": "газовая плита", "electric": "электроплита"}
PREMISES = {"apartment": "квартира", "dorm_room": "комната в общежитии"}
OTHERS = {
    "due_shift": "перенос срока с выходного",
    "heating_season": "отопительный сезон",
    "penalty_days": "дни без пени",
    "penalty_rate_cap": "предел ставки для пени",
    "penalty_share": "доля ставки для пени",
    "social_norm": "социальная норма",
    "zone_hours": "часы зон",
}
FIELDS = {
    "region": "Регион",
    "category": "Категория",
    "plan": "Тарифный план",
    "zone": "Зона",
    "range_number": "Диапазон",
    "number": "Диапазон",
    "price": "Цена, ₽ за кВт·ч",
    "document": "Приказ",
    "kind": "Для кого",
    "limit": "Не больше, кВт·ч в месяц",
    "rooms": "Комнат",
    "residents": "Человек",
    "stove": "Плита",
    "premises": "Жильё",
    "water_heater": "Нагрев воды",
    "energy": "Норматив, кВт·ч на человека в месяц",
    "rate": "Ставка, %",
    "day": "День следующего месяца",
    "rule": "Правило",
    "key": "Для кого или чего",
    "value": "Значение",
    "starts": "Действует с",
    "ends": "по последний день",
    "source": "Основание",
}
_KEYS: Mapping[str, str] = {
    **CATEGORIES,
    **PLANS,
    **ZONES,
    **KINDS,
    **RANGES,
    **STOVES,
    **PREMISES,
    **OTHERS,
    **{code: words for words, code in CODES.items()},
}
#: Of rules told in one line.
MOST_NAMED = 4
#: Numbers in keys of rules: days of delay, and zones of a plan.
_DAYS_OF_DELAY = "day "
_DAY = timedelta(days=1)
_LINK = re.compile(r"https?://\S+")


def key(part: object) -> str:
    """Return a part of what a row is for."""
    if isinstance(part, int):
        return f"диапазон {part}"
    return _text(str(part))


def _text(text: str) -> str:
    if text.startswith(_DAYS_OF_DELAY):
        return f"дни просрочки {text.removeprefix(_DAYS_OF_DELAY)}"
    plan, colon, zone = text.partition(": ")
    if colon and plan in PLANS:
        return f"{PLANS[plan]}, {ZONES.get(zone, zone)}"
    return _KEYS.get(text, text)


def finding(one: "RuleFinding") -> str:
    """Return «цена, Тверская область, …: нет строки с 01.01.2026 по 30.09.2026»."""
    words = [TABLES[one.table], *(key(part) for part in one.key if part != "")]
    days = f"с {one.days.starts:%d.%m.%Y}"
    if one.days.ends is not None:
        days += f" по {one.days.ends - _DAY:%d.%m.%Y}"
    return f"{', '.join(words)}: {FLAWS[one.flaw]} {days}"


def whose(table: str, word: str) -> str:
    """Return what a rule is called: «цена, Курская область»."""
    return f"{TABLES[table]}, {key(word)}" if word else TABLES[table]


def those(table: str, words: Sequence[str]) -> str:
    """Return what rules of one table are called: «цена, Курская область, ещё 7»."""
    named = [key(word) for word in words[:MOST_NAMED] if word]
    more = len(words) - MOST_NAMED
    return ", ".join([TABLES[table], *named, *([f"ещё {more}"] if more > 0 else [])])


def value(name: str, kept: Any) -> str:
    """Return a value of a row as it is read."""
    if kept in (None, ""):
        return "все" if name == "region" else ""
    if isinstance(kept, Price):
        places = 2 if kept.roubles == round(kept.roubles, 2) else 6
        return f"{kept.roubles:.{places}f}".replace(".", ",")
    if isinstance(kept, Energy):
        return f"{kept.kwh.normalize():f}".replace(".", ",")
    if name == "rate":
        return f"{Decimal(kept).scaleb(-2).normalize():f}".replace(".", ",")
    return f"{kept:%d.%m.%Y}" if isinstance(kept, date) else _text(str(kept))


def hosts(source: str) -> str:
    """Return whose pages a source names: «elec.ru, github.com»."""
    found = [urlsplit(word).hostname or "" for word in _LINK.findall(source)]
    named = [host.removeprefix("www.") for host in dict.fromkeys(found) if host]
    return ", ".join(named) or "источник"


def title(table: str, values: Mapping[str, str]) -> str:
    """Return what a row that was typed is called in the list of imports."""
    rest = [
        _KEYS.get(text, text)
        for name, text in values.items()
        if text and name not in {"source", "document", "starts", "ends"}
    ]
    since = values.get("starts", "")
    return ", ".join([TABLES[table], *rest]) + (f" с {since}" if since else "")
