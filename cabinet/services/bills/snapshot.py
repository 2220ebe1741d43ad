"""How a bill was computed, as the JSON that is kept with it.

Whole units and ISO days, so that it reads the same in ten years: Wh, micro-roubles,
kopecks. A bill of an outside billing system may come without any of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Zone
from cabinet.services.bills.receipt import Recalculation, Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a bill keeps of its computation; the fields are those of a receipt."""

    registers: tuple[Register, ...] = ()
    lines: tuple[Line, ...] = ()
    mean_of: int = 0
    silent: int = 0
    resumed: int = 0
    next_norm: bool = False
    recalculation: Recalculation | None = None


def pack(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot as JSON."""
    return {
        "registers": [_pack_register(one) for one in snapshot.registers],
        "lines": [_pack_line(one) for one in snapshot.lines],
        "mean_of": snapshot.mean_of,
        "silent": snapshot.silent,
        "resumed": snapshot.resumed,
        "next_norm": snapshot.next_norm,
        "recalculation": _pack_recalculation(snapshot.recalculation),
    }


def unpack(kept: Mapping[str, Any], *, recalculated: Money) -> Snapshot:
    """Return the snapshot of a bill whose recalculation is this sum."""
    return Snapshot(
        registers=tuple(_register(one) for one in kept.get("registers", ())),
        lines=tuple(_line(one) for one in kept.get("lines", ())),
        mean_of=kept.get("mean_of", 0),
        silent=kept.get("silent", 0),
        resumed=kept.get("resumed", 0),
        next_norm=kept.get("next_norm", False),
        recalculation=_recalculation(kept.get("recalculation") or {}, recalculated),
    )


def _pack_line(line: Line) -> dict[str, Any]:
    return {
        "zone": line.zone,
        "range": line.range_number,
        "wh": line.energy.wh,
        "price": line.price.micro,
        "kopecks": line.amount.kopecks,
    }


def _line(kept: Mapping[str, Any]) -> Line:
    return Line(
        zone=Zone(kept["zone"]),
        range_number=kept["range"],
        energy=Energy(kept["wh"]),
        price=Price(kept["price"]),
        amount=Money(kept["kopecks"]),
    )


def _pack_register(register: Register) -> dict[str, Any]:
    return {
        "serial": register.serial,
        "zone": register.zone,
        "before": register.before.wh,
        "before_on": register.before_on.isoformat(),
        "after": register.after.wh,
        "after_on": register.after_on.isoformat(),
        "source": register.source,
        "turn": None if register.turn is None else register.turn.wh,
        "ratio": register.ratio,
        "wh": register.energy.wh,
        "removed": register.is_removed,
    }


def _register(kept: Mapping[str, Any]) -> Register:
    source, turn = kept["source"], kept["turn"]
    return Register(
        serial=kept["serial"],
        zone=Zone(kept["zone"]),
        before=Energy(kept["before"]),
        before_on=date.fromisoformat(kept["before_on"]),
        after=Energy(kept["after"]),
        after_on=date.fromisoformat(kept["after_on"]),
        source=None if source is None else ReadingSource(source),
        turn=None if turn is None else Energy(turn),
        ratio=kept["ratio"],
        energy=Energy(kept["wh"]),
        is_removed=kept["removed"],
    )


def _pack_recalculation(part: Recalculation | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "first": None if part.first is None else str(part.first),
        "last": None if part.last is None else str(part.last),
        "measured": None if part.measured is None else part.measured.wh,
        "counted": None if part.counted is None else part.counted.wh,
    }


def _recalculation(kept: Mapping[str, Any], amount: Money) -> Recalculation | None:
    """Return the recalculation; the bill's own sum stands, whatever the snapshot has."""
    if not amount and not kept:
        return None
    months = [kept.get(name) for name in ("first", "last")]
    energies = [kept.get(name) for name in ("measured", "counted")]
    first, last = (None if text is None else Month.parse(text) for text in months)
    measured, counted = (None if wh is None else Energy(wh) for wh in energies)
    return Recalculation(
        amount=amount, first=first, last=last, measured=measured, counted=counted
    )
