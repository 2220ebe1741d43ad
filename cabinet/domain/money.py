"""Money in whole kopecks and prices in millionths of a rouble; a float cannot get in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from cabinet.domain.energy import Energy

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_MONEY = re.compile(r"([-\u2212]?)([0-9]{1,15})(?:[.,]([0-9]{1,2}))?")
_PRICE = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,6}))?")

KOPECKS_IN_ROUBLE = 100
MICRO_IN_ROUBLE = 1_000_000
# Micro-roubles a kWh times Wh is a thousandth of a micro-rouble; a kopeck has 10 000.
PRODUCT_IN_KOPECK = 10_000_000


def divide_half_up(dividend: int, divisor: int) -> int:
    """Divide by a positive number, a half going away from zero."""
    whole, rest = divmod(abs(dividend), divisor)
    if rest * 2 >= divisor:
        whole += 1
    return whole if dividend >= 0 else -whole


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum in whole kopecks; negative is what is owed to the customer."""

    kopecks: int

    def __post_init__(self) -> None:
        if type(self.kopecks) is not int:
            raise TypeError(f"kopecks must be int, not {type(self.kopecks).__name__}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read roubles as people write them: spaces, a comma or a point.

        Raises ValueError for anything else and for parts of a kopeck.
        """
        found = _MONEY.fullmatch(text.translate(_SPACES))
        if found is None:
            raise ValueError(f"not a sum of money: {text!r}")
        sign, roubles, rest = found.groups()
        kopecks = int(roubles) * KOPECKS_IN_ROUBLE + int((rest or "").ljust(2, "0"))
        return cls(-kopecks if sign else kopecks)

    @classmethod
    def total(cls, sums: Iterable["Money"]) -> Self:
        """Add the sums up; of none it is zero."""
        return cls(sum(one.kopecks for one in sums))

    @property
    def roubles(self) -> Decimal:
        """Return the sum in roubles with two places."""
        return Decimal(self.kopecks).scaleb(-2)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.kopecks + other.kopecks)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.kopecks - other.kopecks)

    def __neg__(self) -> "Money":
        return Money(-self.kopecks)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.kopecks * times)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.kopecks != 0


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """A price of a kilowatt-hour in millionths of a rouble, VAT inside."""

    micro: int

    def __post_init__(self) -> None:
        if type(self.micro) is not int:
            raise TypeError(f"a price must be int, not {type(self.micro).__name__}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read roubles a kWh: «5,871»; ValueError for anything else."""
        found = _PRICE.fullmatch(text.translate(_SPACES))
        if found is None:
            raise ValueError(f"not a price: {text!r}")
        roubles, rest = found.groups()
        return cls(int(roubles) * MICRO_IN_ROUBLE + int((rest or "").ljust(6, "0")))

    @property
    def roubles(self) -> Decimal:
        """Return roubles a kWh with six places."""
        return Decimal(self.micro).scaleb(-6)

    def cost(self, energy: Energy) -> Money:
        """Return what the energy costs, rounded once to a kopeck, half up."""
        return Money(divide_half_up(self.micro * energy.wh, PRODUCT_IN_KOPECK))
