"""Debts by age: what is unpaid of each month, by the days since it was due.

Which months a debt is made of is what `domain.covering` tells of one account, entry by
entry. Here it is told of all accounts at once, in the database: of each month what it
came to less what was paid for it by name; the rest of the money covers main debts before
penalties and the earliest due first, what has lapsed last. So what is owed now is what
would be covered last. Two things keep it fast: where nothing was owed at some moment of
the last months, older entries tell nothing; and all sums are made where the rows are.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN, SQL, Case, Expression, Node, fn

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.covering import lapsed_on
from cabinet.domain.money import Money
from cabinet.domain.reports import LAST_DAYS, Age
from cabinet.models import Account, Allocation, Bill, LedgerEntry
from cabinet.models.base import on_sqlite, reading
from cabinet.services.reports.scope import Scope, month_of, scope_of
from cabinet.services.staff import Member
from cabinet.services.taken_back import stands

#: Within so many days nearly everybody owed nothing at some moment.
RECENT = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class Aged:
    """What is owed of one age: how much, of it penalties, and by how many accounts."""

    age: Age
    amount: Money
    penalty: Money
    accounts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Debts:
    """What all accounts of the branches owe today."""

    scope: Scope
    today: date
    ages: tuple[Aged, ...]
    amount: Money
    accounts: int

    @property
    def overdue(self) -> Money:
        """Return what should have been paid before today."""
        return Money.total(
            each.amount for each in self.ages if each.age is not Age.NOT_DUE
        )


def debts_of(member: Member, code: str, *, now: datetime) -> Debts:
    """Return what is owed by age; raises OfficeNotFoundError."""
    with reading():
        scope = scope_of(member, code)
        today = scope.today(now)
        amount, accounts = owed(scope)
        found = {row.age: row for row in _aged(scope, today, now)}
    nothing = Money(0)
    return Debts(
        scope=scope,
        today=today,
        ages=tuple(found.get(age, Aged(age, nothing, nothing, 0)) for age in Age),
        amount=amount,
        accounts=accounts,
    )


def owed(scope: Scope) -> tuple[Money, int]:
    """Return what is owed in all and by how many accounts, in the open transaction."""
    amount, accounts = (
        Account.select(fn.SUM(Account.balance), fn.COUNT(Account.id))
        .where(Account.branch.in_(scope.ids), Account.balance > Money(0))
        .tuples()
        .first()
    )
    return Money(int(amount or 0)), accounts


def _aged(scope: Scope, today: date, now: datetime) -> list[Aged]:
    clean = _clean(scope, now)
    parts = _parts(scope, clean, now)
    unpaid = _unpaid(parts, today)
    age = Case(
        None,
        [
            (unpaid.c.due >= _day(today - timedelta(days=last)), str(age))
            for age, last in LAST_DAYS.items()
        ],
        str(Age.OLDER),
    )
    penalty = Case(None, [(unpaid.c.is_penalty == 1, unpaid.c.amount)], 0)
    query = (
        LedgerEntry.select(
            age.alias("age"),
            fn.SUM(unpaid.c.amount),
            fn.SUM(penalty),
            fn.COUNT(unpaid.c.account.distinct()),
        )
        .from_(unpaid)
        .where(unpaid.c.amount > 0)
        .group_by(SQL("age"))
    )
    return [
        Aged(Age(name), Money(int(amount)), Money(int(fine)), accounts)
        for name, amount, fine, accounts in query.tuples()
    ]


def _owing(scope: Scope) -> list[Expression]:
    return [Account.branch.in_(scope.ids), Account.balance > Money(0), stands()]


def _clean(scope: Scope, now: datetime) -> Any:
    """Return since when each account owes without a pause, where that is not long.

    What the balance was before a moment is what it is now less what came from then on.
    """
    later = fn.SUM(LedgerEntry.amount).over(
        partition_by=[LedgerEntry.account], order_by=[LedgerEntry.effective_at.desc()]
    )
    recent = (
        LedgerEntry.select(
            LedgerEntry.account.alias("account"),
            LedgerEntry.effective_at.alias("at"),
            (Account.balance - later).alias("before"),
        )
        .join(Account)
        .where(*_owing(scope), LedgerEntry.effective_at >= now - RECENT)
    ).alias("recent")
    return (
        LedgerEntry.select(
            recent.c.account.alias("account"), fn.MAX(recent.c.at).alias("since")
        )
        .from_(recent)
        .where(recent.c.before <= 0)
        .group_by(recent.c.account)
    ).alias("clean")


def _parts(scope: Scope, clean: Any, now: datetime) -> Any:
    """Return what each month came to less what was paid for it by name.

    Money that names no month makes a part of none, which is below zero.
    """
    is_payment = LedgerEntry.kind == EntryKind.PAYMENT
    is_penalty = Case(None, [(LedgerEntry.kind == EntryKind.PENALTY, 1)], 0)
    day = fn.COALESCE(
        _day_of(Bill.due_on), scope.local_day(LedgerEntry.effective_at, now)
    ).coerce(False)
    word = (
        Allocation.select(Allocation.month)
        .where(Allocation.entry == LedgerEntry.id)
        .order_by(Allocation.id.desc())
        .limit(1)
    )
    named = fn.COALESCE(word, LedgerEntry.month)
    own = fn.COALESCE(
        LedgerEntry.month, month_of(scope.local_day(LedgerEntry.effective_at, now))
    )
    return (
        LedgerEntry.select(
            LedgerEntry.account.alias("account"),
            Account.balance.alias("balance"),
            is_penalty.alias("is_penalty"),
            Case(None, [(is_payment, named)], own).alias("part"),
            fn.SUM(LedgerEntry.amount).alias("amount"),
            fn.MIN(Case(None, [(is_payment, None)], day)).alias("due"),
        )
        .join(Account)
        .switch(LedgerEntry)
        .join(Bill, JOIN.LEFT_OUTER, on=(LedgerEntry.bill == Bill.id))
        .switch(LedgerEntry)
        .join(clean, JOIN.LEFT_OUTER, on=(clean.c.account == LedgerEntry.account))
        .where(
            *_owing(scope),
            clean.c.since.is_null() | (LedgerEntry.effective_at >= clean.c.since),
        )
        .group_by(LedgerEntry.account, Account.balance, SQL("is_penalty"), SQL("part"))
    ).alias("parts")


def _unpaid(parts: Any, today: date) -> Any:
    """Return what is unpaid of each part: what is owed, from what is covered last on."""
    is_lapsed = Case(None, [(parts.c.due < _day(lapsed_on(today)), 1)], 0)
    later = fn.SUM(parts.c.amount).over(
        partition_by=[parts.c.account],
        order_by=[
            parts.c.is_penalty.desc(),
            is_lapsed.desc(),
            parts.c.due.desc(),
            parts.c.part.desc(),
        ],
    )
    walked = (
        LedgerEntry.select(
            parts.c.account.alias("account"),
            parts.c.is_penalty.alias("is_penalty"),
            parts.c.due.alias("due"),
            parts.c.amount.alias("whole"),
            (parts.c.balance - later + parts.c.amount).alias("left"),
        )
        .from_(parts)
        .where(parts.c.amount > 0)
    ).alias("walked")
    amount = Case(
        None, [(walked.c.left < walked.c.whole, walked.c.left)], walked.c.whole
    )
    return (
        LedgerEntry.select(
            walked.c.account.alias("account"),
            walked.c.is_penalty.alias("is_penalty"),
            walked.c.due.alias("due"),
            amount.alias("amount"),
        ).from_(walked)
    ).alias("unpaid")


def _day_of(field: Any) -> Node:
    """Return the SQL of a day as text."""
    return field if on_sqlite() else fn.TO_CHAR(field, "YYYY-MM-DD")


def _day(day: date) -> str:
    return day.isoformat()
