"""The rows a reading is judged by, as tuples: they are read with every page of readings."""

from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from peewee import Query, fn

from cabinet.domain.energy import Energy
from cabinet.domain.metering import CURRENT, MeterStatus, ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.models.base import lock
from cabinet.models.hot import Hot
from cabinet.services.readings.told import Told

#: Periods read back for the last actual reading, more than anybody's review lasts.
ENOUGH = 24
#: Among so many of the newest it stands nearly always: this month's and the one before.
FEW = 2


class MeterRow(NamedTuple):
    """A meter with what its account and branch say of its readings.

    `last_id` is the newest of all its readings, `contract_ended_on` the day its account
    was closed.
    """

    id: int
    public_id: UUID
    account_id: int
    serial: str
    model: str
    zones: int
    digits: int
    decimals: int
    ratio: int
    phases: int
    place: str
    installed_on: date | None
    removed_on: date | None
    verified_until: date | None
    opening_on: date
    opening_t1: Energy
    opening_t2: Energy | None
    opening_t3: Energy | None
    closing_t1: Energy | None
    closing_t2: Energy | None
    closing_t3: Energy | None
    status: MeterStatus
    contract_ended_on: date | None
    category: Category
    region: str
    unusual_floor: Energy | None
    last_id: int | None


class ReadingRow(NamedTuple):
    """A reading without what was told when it was sent; `key` is that of its form."""

    id: int
    public_id: UUID
    user_id: int | None
    period: Month
    t1: Energy
    t2: Energy | None
    t3: Energy | None
    taken_on: date
    received_at: datetime
    source: ReadingSource
    state: ReadingState
    act: str
    key: str | None


class FreshReading(NamedTuple):
    """A reading that was added in the open transaction: of it nothing else is known yet."""

    id: int
    public_id: UUID
    user_id: int | None
    period: Month
    t1: Energy
    t2: Energy | None
    t3: Energy | None
    taken_on: date
    received_at: datetime
    source: ReadingSource
    state: ReadingState
    rolled_over: bool
    told: Told
    comment: str
    reason: str
    photo_id: int | None
    supersedes_id: int | None
    reviewed_at: None = None


def _meters(account_id: object) -> Query:
    newest = Reading.select(fn.MAX(Reading.id)).where(Reading.meter == Meter.id)
    return (
        Meter.select(
            Meter.id,
            Meter.public_id,
            Meter.account,
            Meter.serial,
            Meter.model,
            Meter.zones,
            Meter.digits,
            Meter.decimals,
            Meter.ratio,
            Meter.phases,
            Meter.place,
            Meter.installed_on,
            Meter.removed_on,
            Meter.verified_until,
            Meter.opening_on,
            Meter.opening_t1,
            Meter.opening_t2,
            Meter.opening_t3,
            Meter.closing_t1,
            Meter.closing_t2,
            Meter.closing_t3,
            Meter.status,
            Account.closed_on,
            Account.category,
            Branch.region,
            Branch.unusual_floor,
            newest,
        )
        .join(Account)
        .join(Branch)
        .where(Account.id == account_id)
        .order_by(Meter.installed_on.desc(), Meter.id.desc())
        .tuples()
    )


_OF_READING = (
    Reading.id,
    Reading.public_id,
    Reading.user,
    Reading.period,
    Reading.t1,
    Reading.t2,
    Reading.t3,
    Reading.taken_on,
    Reading.received_at,
    Reading.source,
    Reading.state,
    Reading.act,
    Reading.key,
)


def _standing(meter_id: object, most: int) -> Query:
    return (
        Reading.select(*_OF_READING)
        .where(
            Reading.meter == meter_id,
            Reading.state.in_([str(state) for state in CURRENT]),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .order_by(Reading.period.desc(), Reading.taken_on.desc(), Reading.id.desc())
        .limit(most)
        .tuples()
    )


METERS = Hot(_meters, Account.id, row=MeterRow)
RECENT = Hot(partial(_standing, most=FEW), Reading.meter, row=ReadingRow)
STANDING = Hot(partial(_standing, most=ENOUGH), Reading.meter, row=ReadingRow)
RECENT_LOCKED = Hot(
    lambda meter_id: lock(_standing(meter_id, FEW)), Reading.meter, row=ReadingRow
)
STANDING_LOCKED = Hot(
    lambda meter_id: lock(_standing(meter_id, ENOUGH)), Reading.meter, row=ReadingRow
)
WITH_KEYS = Hot(
    lambda meter_id, key, corrected: (
        Reading.select(*_OF_READING)
        .where(
            Reading.meter == meter_id,
            (Reading.key == key) | (Reading.key == corrected),
        )
        .tuples()
    ),
    Reading.meter,
    Reading.key,
    Reading.key,
    row=ReadingRow,
)
