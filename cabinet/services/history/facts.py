"""What the database knows of an account's meters, readings and bills: two queries."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import JOIN

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.readings import Registers
from cabinet.domain.tariff import ZONES, Plan, Zone
from cabinet.models import Bill, Meter, Reading
from cabinet.services.access import AccountCard
from cabinet.services.bills.months import is_shown

_SHOWN = [str(state) for state in (*CURRENT, ReadingState.REJECTED)]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingFacts:
    """A reading that a history may show."""

    period: Month
    registers: Registers
    taken_on: date
    source: ReadingSource
    state: ReadingState
    reason: str
    counted_in: Month | None
    rolled_over: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterFacts:
    """A meter from its first register on, its readings the oldest first."""

    serial: str
    model: str
    place: str
    digits: int
    ratio: int
    zones: tuple[Zone, ...]
    opening_on: date
    opening: Registers
    removed_on: date | None
    closing: Registers | None
    readings: list[ReadingFacts] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BillFacts:
    """What a month was charged."""

    basis: ChargeBasis
    volume: Energy
    added: Money


def meters_of(card: AccountCard) -> list[MeterFacts]:
    """Return the meters of the account in the order they hung, with their readings."""
    on = (Reading.meter == Meter.id) & Reading.state.in_(_SHOWN)
    query = (
        Meter.select(
            Meter.id,
            Meter.serial,
            Meter.model,
            Meter.place,
            Meter.digits,
            Meter.ratio,
            Meter.zones,
            Meter.opening_on,
            Meter.opening_t1,
            Meter.opening_t2,
            Meter.opening_t3,
            Meter.removed_on,
            Meter.closing_t1,
            Meter.closing_t2,
            Meter.closing_t3,
            Reading.period,
            Reading.t1,
            Reading.t2,
            Reading.t3,
            Reading.taken_on,
            Reading.source,
            Reading.state,
            Reading.reason,
            Reading.counted_in,
            Reading.rolled_over,
        )
        .join(Reading, JOIN.LEFT_OUTER, on=on)
        .where(Meter.account == card.account_id)
        .order_by(Meter.opening_on, Meter.id, Reading.period, Reading.id)
    )
    found: dict[int, MeterFacts] = {}
    for meter_id, *row in query.tuples():
        meter = found.get(meter_id) or found.setdefault(meter_id, _meter(row[:14]))
        if row[14] is not None:
            meter.readings.append(_reading(row[14:], len(meter.zones)))
    return list(found.values())


def bills_of(card: AccountCard, *, now: datetime) -> dict[Month, BillFacts]:
    """Return the bills that the customer may see, by month."""
    query = Bill.select(
        Bill.month,
        Bill.basis,
        Bill.volume,
        Bill.charged,
        Bill.recalculated,
        Bill.penalty,
        Bill.benefit,
    ).where(Bill.account == card.account_id, Bill.published_at <= now)
    return {
        month: BillFacts(basis, volume, charged + recalculated + penalty - benefit)
        for month, basis, volume, charged, recalculated, penalty, benefit in (
            query.tuples()
        )
        if is_shown(card, month)
    }


def _meter(row: list[Any]) -> MeterFacts:
    serial, model, place, digits, ratio, zones, opening_on = row[:7]
    removed_on = row[10]
    return MeterFacts(
        serial=serial,
        model=model,
        place=place,
        digits=digits,
        ratio=ratio,
        zones=ZONES[Plan.of_zones(zones)],
        opening_on=opening_on,
        opening=_registers(row[7:10], zones) or (),
        removed_on=removed_on,
        closing=None if removed_on is None else _registers(row[11:14], zones),
    )


def _reading(row: list[Any], zones: int) -> ReadingFacts:
    period, *registers = row[:4]
    taken_on, source, state, reason, counted_in, rolled_over = row[4:]
    return ReadingFacts(
        period=period,
        registers=_registers(registers, zones) or (),
        taken_on=taken_on,
        source=source,
        state=state,
        reason=reason,
        counted_in=counted_in,
        rolled_over=rolled_over,
    )


def _registers(values: list[Energy | None], zones: int) -> Registers | None:
    """Return the registers of all zones, None unless every one is known."""
    found = tuple(value for value in values[:zones] if value is not None)
    return found if len(found) == zones else None
