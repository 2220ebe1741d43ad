"""How a bill was computed, as the JSON that is kept with it.

Whole units and ISO days, so that it reads the same in ten years: Wh, micro-roubles,
kopecks. A bill of an outside billing system may come without any of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cabinet.domain.billing import BenefitLine, MonthBill, Order, PenaltyLine
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import MonthCharge
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Line, Plan, Zone
from cabinet.domain.volume import MOST_PERIODS_BY_AVERAGE, Silence, Stretch
from cabinet.services.bills.lines import (
    pack_line,
    pack_order,
    unpack_line,
    unpack_order,
)
from cabinet.services.bills.receipt import (
    PenaltyDays,
    PenaltyPart,
    Recalculation,
    Register,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a bill keeps of its computation; the fields are those of a receipt."""

    registers: tuple[Register, ...] = ()
    lines: tuple[Line, ...] = ()
    mean_of: int = 0
    silent: int = 0
    resumed: int = 0
    next_norm: bool = False
    silence: Silence | None = None
    bridged: Energy | None = None
    recalculation: Recalculation | None = None
    orders: tuple[Order, ...] = ()
    benefits: tuple[BenefitLine, ...] = ()
    penalties: tuple[PenaltyPart, ...] = ()
    vat_rate: int | None = None


def snapshot_of(charge: MonthCharge) -> Snapshot:
    """Return what a bill keeps of a month we computed ourselves."""
    volume = charge.volume
    return Snapshot(
        registers=tuple(
            register for stretch in volume.stretches for register in _registers(stretch)
        ),
        lines=charge.lines,
        mean_of=len(volume.mean_of),
        silent=volume.silent,
        resumed=0 if volume.resumed is None else len(volume.resumed.months),
        next_norm=(
            volume.basis is ChargeBasis.AVERAGE
            and volume.silent >= MOST_PERIODS_BY_AVERAGE
            and volume.silence is Silence.UNREAD
        ),
        silence=volume.silence,
        bridged=Energy.total(volume.bridged) if volume.bridged else None,
        recalculation=_settled(charge),
    )


def bill_snapshot(bill: MonthBill, vat_rate: int | None) -> Snapshot:
    """Return what a bill of our own keeps: orders, benefits and penalties as well."""
    return replace(
        snapshot_of(bill.charge),
        orders=bill.orders,
        benefits=bill.benefits,
        penalties=tuple(_penalty_part(line) for line in bill.penalties),
        vat_rate=vat_rate,
    )


def _penalty_part(line: PenaltyLine) -> PenaltyPart:
    return PenaltyPart(
        month=line.month,
        total=line.total,
        before=line.before,
        days=tuple(
            PenaltyDays(
                first=accrual.days.starts,
                count=accrual.count,
                base=accrual.base,
                rate=accrual.rate,
                part=f"{accrual.part.numerator}/{accrual.part.denominator}",
            )
            for accrual in line.accruals
        ),
    )


def _registers(stretch: Stretch) -> Iterator[Register]:
    zones = ZONES[Plan.of_zones(len(stretch.after))]
    rows = zip(zones, stretch.before, stretch.after, stretch.used, strict=True)
    for zone, before, after, used in rows:
        yield Register(
            serial=stretch.serial,
            zone=zone,
            before=before,
            before_on=stretch.before_on,
            after=after,
            after_on=stretch.after_on,
            source=stretch.source,
            turn=_turn(stretch.digits) if after.wh < before.wh else None,
            ratio=stretch.ratio,
            energy=used,
            is_removed=stretch.source is None,
        )


def _turn(digits: int) -> Energy:
    return Energy(10**digits * WH_IN_KWH)


def _settled(charge: MonthCharge) -> Recalculation | None:
    resumed = charge.volume.resumed
    if resumed is None:
        return None
    return Recalculation(
        amount=charge.recalculated,
        lines=charge.settled,
        first=resumed.months[0] if resumed.months else None,
        last=resumed.months[-1] if resumed.months else None,
        measured=Energy.total(resumed.measured),
        counted=Energy.total(resumed.counted),
        act=resumed.act,
    )


