"""What a customer was told when sending a reading, kept beside it as JSON."""

from dataclasses import dataclass
from typing import Any

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.readings import Registers
from cabinet.domain.tariff import Line, Zone
from cabinet.services.readings.shown import Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Consumption and sum at the moment of sending; None is unknown or not told."""

    last: Registers | None
    used: Registers | None
    estimate: Estimate | None
    is_cut: bool

    @property
    def total(self) -> Energy | None:
        """Return the energy used in all zones."""
        if self.used is None:
            return None
        return Energy(sum(each.wh for each in self.used))


def to_json(told: Told) -> dict[str, Any]:
    """Return what is stored: watt-hours, kopecks, micro-roubles."""
    estimate = told.estimate
    return {
        "last": _numbers(told.last),
        "used": _numbers(told.used),
        "is_cut": told.is_cut,
        "estimate": None
        if estimate is None
        else {
            "charged_before": estimate.charged_before.kopecks,
            "lines": [
                {
                    "zone": str(line.zone),
                    "range": line.range_number,
                    "wh": line.energy.wh,
                    "price": line.price.micro,
                    "kopecks": line.amount.kopecks,
                }
                for line in estimate.lines
            ],
        },
    }


def from_json(stored: dict[str, Any]) -> Told:
    """Return what was told; a reading from elsewhere told nothing."""
    estimate = stored.get("estimate")
    return Told(
        last=_registers(stored.get("last")),
        used=_registers(stored.get("used")),
        is_cut=bool(stored.get("is_cut")),
        estimate=None
        if estimate is None
        else Estimate(
            charged_before=Money(estimate["charged_before"]),
            lines=tuple(
                Line(
                    zone=Zone(line["zone"]),
                    range_number=line["range"],
                    energy=Energy(line["wh"]),
                    price=Price(line["price"]),
                    amount=Money(line["kopecks"]),
                )
                for line in estimate["lines"]
            ),
        ),
    )


def _numbers(registers: Registers | None) -> list[int] | None:
    return None if registers is None else [each.wh for each in registers]


def _registers(numbers: list[int] | None) -> Registers | None:
    return None if numbers is None else tuple(Energy(each) for each in numbers)
