"""Words of the trade as commands print them, and sums of money."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cabinet.domain.money import Money

CATEGORIES = {
    "city_gas": "город, газовая плита",
    "city_electric": "город, электроплита",
    "rural": "село",
}
PLANS = {"one": "одна зона", "two": "две зоны", "three": "три зоны"}
ZONES = {
    "single": "круглые сутки",
    "day": "день",
    "night": "ночь",
    "peak": "пик",
    "half_peak": "полупик",
}


def roubles(money: "Money") -> str:
    """Return «1 234,50»."""
    return f"{money.roubles:,.2f}".replace(",", " ").replace(".", ",")