def pack(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot as JSON; what a bill does not have is left out."""
    more: dict[str, Any] = {
        "silence": snapshot.silence and str(snapshot.silence),
        "bridged": snapshot.bridged and snapshot.bridged.wh,
        "orders": [pack_order(one) for one in snapshot.orders],
        "benefits": [_pack_benefit(one) for one in snapshot.benefits],
        "penalties": [_pack_penalty(one) for one in snapshot.penalties],
        "vat_rate": snapshot.vat_rate,
    }
    return {name: value for name, value in more.items() if value} | {
        "registers": [_pack_register(one) for one in snapshot.registers],
        "lines": [pack_line(one) for one in snapshot.lines],
        "mean_of": snapshot.mean_of,
        "silent": snapshot.silent,
        "resumed": snapshot.resumed,
        "next_norm": snapshot.next_norm,
        "recalculation": _pack_recalculation(snapshot.recalculation),
    }


def unpack(kept: Mapping[str, Any], *, recalculated: Money) -> Snapshot:
    """Return the snapshot of a bill whose recalculation is this sum, orders included."""
    orders = tuple(unpack_order(one) for one in kept.get("orders", ()))
    settled = recalculated - Money.total(one.amount for one in orders)
    return Snapshot(
        registers=tuple(_register(one) for one in kept.get("registers", ())),
        lines=tuple(unpack_line(one) for one in kept.get("lines", ())),
        mean_of=kept.get("mean_of", 0),
        silent=kept.get("silent", 0),
        resumed=kept.get("resumed", 0),
        next_norm=kept.get("next_norm", False),
        silence=Silence(kept["silence"]) if "silence" in kept else None,
        bridged=Energy(kept["bridged"]) if "bridged" in kept else None,
        benefits=tuple(_benefit(one) for one in kept.get("benefits", ())),
        penalties=tuple(_penalty(one) for one in kept.get("penalties", ())),
        vat_rate=kept.get("vat_rate"),
        recalculation=_recalculation(kept.get("recalculation") or {}, settled),
        orders=orders,
    )


def _pack_benefit(line: BenefitLine) -> dict[str, Any]:
    packed = {
        "title": line.title,
        "percent": line.percent,
        "wh": line.energy.wh,
        "kopecks": line.amount.kopecks,
    }
    return packed | ({"document": line.document} if line.document else {})


def _benefit(kept: Mapping[str, Any]) -> BenefitLine:
    return BenefitLine(
        title=kept["title"],
        percent=kept["percent"],
        energy=Energy(kept["wh"]),
        amount=Money(kept["kopecks"]),
        document=kept.get("document", ""),
    )


def _pack_penalty(part: PenaltyPart) -> dict[str, Any]:
    return {
        "month": part.month.code,
        "total": part.total.kopecks,
        "before": part.before.kopecks,
        "days": [
            [one.first.isoformat(), one.count, one.base.kopecks, one.rate, one.part]
            for one in part.days
        ],
    }


def _penalty(kept: Mapping[str, Any]) -> PenaltyPart:
    return PenaltyPart(
        month=Month.from_code(kept["month"]),
        total=Money(kept["total"]),
        before=Money(kept["before"]),
        days=tuple(
            PenaltyDays(
                first=date.fromisoformat(first),
                count=count,
                base=Money(base),
                rate=rate,
                part=part,
            )
            for first, count, base, rate, part in kept["days"]
        ),
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
        "act": part.act,
        "lines": [pack_line(one) for one in part.lines],
    }


def _recalculation(kept: Mapping[str, Any], amount: Money) -> Recalculation | None:
    """Return the recalculation; the bill's own sum stands, whatever was computed."""
    if not amount and not kept:
        return None
    months = [kept.get(name) for name in ("first", "last")]
    energies = [kept.get(name) for name in ("measured", "counted")]
    first, last = (None if text is None else Month.parse(text) for text in months)
    measured, counted = (None if wh is None else Energy(wh) for wh in energies)
    return Recalculation(
        amount=amount,
        lines=tuple(unpack_line(one) for one in kept.get("lines", ())),
        first=first,
        last=last,
        measured=measured,
        counted=counted,
        act=kept.get("act", ""),
    )
