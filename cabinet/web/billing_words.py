"""The words of billing, for pages and for a terminal alike: this imports no Flask."""

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
}
HOLDS = {
    "no_norm": "нет норматива у лицевого счёта",
    "registers": "показания не по зонам счётчика",
    "meter": "нет счётчика прошлой квитанции",
    "gap": "пропущен месяц перед этим",
}
TABLES = {
    "price": "цена",
    "range_limit": "граница диапазона",
    "vat": "ставка НДС",
    "due_day": "срок оплаты",
    "key_rate": "ключевая ставка",
    "key rate": "ключевая ставка",
    "penalty_share": "доля ставки пени",
    "daily share": "доля ставки пени",
    "heating_season": "отопительный сезон",
    "social_norm": "социальная норма",
}


def missing_words(missing: "Missing") -> str:
    """Return «цена, Тверская область, село, на 31.10.2026»: the table, what, the day."""
    words = [TABLES.get(missing.what, missing.what)]
    words += [_word(part) for part in missing.key.split(", ") if part]
    day = f" на {missing.day:%d.%m.%Y}" if missing.day else ""
    return f"{', '.join(words)}{day}"


def _word(part: str) -> str:
    if part.isdecimal():
        return f"диапазон {part}"
    return {**CATEGORIES, **PLANS, **ZONES, "household": "население"}.get(part, part)
