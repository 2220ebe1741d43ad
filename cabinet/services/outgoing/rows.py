"""What stands in a file, row by row, read a chunk of the database at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import Expression, Query, fn

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, MeterStatus, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.outgoing import own_code
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.exchange.outgoing import Row, month_code
from cabinet.exchange.spreadsheet import kwh_cell
from cabinet.models import (
    Account,
    Branch,
    LedgerEntry,
    Meter,
    OutFile,
    OutReading,
    Reading,
)
from cabinet.models.base import lock, reading, writing
from cabinet.services import bulk
from cabinet.services.readings.shown import number_of
from cabinet.services.taken_back import stands

CHUNK = 1000
#: Sources as the registries of readings have them.
SOURCES = {
    ReadingSource.CABINET: "ЛК",
    ReadingSource.GUEST: "ЛК",
    ReadingSource.PROGRAM: "ЛК",
    ReadingSource.PHONE: "телефон",
    ReadingSource.PAPER: "бумага",
    ReadingSource.CASH_DESK: "касса",
    ReadingSource.INSPECTOR: "контролёр",
    ReadingSource.ACT: "акт",
    ReadingSource.ESTIMATE: "расчёт",
    ReadingSource.STAFF: "ЛК",
}
#: A reading in one of these goes to billing.
GOING = (ReadingState.SUBMITTED, ReadingState.ACCEPTED)
CHANNELS = {"registry": "реестр", "card": "карта на сайте"}


@dataclass(frozen=True, slots=True)
class Order:
    """What a file is made of."""

    out_id: int
    branch: Branch
    month: Month
    first: date
    last: date

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of the branch."""
        return ZoneInfo(self.branch.time_zone)


def gather_readings(order: Order, report: Callable[[int], None]) -> None:
    """Put every reading that no file has into this one, a chunk a transaction.

    What came from billing itself is not sent back to it; the database decides that no
    reading goes twice.
    """
    sent = OutReading.select(OutReading.id).where(OutReading.reading == Reading.id)
    query = (
        Reading.select(Reading.id)
        .join(Meter)
        .join(Account)
        .where(
            Account.branch == order.branch,
            Reading.period <= order.month,
            Reading.state.in_(GOING),
            Reading.source != ReadingSource.ESTIMATE,
            Reading.batch.is_null(),
            ~fn.EXISTS(sent),
        )
        .order_by(Reading.id)
        .limit(CHUNK)
    )
    done = 0
    while True:
        with writing():
            ids = [row_id for (row_id,) in query.tuples()]
            # A specialist may just be taking a decision back: what waits again stays.
            still = lock(
                Reading.select(Reading.id).where(
                    Reading.id.in_(ids), Reading.state.in_(GOING)
                )
            )
            rows = [
                {"out": order.out_id, "reading": row_id} for (row_id,) in still.tuples()
            ]
            if rows:
                OutReading.insert_many(rows).on_conflict_ignore().execute()
        done += len(ids)
        report(done)
        if len(ids) < CHUNK:
            return


def readings(order: Order) -> Iterator[Row]:
    """Yield the readings of the file in the order they were put into it."""
    query = (
        OutReading.select(
            OutReading.id,
            Account.number,
            Meter.serial,
            Reading.taken_on,
            Reading.t1,
            Reading.t2,
            Reading.t3,
            Reading.source,
            Reading.period,
            Reading.id,
            Account.holder,
            Account.address,
        )
        .join(Reading)
        .join(Meter)
        .join(Account)
        .where(OutReading.out == order.out_id)
    )
    for row in _pieces(query, OutReading.id):
        number, serial, taken_on, *registers = row[1:7]
        source, period, row_id, holder, address = row[7:]
        yield {
            "account": number,
            "serial": serial,
            "taken_on": taken_on,
            **_registers(registers),
            "source": SOURCES[source],
            "period": f"{period.number:02}.{period.year}",
            "number": number_of(row_id),
            "holder": holder,
            "address": address,
        }


def debts(order: Order, *, has_readings: bool) -> Iterator[list[Any]]:
    """Yield who owes what: account, name, address, month, sum, by template 14-1 readings.

    Template 14-1 goes on with the meter and its last registers, for the payer to give
    new ones with the payment.
    """
    query = Account.select(
        Account.id, Account.number, Account.holder, Account.address, Account.balance
    ).where(
        Account.branch == order.branch,
        Account.kind == AccountKind.HOUSEHOLD,
        Account.balance > Money(0),
    )
    code = month_code(order.month)
    for chunk in bulk.chunks(_pieces(query, Account.id), CHUNK):
        last = _last([row[0] for row in chunk]) if has_readings else {}
        for account_id, number, holder, address, balance in chunk:
            cells = [number, holder, address, code, balance.roubles]
            for meter in last.get(account_id, ()) if has_readings else ():
                cells += [meter.serial, *map(kwh_cell, meter.registers)]
            yield cells


