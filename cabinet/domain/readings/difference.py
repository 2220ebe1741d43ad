"""How much energy lies between two states of a meter's registers."""

from collections.abc import Iterable
from dataclasses import dataclass

from cabinet.domain.energy import Energy

#: What the registers of one meter show, a zone each, in the order T1, T2, T3.
Registers = tuple[Energy, ...]

WH = 1000


class RegisterFellError(ValueError):
    """A register shows less than before, and nobody said it went through zero."""


@dataclass(frozen=True, slots=True)
class Dial:
    """The face of a register: whole digits, and the fraction digits that count."""

    digits: int
    decimals: int = 0

    @property
    def turn(self) -> Energy:
        """Return the energy after which the register shows zero again."""
        return Energy(10**self.digits * WH)

    @property
    def step(self) -> Energy:
        """Return the least energy the register tells apart."""
        return Energy(WH // 10**self.decimals)


def total_of(energies: Iterable[Energy]) -> Energy:
    """Return the energy of all zones together."""
    return Energy(sum(each.wh for each in energies))


def consumption(
    last: Registers,
    now: Registers,
    *,
    dial: Dial,
    ratio: int = 1,
    rolled_over: bool = False,
) -> Registers:
    """Return the energy used in each zone.

    The transformer ratio applies after the roll-over. Raises RegisterFellError when a
    register shows less and `rolled_over` is false.
    """
    return tuple(
        _difference(before, after, dial, rolled_over=rolled_over) * ratio
        for before, after in zip(last, now, strict=True)
    )


def _difference(
    before: Energy, after: Energy, dial: Dial, *, rolled_over: bool
) -> Energy:
    if after >= before:
        return after - before
    if not rolled_over:
        raise RegisterFellError(f"{after.wh} after {before.wh}")
    return dial.turn - before + after
