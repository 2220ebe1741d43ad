"""Sums of money as commands print them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cabinet.domain.money import Money


def roubles(money: "Money") -> str:
    """Return «1 234,50»."""
    return f"{money.roubles:,.2f}".replace(",", " ").replace(".", ",")
