"""What the bills of some accounts are made of, read in a few queries for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from peewee import Expression, ForeignKeyField, fn

from cabinet.domain.billing import Benefit, Order
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category, Plan
from cabinet.domain.volume import Actual, MeterLife
from cabinet.models import (
    Account,
    Bill,
    Branch,
    LedgerEntry,
    Meter,
    Reading,
    RecalculationOrder,
    hot,
)
from cabinet.models import Benefit as BenefitRow
from cabinet.models.base import on_sqlite
from cabinet.services import balance_changes, bulk
from cabinet.services.balance_changes import Entry
from cabinet.services.billing import orders
from cabinet.services.metered import meter_lives, reading_rows, waits_for_a_bill

#: A span of ids this many times as long as the list is read whole.
_SPARSE = 2


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

    `before` is what the month before was charged, whoever billed it. `entries` are those
    of the ledger from the month's first moment on. `plan` is one to
    be priced by in place of the meter's, which nobody is billed by. `orders` are ordered
    recalculations that wait for a bill.
    """

    account: AccountRow
    meters: list[MeterLife] = field(default_factory=list)
    readings: list[Actual] = field(default_factory=list)
    reading_ids: list[int] = field(default_factory=list)
    last_bill: LastBill | None = None
    before: Money | None = None
    entries: list[Entry] = field(default_factory=list)
    benefits: list[Benefit] = field(default_factory=list)
    plan: Plan | None = None
    orders: list[Order] = field(default_factory=list)
    order_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """The branch and the month that are billed.

    `settles_norm` tells whether readings that come again settle months by the norm too.
    """

    branch_id: int
    zone: ZoneInfo
    month: Month
    settles_norm: bool

    @classmethod
    def of(cls, branch: Branch, month: Month) -> "Place":
        """Return the month of a branch, by its own settings."""
        return cls(
            branch_id=branch.id,
            zone=ZoneInfo(branch.time_zone),
            month=month,
            settles_norm=branch.settles_norm,
        )


def next_accounts(
    place: Place,
    after: int,
    last: int,
    size: int,
    *,
    only: int | None = None,
    is_held: bool = False,
) -> list[AccountRow]:
    """Return the next accounts to be billed, by id, above `after` and up to `last`.

    Those of households that have no bill of it: open in the month, or closed before and
    still in debt, which goes on costing penalties (Housing Code, 155 part 14). What
    `is_held` has its balance and its entries as they are now until the open transaction
    ends: money that comes meanwhile waits, or a balance of before would stand beside
    entries of after.
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
        Account.closed_on.is_null()
        | (Account.closed_on > month.starts)
        | _owes_after_closing(month),
        ~fn.EXISTS(billed),
    )
    if only is not None:
        query = query.where(Account.id == only)
    query = query.order_by(Account.id).limit(size)
    if is_held and not on_sqlite():
        query = query.for_update("FOR NO KEY UPDATE")
    return hot.read(query, AccountRow)


def _owes_after_closing(month: Month) -> Expression:
    """Match closed accounts that get a bill of the month all the same.

    They owe something, or did at the end of the month before: what was paid within the
    month cost penalties up to that day. An order that waits has no other bill. No month
    before the newest bill is made up for: its penalties are counted in that.
    """
    before = Bill.select(Bill.id).where(
        Bill.account == Account.id,
        Bill.month == month.previous,
        Bill.closing > Money(0),
    )
    later = Bill.select(Bill.id).where(Bill.account == Account.id, Bill.month > month)
    owes: Expression = (
        (Account.balance > Money(0))
        | fn.EXISTS(before)
        | fn.EXISTS(orders.waiting_of(Account.id, month))
    ) & ~fn.EXISTS(later)
    return owes


def read(place: Place, accounts: list[AccountRow]) -> list[Inputs]:
    """Return what is known of the accounts, inside the open transaction."""
    found = {row.account_id: Inputs(row) for row in accounts}
    for account_id, meters in meter_lives(among(Meter.account, found)).items():
        if account_id in found:
            found[account_id].meters = meters
    _readings(found, place.month)
    _last_bills(found, place.month)
    _entries(found, place)
    _benefits(found, place.month)
    _orders(found, place.month)
    return list(found.values())


def among(field: ForeignKeyField, account_ids: Iterable[int]) -> Expression:
    """Match the accounts, told by rising ids.

    Where few others are between the first and the last, all between them match: a long
    list of ids costs more to write down than some rows too many to read.
    """
    ids = list(account_ids)
    first, last = ids[0], ids[-1]
    if last - first < _SPARSE * len(ids):
        return field.between(first, last)
    return bulk.among(field, ids)


def _readings(found: dict[int, Inputs], month: Month) -> None:
    """Add the readings that wait for a bill: whatever period was theirs, they count now."""
    for row in reading_rows(
        among(Meter.account, found),
        Reading.period <= month,
        waits_for_a_bill(),
    ):
        inputs = found.get(row.account_id)
        if inputs is not None:
            inputs.reading_ids.append(row.reading_id)
            inputs.readings.append(row.counting_in(month))


def _last_bills(found: dict[int, Inputs], month: Month) -> None:
    """Add the newest bill of our own: nearly always that of the month before.

    What another system charged in that month is kept to compare with.
    """
    columns = (Bill.account, Bill.month, Bill.charged, Bill.standing, Bill.published_at)
    own = Bill.standing.is_null(False)
    query = Bill.select(*columns).where(
        among(Bill.account, found), Bill.month == month.previous
    )
    for account_id, *row in hot.read(query):
        if account_id in found:
            bill = LastBill(*row)
            found[account_id].before = bill.charged
            if bill.standing is not None:
                found[account_id].last_bill = bill
    rest = [key for key, inputs in found.items() if inputs.last_bill is None]
    if not rest:
        return
    query = (
        Bill.select(*columns)
        .where(bulk.among(Bill.account, rest), Bill.month < month, own)
        .order_by(Bill.month)
    )
    for account_id, *row in query.tuples():
        found[account_id].last_bill = LastBill(*row)


def _entries(found: dict[int, Inputs], place: Place) -> None:
    starts, _ends = place.month.instants(place.zone)
    for entry in balance_changes.entries(
        among(LedgerEntry.account, found), LedgerEntry.effective_at >= starts
    ):
        if entry.account_id in found:
            found[entry.account_id].entries.append(entry)


def _benefits(found: dict[int, Inputs], month: Month) -> None:
    query = (
        BenefitRow.select()
        .where(
            among(BenefitRow.account, found),
            BenefitRow.starts <= month.starts,
            BenefitRow.ends.is_null() | (BenefitRow.ends > month.starts),
        )
        .order_by(BenefitRow.id)
    )
    for row in query:
        if row.account_id not in found:
            continue
        found[row.account_id].benefits.append(
            Benefit(
                title=row.title,
                percent=row.percent,
                people=row.people,
                starts=row.starts,
                ends=row.ends,
                document=row.document,
            )
        )


def _orders(found: dict[int, Inputs], month: Month) -> None:
    """Add the orders that no bill has taken, of months before this one."""
    mine = among(RecalculationOrder.account, found)
    for row in orders.waiting(mine, RecalculationOrder.last < month):
        if row.account_id in found:
            found[row.account_id].order_ids.append(row.id)
            found[row.account_id].orders.append(orders.order_of(row))
