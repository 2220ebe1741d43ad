"""The report: what was owed, what came and went, what is owed now.

An entry stands on the day of its effective moment, as the clocks of the branch show it.
What is dated before the access begins is neither shown nor counted: for who came later
the account begins with nothing owed.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from peewee import Expression, Query, fn

from cabinet.domain.allocation import Part
from cabinet.domain.billing import Order
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.domain.statement import balances
from cabinet.models import Bill, LedgerEntry
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access
from cabinet.services.billing.orders import taken_by
from cabinet.services.bills.months import is_shown
from cabinet.services.history import Days, Recent
from cabinet.services.statement.covers import covers
from cabinet.services.statement.own_payments import with_own_payments
from cabinet.services.statement.shown import KindTotal, Statement, StatementRow

#: Rows that a page holds at once.
PIECE = 40

_DAY = timedelta(days=1)


def statement(
    user_id: int,
    account_id: int,
    period: Days | Recent,
    *,
    page: int = 1,
    is_whole: bool = False,
    now: datetime,
) -> Statement:
    """Return the charges and payments of the period.

    Rows are the newest `PIECE` of it, or an older `page` of so many, or all. Raises
    AccountNotFoundError, also for a delegate who may only send readings.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        made = statement_of(card, period, page=page, is_whole=is_whole, now=now)
        return replace(made, rows=with_own_payments(made.rows, user_id))