def payments(order: Order) -> Iterator[Row]:
    """Yield the payments of the days, in the order they were posted."""
    starts = datetime.combine(order.first, time(), order.zone).astimezone(UTC)
    after = order.last + timedelta(days=1)
    ends = datetime.combine(after, time(), order.zone).astimezone(UTC)
    query = (
        LedgerEntry.select(
            LedgerEntry.id,
            LedgerEntry.effective_at,
            LedgerEntry.cause,
            Account.number,
            Account.holder,
            LedgerEntry.month,
            LedgerEntry.amount,
            LedgerEntry.channel,
            LedgerEntry.document,
        )
        .join(Account)
        .where(
            Account.branch == order.branch,
            LedgerEntry.kind == EntryKind.PAYMENT,
            LedgerEntry.effective_at >= starts,
            LedgerEntry.effective_at < ends,
            stands(),
        )
    )
    for row in _pieces(query, LedgerEntry.id):
        row_id, at, _cause, number, holder, month, amount, channel, document = row
        local = at.astimezone(order.zone)
        yield {
            "paid_on": local.date(),
            "paid_at": f"{local:%H:%M:%S}",
            "code": own_code(row_id),
            "account": number,
            "holder": holder,
            "month": month_code(month) if month else "",
            "amount": (-amount).roubles,
            "channel": CHANNELS.get(channel, channel),
            "document": document,
        }


def is_awaited(month: Month) -> Expression:
    """Match the meters that a reading of the month is to come from."""
    is_open = Account.closed_on.is_null() | (Account.closed_on > month.starts)
    return (Meter.status == MeterStatus.ACTIVE) & is_open


def has_sent(month: Month) -> Expression:
    """Match the meters that a reading of the month has come from."""
    current = Reading.select(Reading.id).where(
        Reading.meter == Meter.id,
        Reading.period == month,
        Reading.state.in_([*BASE, ReadingState.NEEDS_REVIEW]),
        Reading.source != ReadingSource.ESTIMATE,
    )
    return fn.EXISTS(current)


def silent(order: Order) -> Iterator[Row]:
    """Yield the meters that hang and have no reading of the month, with their last one."""
    query = (
        Meter.select(
            Meter.id,
            Account.id,
            Account.number,
            Account.holder,
            Account.address,
            Account.route,
            Meter.serial,
        )
        .join(Account)
        .where(
            Account.branch == order.branch,
            is_awaited(order.month),
            ~has_sent(order.month),
        )
    )
    for chunk in bulk.chunks(_pieces(query, Meter.id), CHUNK):
        last = _last({row[1] for row in chunk})
        for meter_id, account_id, number, holder, address, route, serial in chunk:
            known = {each.meter_id: each for each in last.get(account_id, ())}
            shown = known.get(meter_id)
            yield {
                "account": number,
                "holder": holder,
                "address": address,
                "route": route,
                "serial": serial,
                "last_on": shown.on if shown else None,
                **_registers(shown.registers if shown else ()),
            }


@dataclass(frozen=True, slots=True)
class _Last:
    """What a meter showed last."""

    meter_id: int
    serial: str
    on: date
    registers: tuple[Energy, ...]


def _last(account_ids: Any) -> dict[int, list[_Last]]:
    """Return the active meters of the accounts with what they showed last."""
    found: dict[int, _Last] = {}
    whose: dict[int, int] = {}
    meters = Meter.select(
        Meter.id,
        Meter.account,
        Meter.serial,
        Meter.opening_on,
        Meter.opening_t1,
        Meter.opening_t2,
        Meter.opening_t3,
    ).where(Meter.account.in_(list(account_ids)), Meter.status == MeterStatus.ACTIVE)
    for meter_id, account_id, serial, on, *registers in meters.tuples():
        whose[meter_id] = account_id
        found[meter_id] = _Last(meter_id, serial, on, _present(registers))
    rows = (
        Reading.select(
            Reading.meter, Reading.taken_on, Reading.t1, Reading.t2, Reading.t3
        )
        .where(
            Reading.meter.in_(list(found)),
            Reading.state.in_(list(BASE)),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .order_by(Reading.taken_on, Reading.id)
    )
    for meter_id, on, *registers in rows.tuples():
        before = found[meter_id]
        if on >= before.on:
            found[meter_id] = _Last(meter_id, before.serial, on, _present(registers))
    by_account: dict[int, list[_Last]] = {}
    for meter_id, last in found.items():
        by_account.setdefault(whose[meter_id], []).append(last)
    return by_account


def _pieces(query: Query, key: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows by their key, a chunk in a transaction: nobody is held for long."""
    after = 0
    while True:
        with reading():
            piece = list(query.where(key > after).order_by(key).limit(CHUNK).tuples())
        yield from piece
        if len(piece) < CHUNK:
            return
        after = piece[-1][0]


def _registers(registers: Any) -> dict[str, Any]:
    return {
        f"t{number}": kwh_cell(one)
        for number, one in enumerate([*registers, None, None, None][:3], start=1)
    }


def _present(registers: Any) -> tuple[Energy, ...]:
    return tuple(one for one in registers if one is not None)


def order_of(row: OutFile) -> Order:
    """Return what a file is made of; without days they are those of its month."""
    options = row.options
    month = row.month
    last_day = month.ends - timedelta(days=1)
    first = (
        date.fromisoformat(options["first"]) if options.get("first") else month.starts
    )
    last = date.fromisoformat(options["last"]) if options.get("last") else last_day
    return Order(row.id, row.branch, month, first, last)
