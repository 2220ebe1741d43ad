"""Energy in whole watt-hours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

WH_IN_KWH = 1000

_KWH = re.compile(r"([-\u2212]?)([0-9]{1,15})(?:[.,]([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True, order=True)
class Energy:
    """An amount of energy, or a register of a meter, in whole watt-hours."""

    wh: int

    def __post_init__(self) -> None:
        if type(self.wh) is not int:
            raise TypeError(f"watt-hours must be int, not {type(self.wh).__name__}")

    @classmethod
    def from_kwh(cls, kwh: int | Decimal | str) -> Self:
        """Take kilowatt-hours, exact to a watt-hour; ValueError if they are not."""
        if type(kwh) is int:
            return cls(kwh * WH_IN_KWH)
        if isinstance(kwh, str):
            return cls._parse(kwh)
        if not isinstance(kwh, Decimal):
            raise TypeError(f"kilowatt-hours must not be {type(kwh).__name__}")
        if not kwh.is_finite():
            raise ValueError(f"not an amount of energy: {kwh}")
        scaled = kwh * WH_IN_KWH
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"finer than a watt-hour: {kwh}")
        return cls(whole)

    @classmethod
    def _parse(cls, text: str) -> Self:
        found = _KWH.fullmatch("".join(text.split()))
        if found is None:
            raise ValueError(f"not an amount of energy: {text!r}")
        sign, whole, rest = found.groups()
        wh = int(whole) * WH_IN_KWH + int((rest or "").ljust(3, "0"))
        return cls(-wh if sign else wh)

    @classmethod
    def zero(cls) -> Self:
        """Return no energy."""
        return cls(0)

    @classmethod
    def total(cls, amounts: Iterable["Energy"]) -> Self:
        """Add the amounts up; of none it is zero."""
        return cls(sum(one.wh for one in amounts))

    @property
    def kwh(self) -> Decimal:
        """Return kilowatt-hours, exact."""
        return Decimal(self.wh).scaleb(-3)

    def __add__(self, other: "Energy") -> "Energy":
        if not isinstance(other, Energy):
            return NotImplemented
        return Energy(self.wh + other.wh)

    def __sub__(self, other: "Energy") -> "Energy":
        if not isinstance(other, Energy):
            return NotImplemented
        return Energy(self.wh - other.wh)

    def __neg__(self) -> "Energy":
        return Energy(-self.wh)

    def __mul__(self, times: int) -> "Energy":
        if type(times) is not int:
            return NotImplemented
        return Energy(self.wh * times)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.wh != 0
