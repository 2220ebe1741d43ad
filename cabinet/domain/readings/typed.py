"""What people type for a register, and the energy it stands for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cabinet.domain.energy import Energy
from cabinet.domain.readings.difference import WH, Dial, Registers
from cabinet.domain.tariff import Zone

#: Phones and spreadsheets put these between digits; they mean nothing.
_FILLERS = dict.fromkeys(
    map(ord, " \t\r\n\u00a0\u2007\u2009\u200b\u200e\u200f\u202f\u2060\ufeff-‐‑‒–—−")
)
#: The letter O, Russian and Latin, typed for a zero.
_ZEROS = str.maketrans("ОоOo", "0000")
_SHAPE = re.compile(r"([0-9]+)(?:[.,]([0-9]*))?")
_FRACTION = 3


class Fault(StrEnum):
    """Why what was typed cannot be a reading."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    TOO_LONG = "too_long"


class NotARegisterError(ValueError):
    """One field cannot be a register's value; carries why and how many digits."""

    def __init__(self, fault: Fault, digits: int = 0) -> None:
        super().__init__(fault)
        self.fault = fault
        self.digits = digits


class NotAReadingError(ValueError):
    """The form cannot be a reading; carries the fault of each zone that has one."""

    def __init__(self, faults: Mapping[Zone, NotARegisterError]) -> None:
        super().__init__(", ".join(f"{z}: {e.fault}" for z, e in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Typed:
    """Registers as read from the fields, and whether a fraction was cut off.

    `digits` is how many were typed before the comma for each zone, zeros included.
    """

    registers: Registers
    is_cut: bool = False
    digits: tuple[int, ...] = field(default=(), compare=False)


def read_registers(texts: Sequence[str], zones: tuple[Zone, ...], dial: Dial) -> Typed:
    """Return the registers of all zones; raises NotAReadingError with every fault.

    A zone without a text counts as empty: a reading is all zones or nothing.
    """
    registers: list[Energy] = []
    digits: list[int] = []
    is_cut = False
    faults: dict[Zone, NotARegisterError] = {}
    for number, zone in enumerate(zones):
        text = "".join(texts[number : number + 1])
        try:
            energy, cut = read_register(text, dial)
        except NotARegisterError as error:
            faults[zone] = error
        else:
            registers.append(energy)
            digits.append(len(re.split("[.,]", _plain(text))[0]))
            is_cut = is_cut or cut
    if faults:
        raise NotAReadingError(faults)
    return Typed(tuple(registers), is_cut, tuple(digits))


def digits_of(register: Energy) -> int:
    """Return how many digits a register has before the comma, leading zeros aside.

    Where fewer are typed, one may be missing. Who types the zeros as they stand after a
    roll-over, 00011, misses none.
    """
    return len(str(register.wh // WH))


def read_register(text: str, dial: Dial) -> tuple[Energy, bool]:
    """Return the energy typed and whether digits that count were cut off.

    Spaces and dashes are dropped, a comma is a point, the letter O is a zero, leading
    zeros are fine; the fraction is cut, never rounded, to what the meter counts.
    Raises NotARegisterError.
    """
    plain = _plain(text)
    if not plain:
        raise NotARegisterError(Fault.EMPTY)
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        raise NotARegisterError(Fault.NOT_DIGITS)
    whole, fraction = shape[1], shape[2] or ""
    if len(whole.lstrip("0")) > dial.digits:
        raise NotARegisterError(Fault.TOO_LONG, len(whole))
    kept, cut = fraction[: dial.decimals], fraction[dial.decimals :]
    # int() of the bare digits is safe: there are no more than the meter has.
    energy = int(whole.lstrip("0") or "0") * WH + int(kept.ljust(_FRACTION, "0"))
    return Energy(energy), bool(cut.strip("0"))


def _plain(text: str) -> str:
    return text.translate(_FILLERS).translate(_ZEROS)
