"""The words of billing, for pages and for a terminal alike: this imports no Flask."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cabinet.services.billing.terms import Missing

CATEGORIES = {
    "city_gas": "город, газовая плита",
    "city_electric": "город, электроплита",
    "rural": "село",
    "organisation": "организация",
}
PLANS = {"one": "одна зона", "two": "две зоны", "three": "три зоны"}
ZONES = {
    "single": "круглые сутки",
    "day": "день",
    "night": "ночь",
    "peak": "пик",
    "half_peak": "полупик",
}
BASES = {"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"}
ODDITIES = {
    "much_more": "втрое больше прошлого месяца",
    "nothing": "ноль после ненулевого месяца",
    "given_back": "месяц со знаком минус",
    "by_norm": "по нормативу при счётчике",
    "unverified": "поверка истекла",
    "unclosed": "нет конечных показаний снятого счётчика",
    "checked": "по акту контрольной проверки",
    "ordered": "перерасчёт по распоряжению",
}
HOLDS = {
    "no_norm": "нет норматива у лицевого счёта",
    "registers": "показания не по зонам счётчика",
    "meter": "нет счётчика прошлой квитанции",
    "gap": "пропущен месяц перед этим",
    "by_hand": "придержал специалист",
}
TABLES = {
    "price": "цена",
    "range_limit": "граница диапазона",
    "vat": "ставка НДС",
    "due_day": "срок оплаты",
    "key_rate": "ключевая ставка",
    "key rate": "ключевая ставка",
    "penalty_rate_cap": "предел ставки пени",
    "penalty_share": "доля ставки пени",
    "penalty_days": "дни без пени",
    "daily share": "доля ставки пени",
    "heating_season": "отопительный сезон",
    "social_norm": "социальная норма",
}
STATES = {
    "preparing": "считается",
    "prepared": "подготовлен",
    "issuing": "выставляется",
    "issued": "выставлен, ждёт проверки",
    "publishing": "публикуется",
    "published": "опубликован",
    "cancelled": "отменён",
    "stopped": "остановлен: не хватает строк",
}
_KEYS: Mapping[str, str] = {**CATEGORIES, **PLANS, **ZONES, "household": "население"}


def missing_words(one: "Missing") -> str:
    """Return «цена, город, газовая плита, одна зона, диапазон 2 на 01.10.2026»."""
    words = [TABLES.get(one.what, one.what)]
    words += [_key(part) for part in one.key.split(", ") if part]
    day = f" на {one.day:%d.%m.%Y}" if one.day else ""
    return f"{', '.join(words)}{day}"


def _key(part: str) -> str:
    return f"диапазон {part}" if part.isdecimal() else _KEYS.get(part, part)
