"""Everything an account measured and was billed, as spans of time for other programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.energy import Energy
from cabinet.domain.period import Month
from cabinet.exchange.green_button import Interval, Register, Summary, Usage
from cabinet.models import Bill
from cabinet.models.base import reading
from cabinet.services.access import AccountCard
from cabinet.services.bills.months import is_shown
from cabinet.services.history import MeterHistory, Recent, history


@dataclass(frozen=True, slots=True)
class Measured:
    """The account and what there is of it."""

    account: AccountCard
    usage: Usage


def measured(user_id: int, account_id: int, *, now: datetime) -> Measured:
    """Return what counted readings and bills tell, from the first to the last.

    Raises AccountNotFoundError, also for a delegate who may only send readings.
    """
    report = history(user_id, account_id, Recent.ALL, is_whole=True, now=now)
    card = report.account
    with reading():
        summaries = tuple(_summaries(card, now))
    offset = card.zone.utcoffset(now.replace(tzinfo=None))
    return Measured(
        account=card,
        usage=Usage(
            key=f"{card.branch_code} {card.account_id}",
            title="cabinet",
            offset_seconds=int(offset.total_seconds()) if offset else 0,
            registers=tuple(
                register
                for meter in reversed(report.meters)
                for register in _registers(meter, card)
            ),
            summaries=summaries,
        ),
    )


def _registers(meter: MeterHistory, card: AccountCard) -> Iterator[Register]:
    """Yield each register that measured anything, its spans in the order of time."""
    is_alone = len(meter.zones) == 1
    for number, zone in enumerate(meter.zones, start=1):
        intervals = tuple(
            _interval(row.used_since or row.month, row.month, figure.used, card)
            for row in reversed(meter.rows)
            for figure in row.zones
            if figure.zone is zone and figure.used is not None
        )
        if intervals:
            zone_number = 0 if is_alone else number
            yield Register(f"{meter.serial} T{number}", zone_number, intervals)


def _summaries(card: AccountCard, now: datetime) -> Iterator[Summary]:
    query = (
        Bill.select(
            Bill.month,
            Bill.volume,
            Bill.charged,
            Bill.recalculated,
            Bill.penalty,
            Bill.benefit,
        )
        .where(Bill.account == card.account_id, Bill.published_at <= now)
        .order_by(Bill.month)
        .tuples()
    )
    for month, volume, charged, recalculated, penalty, benefit in query:
        if is_shown(card, month):
            amount = charged + recalculated + penalty - benefit
            yield Summary(_interval(month, month, volume, card), amount)


def _interval(first: Month, last: Month, energy: Energy, card: AccountCard) -> Interval:
    starts, _ = first.instants(card.zone)
    _, ends = last.instants(card.zone)
    return Interval(starts, ends, energy)
