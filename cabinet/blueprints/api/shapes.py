"""What programs get: money as roubles in text, energy as kilowatt-hours, ISO days."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month
from cabinet.services.access import AccountCard
from cabinet.services.accounts import Overview
from cabinet.services.bills.months import BillMonth
from cabinet.services.history import History
from cabinet.services.readings import Confirmation, MeterForm
from cabinet.services.readings.shown import Preview, Timing
from cabinet.services.statement import Statement

Shape = dict[str, Any]


def money(amount: Money | None) -> str | None:
    """Return roubles with two places as text: a float would lose kopecks."""
    return None if amount is None else f"{amount.roubles:.2f}"


def kwh(energy: Energy | None) -> int | float | None:
    """Return kilowatt-hours, a whole number where they are whole."""
    if energy is None:
        return None
    whole, rest = divmod(energy.wh, WH_IN_KWH)
    return energy.wh / WH_IN_KWH if rest else whole


def day(value: date | None) -> str | None:
    """Return an ISO day."""
    return value.isoformat() if value else None


def month(value: Month | None) -> str | None:
    """Return a month like 2026-10."""
    return str(value) if value else None


def account(card: AccountCard) -> Shape:
    """Return an account: its name in addresses, its number, what may be done."""
    return {
        "id": card.slug,
        "number": card.number,
        "title": card.label,
        "can_see_bills": card.level is AccessLevel.FULL,
        "is_owner": card.is_owner,
        "until": day(card.last_day),
    }


def balance(found: Overview) -> Shape:
    """Return what is owed (below zero: an advance) and the newest bill."""
    last = found.last_bill
    return {
        "balance": money(found.balance),
        "last_bill": last
        and {
            "month": month(last.month),
            "added": money(last.charged),
            "due_on": day(last.due_on),
            "is_overdue": last.is_overdue,
        },
        "next_bill_on": day(found.next_bill_on),
    }


def window(card: AccountCard, today: date) -> Shape:
    """Return the days readings are taken in, and whether today is one of them."""
    period = card.window.period_of(today)
    return {
        "is_open": card.window.is_open(today),
        "month": month(period),
        "opens_on": day(card.window.opens_on(period)),
        "closes_on": day(card.window.closes_on(period)),
        "days_left": card.window.days_left(today),
    }


def meter(form: MeterForm) -> Shape:
    """Return a meter, its registers and what is taken for the month already."""
    current = form.current
    return {
        "id": str(form.public_id),
        "serial": form.serial,
        "model": form.model,
        "place": form.place,
        "digits": form.digits,
        "takes_readings": form.closed is None,
        "registers": [
            {
                "name": f"t{field.number}",
                "zone": str(field.zone),
                "last": kwh(field.last),
            }
            for field in form.zones
        ],
        "last_on": day(form.last_on),
        "month": _timing(form.timing),
        "current": current
        and {
            "id": str(current.public_id),
            "number": current.number,
            "received_at": current.received_at.isoformat(),
            "state": str(current.state),
            "registers": _registers(current.registers),
        },
    }


def _timing(timing: Timing) -> Shape:
    return {
        "month": month(timing.month),
        "phase": str(timing.phase),
        "closes_on": day(timing.closes_on),
    }


def readings(found: History) -> list[Shape]:
    """Return the readings of the period, meter by meter, the newest first."""
    return [
        {
            "meter": shown.serial,
            "month": month(row.month),
            "taken_on": day(row.taken_on),
            "state": row.state and str(row.state),
            "source": row.source and str(row.source),
            "counted_in": month(row.counted_in),
            "registers": {f"t{zone.number}": kwh(zone.register) for zone in row.zones},
            "used": kwh(row.used),
            "used_a_year_ago": kwh(row.before),
        }
        for shown in found.meters
        for row in shown.rows
        if row.zones
    ]


def taken(found: Confirmation) -> Shape:
    """Return a reading that was taken."""
    return {
        "id": str(found.public_id),
        "number": found.number,
        "meter": str(found.meter_id),
        "month": month(found.month),
        "state": str(found.state),
        "received_at": found.received_at.isoformat(),
        "registers": {f"t{zone.number}": kwh(zone.register) for zone in found.zones},
        "used": kwh(found.used),
        "estimate": found.estimate and money(found.estimate.total),
    }


def question(preview: Preview) -> Shape:
    """Return what is asked of a reading and which answers there are."""
    return {
        "question": str(preview.asked.question),
        "zones": [str(zone) for zone in preview.asked.zones],
        "used": kwh(preview.used),
        "answers": [
            {
                "answer": str(way.answer),
                "registers": _registers(way.registers),
                "used": kwh(way.used),
            }
            for way in preview.ways
        ],
    }


def bills(found: Iterable[BillMonth]) -> list[Shape]:
    """Return the months that have a bill, the newest first."""
    return [{"month": month(one.month), "added": money(one.added)} for one in found]


def movements(found: Statement) -> Shape:
    """Return what changed the balance in the period, the oldest first."""
    return {
        "from": day(found.starts),
        "to": day(found.ends),
        "opening": money(found.opening),
        "closing": money(found.closing),
        "rows": [
            {
                "on": day(row.day),
                "kind": str(row.kind),
                "amount": money(row.amount),
                "balance": money(row.balance),
                "month": month(row.month),
            }
            for row in found.rows
        ],
    }


def _registers(registers: Iterable[Energy]) -> Shape:
    return {
        f"t{number}": kwh(register)
        for number, register in enumerate(registers, start=1)
    }
