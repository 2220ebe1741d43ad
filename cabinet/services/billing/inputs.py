"""What the bills of some accounts are made of, read in a few queries for all of them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from peewee import fn

from cabinet.domain.billing import Benefit
from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.domain.volume import Actual, MeterLife
from cabinet.models import Account, Bill, LedgerEntry, Meter, Reading
from cabinet.models import Benefit as BenefitRow
from cabinet.services import balance_changes
from cabinet.services.balance_changes import Entry


class AccountRow(NamedTuple):
    """An account as a bill sees it."""

    account_id: int
    number: str
    category: Category
    residents: int
    norm: Energy | None
    is_heated: bool
    balance: Money
    opened_on: date | None
    closed_on: date | None


class LastBill(NamedTuple):
    """The newest bill of our own before the month."""

    month: Month
    charged: Money
    standing: dict[str, Any]
    published_at: datetime


@dataclass(slots=True)
class Inputs:
    """Everything read of one account; `readings` are those no bill has counted.

    `entries` are those of the ledger from the month's first moment on.
    """

    account: AccountRow
    meters: list[MeterLife] = field(default_factory=list)
    readings: list[Actual] = field(default_factory=list)
    reading_ids: list[int] = field(default_factory=list)
    last_bill: LastBill | None = None
    entries: list[Entry] = field(default_factory=list)
    benefits: list[Benefit] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """The branch and the month that are billed."""

    branch_id: int
    zone: ZoneInfo
    month: Month


def next_accounts(
    place: Place, after: int, last: int, size: int, only: int | None = None
) -> list[AccountRow]:
    """Return the next accounts to be billed, by id, above `after` and up to `last`.

    Those of households that were open in the month and have no bill of it.
    """
    month = place.month
    billed = Bill.select(Bill.id).where(Bill.account == Account.id, Bill.month == month)
    query = Account.select(
        Account.id,
        Account.number,
        Account.category,
        Account.residents,
        Account.norm,
        Account.is_heated,
        Account.balance,
        Account.opened_on,
        Account.closed_on,
    ).where(
        Account.id > after,
        Account.id <= last,
        Account.branch == place.branch_id,
        Account.kind == AccountKind.HOUSEHOLD,
        Account.opened_on.is_null() | (Account.opened_on < month.ends),
        Account.closed_on.is_null() | (Account.closed_on > month.starts),
        ~fn.EXISTS(billed),
    )
    if only is not None:
        query = query.where(Account.id == only)
    rows = query.order_by(Account.id).limit(size).tuples()
    return [AccountRow(*row) for row in rows]


def read(place: Place, accounts: list[AccountRow]) -> list[Inputs]:
    """Return what is known of the accounts, inside the open transaction."""
    found = {row.account_id: Inputs(row) for row in accounts}
    _meters(found)
    _readings(found, place.month)
    _last_bills(found, place.month)
    _entries(found, place)
    _benefits(found, place.month)
    return list(found.values())


def _meters(found: dict[int, Inputs]) -> None:
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
        .where(Meter.account.in_(list(found)))
        .order_by(Meter.opening_on, Meter.id)
        .tuples()
    )
    for (
        account_id,
        serial,
        digits,
        opening_on,
        ratio,
        removed_on,
        until,
        *shown,
    ) in query:
        found[account_id].meters.append(
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


def _readings(found: dict[int, Inputs], month: Month) -> None:
    """Add the readings that wait for a bill: whatever period was theirs, they count now."""
    query = (
        Reading.select(
            Meter.account,
            Reading.id,
            Meter.serial,
            Reading.taken_on,
            Reading.source,
            Reading.act,
            Reading.t1,
            Reading.t2,
            Reading.t3,
        )
        .join(Meter)
        .where(
            Meter.account.in_(list(found)),
            Reading.period <= month,
            Reading.state.in_(list(BASE - {ReadingState.COUNTED})),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .order_by(Reading.id)
        .tuples()
    )
    for account_id, reading_id, serial, taken_on, source, act, *shown in query:
        inputs = found[account_id]
        inputs.reading_ids.append(reading_id)
        inputs.readings.append(
            Actual(
                serial=serial,
                period=month,
                taken_on=taken_on,
                source=source,
                registers=present(shown),
                act=act,
            )
        )


def _last_bills(found: dict[int, Inputs], month: Month) -> None:
    """Add the newest bill of our own: nearly always that of the month before."""
    columns = (Bill.account, Bill.month, Bill.charged, Bill.standing, Bill.published_at)
    own = Bill.standing.is_null(False)
    query = Bill.select(*columns).where(
        Bill.account.in_(list(found)), Bill.month == month.previous, own
    )
    for account_id, *bill in query.tuples():
        found[account_id].last_bill = LastBill(*bill)
    rest = [key for key, inputs in found.items() if inputs.last_bill is None]
    if not rest:
        return
    query = (
        Bill.select(*columns)
        .where(Bill.account.in_(rest), Bill.month < month, own)
        .order_by(Bill.month)
    )
    for account_id, *bill in query.tuples():
        found[account_id].last_bill = LastBill(*bill)


def _entries(found: dict[int, Inputs], place: Place) -> None:
    starts, _ends = place.month.instants(place.zone)
    for entry in balance_changes.entries(
        LedgerEntry.account.in_(list(found)), LedgerEntry.effective_at >= starts
    ):
        found[entry.account_id].entries.append(entry)


def _benefits(found: dict[int, Inputs], month: Month) -> None:
    query = (
        BenefitRow.select()
        .where(
            BenefitRow.account.in_(list(found)),
            BenefitRow.starts <= month.starts,
            BenefitRow.ends.is_null() | (BenefitRow.ends > month.starts),
        )
        .order_by(BenefitRow.id)
    )
    for row in query:
        found[row.account_id].benefits.append(
            Benefit(
                title=row.title,
                percent=row.percent,
                people=row.people,
                starts=row.starts,
                ends=row.ends,
            )
        )


def present(registers: list[Energy | None]) -> tuple[Energy, ...]:
    """Return the registers a meter has."""
    return tuple(register for register in registers if register is not None)
