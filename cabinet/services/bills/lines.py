"""Lines of a bill and ordered recalculations, as the JSON that is kept with it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from cabinet.domain.billing import Order, OrderReason
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import Line, Zone


def pack_line(line: Line) -> dict[str, Any]:
    """Return a line as JSON: whole watt-hours, micro-roubles, kopecks."""
    packed: dict[str, Any] = {
        "zone": line.zone,
        "range": line.range_number,
        "wh": line.energy.wh,
        "price": line.price.micro,
        "kopecks": line.amount.kopecks,
    }
    if line.days is not None:
        packed["days"] = [day and day.isoformat() for day in _edges(line.days)]
    return packed


def unpack_line(kept: Mapping[str, Any]) -> Line:
    """Return the line that `pack_line` gave."""
    return Line(
        zone=Zone(kept["zone"]),
        range_number=kept["range"],
        energy=Energy(kept["wh"]),
        price=Price(kept["price"]),
        amount=Money(kept["kopecks"]),
        days=Span(*map(date.fromisoformat, kept["days"])) if "days" in kept else None,
    )


def pack_order(order: Order) -> dict[str, Any]:
    """Return an ordered recalculation as JSON."""
    return {
        "reason": order.reason,
        "first": order.first.code,
        "last": order.last.code,
        "kopecks": order.amount.kopecks,
        "document": order.document,
        "document_on": order.document_on.isoformat(),
        "words": order.words,
        "lines": [pack_line(one) for one in order.lines],
    }


def unpack_order(kept: Mapping[str, Any]) -> Order:
    """Return the order that `pack_order` gave."""
    return Order(
        reason=OrderReason(kept["reason"]),
        first=Month.from_code(kept["first"]),
        last=Month.from_code(kept["last"]),
        amount=Money(kept["kopecks"]),
        document=kept["document"],
        document_on=date.fromisoformat(kept["document_on"]),
        words=kept["words"],
        lines=tuple(unpack_line(one) for one in kept["lines"]),
    )


def _edges(days: Span) -> tuple[date, date | None]:
    return days.starts, days.ends
