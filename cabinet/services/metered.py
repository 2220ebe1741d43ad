"""Meters as the domain takes them, read for many accounts at once."""

from collections import defaultdict
from collections.abc import Iterable

from peewee import Expression

from cabinet.domain.energy import Energy
from cabinet.domain.volume import MeterLife, Registers
from cabinet.models import Meter


def meter_lives(which: Expression) -> dict[int, list[MeterLife]]:
    """Return the meters of the accounts that match, in the order they hung."""
    found: dict[int, list[MeterLife]] = defaultdict(list)
    query = (
        Meter.select(
            Meter.account,
            Meter.serial,
            Meter.digits,
            Meter.opening_on,
            Meter.ratio,
            Meter.removed_on,
            Meter.verified_until,
            Meter.opening_t1,
            Meter.opening_t2,
            Meter.opening_t3,
            Meter.closing_t1,
            Meter.closing_t2,
            Meter.closing_t3,
        )
        .where(which)
        .order_by(Meter.opening_on, Meter.id)
        .tuples()
    )
    for row in query:
        account_id, serial, digits, opening_on, ratio, removed_on, until, *shown = row
        found[account_id].append(
            MeterLife(
                serial=serial,
                digits=digits,
                opening_on=opening_on,
                opening=present(shown[:3]),
                ratio=ratio,
                removed_on=removed_on,
                closing=present(shown[3:]) or None,
                verified_until=until,
            )
        )
    return found


def present(registers: Iterable[Energy | None]) -> Registers:
    """Return the registers a meter has."""
    return tuple(register for register in registers if register is not None)