def statement_of(
    card: AccountCard,
    period: Days | Recent,
    *,
    page: int = 1,
    is_whole: bool = False,
    now: datetime,
) -> Statement:
    """Return the statement inside a transaction that is already open."""
    known = _Known.of(card, now)
    starts, ends = known.days(period)
    first, after = known.clamped(starts), known.clamped(min(ends, known.last) + _DAY)
    inside = (
        *_mine(card),
        _from(first, card),
        LedgerEntry.effective_at < _at(after, card),
    )
    opening = _sum(*_mine(card), LedgerEntry.effective_at < _at(first, card))
    totals = _totals(inside)
    closing = opening + Money.total(one.amount for one in totals)
    count = sum(one.rows for one in totals)
    page = 1 if is_whole else min(max(page, 1), max(-(-count // PIECE), 1))
    newer = (page - 1) * PIECE
    entries = _entries(inside, now)
    if not is_whole:
        entries = entries.offset(newer).limit(PIECE)
    # The newest come first from the database, the oldest stand first in a statement.
    found = list(entries.dicts())[::-1]
    page_closing = closing - _newer(inside, newer)
    page_opening = page_closing - Money.total(one["amount"] for one in found)
    amounts = [one["amount"] for one in found]
    has_payments = any(one["kind"] is EntryKind.PAYMENT for one in found)
    covered = covers(card.zone, _mine(card)) if has_payments else {}
    ordered = taken_by(
        {one["bill"] for one in found if one["kind"] is EntryKind.RECALCULATION}
    )
    rows = tuple(
        _row(
            one,
            balance,
            card,
            covered.get(one["id"], ()),
            ordered.get(one["bill"], ()),
        )
        for one, balance in zip(found, balances(page_opening, amounts), strict=True)
    )
    return Statement(
        account=card,
        starts=starts,
        ends=ends,
        opening=opening,
        closing=closing,
        totals=totals,
        page=page,
        page_opening=page_opening,
        page_closing=page_closing,
        rows=rows,
        older=count - newer - len(rows),
        first_day=known.first if known.has_any else None,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """The days of the oldest and of the newest entry, today at least."""

    first: date
    last: date
    has_any: bool

    @classmethod
    def of(cls, card: AccountCard, now: datetime) -> "_Known":
        today = local_day(now, card.zone)
        # One by one: an index gives each at once, both together are read row by row.
        oldest, newest = (
            LedgerEntry.select(LedgerEntry.effective_at)
            .where(*_mine(card))
            .order_by(order)
            .limit(1)
            .scalar()
            for order in (
                LedgerEntry.effective_at.asc(),
                LedgerEntry.effective_at.desc(),
            )
        )
        if oldest is None:
            return cls(today, today, has_any=False)
        return cls(
            min(local_day(oldest, card.zone), today),
            max(local_day(newest, card.zone), today),
            has_any=True,
        )

    def days(self, period: Days | Recent) -> tuple[date, date]:
        """Return the days asked for, both included."""
        if isinstance(period, Days):
            return period.first, period.last
        if period.value is None:
            return self.first, self.last
        return Month.of(self.last).plus(1 - period.value).starts, self.last

    def clamped(self, day: date) -> date:
        """Return the day, not before the oldest entry and not after all of them."""
        return min(max(day, self.first), self.last + _DAY)


def _mine(card: AccountCard) -> tuple[Expression, ...]:
    """Match what the user may see of the account."""
    mine = LedgerEntry.account == card.account_id
    return (mine,) if card.since is None else (mine, _from(card.since, card))


def _from(day: date, card: AccountCard) -> Expression:
    matches: Expression = LedgerEntry.effective_at >= _at(day, card)
    return matches


def _at(day: date, card: AccountCard) -> datetime:
    """Return the moment the day begins at in the branch."""
    return datetime.combine(day, time(), card.zone).astimezone(UTC)


def _sum(*conditions: Expression) -> Money:
    query = LedgerEntry.select(fn.SUM(LedgerEntry.amount)).where(*conditions)
    # Bare kopecks: an int on SQLite, a Decimal on Postgres.
    return Money(int(query.scalar() or 0))


def _totals(inside: tuple[Expression, ...]) -> tuple[KindTotal, ...]:
    """Return the totals of the kinds that have rows, in the order of the kinds."""
    query = (
        LedgerEntry.select(
            LedgerEntry.kind, fn.SUM(LedgerEntry.amount), fn.COUNT(LedgerEntry.id)
        )
        .where(*inside)
        .group_by(LedgerEntry.kind)
        .tuples()
    )
    found = {
        kind: KindTotal(kind, _money(amount), rows) for kind, amount, rows in query
    }
    return tuple(found[kind] for kind in EntryKind if kind in found)


def _money(total: object) -> Money:
    return total if isinstance(total, Money) else Money(int(str(total)))


def _newer(inside: tuple[Expression, ...], count: int) -> Money:
    """Return what the newest so many rows come to."""
    if not count:
        return Money(0)
    newest = _newest_first(
        LedgerEntry.select(LedgerEntry.amount.alias("amount")).where(*inside)
    ).limit(count)
    amounts = [amount for (amount,) in newest.tuples()]
    return Money.total(amounts)


def _newest_first(query: Query) -> Query:
    return query.order_by(LedgerEntry.effective_at.desc(), LedgerEntry.id.desc())


def _entries(inside: tuple[Expression, ...], now: datetime) -> Query:
    """Select the entries, the newest first, with the receipts that are out."""
    out = (
        (LedgerEntry.bill == Bill.id)
        & (Bill.published_at <= now)
        # A bill whose import went back is nobody's.
        & Bill.account.is_null(False)
    )
    return _newest_first(
        LedgerEntry.select(
            LedgerEntry.id,
            LedgerEntry.effective_at,
            LedgerEntry.kind,
            LedgerEntry.amount,
            LedgerEntry.month,
            LedgerEntry.cause,
            LedgerEntry.channel,
            LedgerEntry.document,
            LedgerEntry.bill,
            Bill.month.alias("receipt"),
        )
        .left_outer_join(Bill, on=out)
        .where(*inside)
    )


def _row(
    entry: dict[str, Any],
    balance: Money,
    card: AccountCard,
    parts: tuple[Part, ...],
    ordered: tuple[Order, ...],
) -> StatementRow:
    receipt: Month | None = entry["receipt"]
    return StatementRow(
        at=entry["effective_at"],
        day=local_day(entry["effective_at"], card.zone),
        kind=entry["kind"],
        amount=entry["amount"],
        balance=balance,
        month=entry["month"],
        cause=entry["cause"],
        channel=entry["channel"],
        document=entry["document"],
        receipt=receipt if receipt and is_shown(card, receipt) else None,
        covers=parts,
        orders=ordered if entry["kind"] is EntryKind.RECALCULATION else (),
    )
