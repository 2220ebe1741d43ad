"""Payments by day and by the way they came."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from peewee import JOIN, SQL, Case, Cast, Node, fn

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.models import Account, LedgerEntry, Payment
from cabinet.models.base import on_sqlite, reading
from cabinet.services.payments.posting import CHANNEL
from cabinet.services.reports.scope import Scope, hour_of, read_hour, scope_of
from cabinet.services.staff import Member
from cabinet.services.taken_back import stands

#: Where the id stands in the cause of a payment made here: «payment:<id>:<account>».
_ID_FROM, _ID_LENGTH = 9, 36


@dataclass(frozen=True, slots=True)
class Came:
    """How many payments came, and how much."""

    count: int = 0
    amount: Money = field(default_factory=lambda: Money(0))

    def __add__(self, other: "Came") -> "Came":
        return Came(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class PaidDay:
    """A day: what came by each way of the report, and in all."""

    day: date
    ways: tuple[Came, ...]
    all: Came


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """The payments of days; `ways` are the words of the channels there are.

    A payment in the cabinet is told by its method, `card` or `sbp`, any other by the
    channel of its ledger entry.
    """

    scope: Scope
    first: date
    last: date
    ways: tuple[str, ...]
    days: tuple[PaidDay, ...]
    totals: tuple[Came, ...]
    all: Came


def paid_of(
    member: Member, code: str, first: date | None, last: date | None, *, now: datetime
) -> Paid:
    """Return the payments from the first day to the last, this month's without days.

    Raises OfficeNotFoundError.
    """
    with reading():
        scope = scope_of(member, code)
        today = scope.today(now)
        last = last or max(today, first or today)
        first = first or last.replace(day=1)
        return _told(scope, first, last, _rows(scope, first, last))


def paid_between(scope: Scope, first: date, last: date) -> Came:
    """Return what came in the days, inside the open transaction."""
    found = _rows(scope, first, last)
    return sum(found.values(), Came())


def _rows(scope: Scope, first: date, last: date) -> dict[tuple[date, str], Came]:
    """Add up by hours in the database, and the hours to days as each branch has them."""
    query = (
        LedgerEntry.select(
            Account.branch,
            hour_of(LedgerEntry.effective_at).alias("hour"),
            fn.COALESCE(Payment.method, LedgerEntry.channel).coerce(False).alias("way"),
            fn.COUNT(LedgerEntry.id),
            fn.SUM(LedgerEntry.amount),
        )
        .join(Account)
        .switch(LedgerEntry)
        .join(Payment, JOIN.LEFT_OUTER, on=_is_of_payment())
        .where(
            LedgerEntry.kind == EntryKind.PAYMENT,
            stands(),
            scope.within(LedgerEntry.effective_at, first, last, Account.branch),
        )
        .group_by(Account.branch, SQL("hour"), SQL("way"))
    )
    zones = {each.branch_id: each.zone for each in scope.chosen}
    found: dict[tuple[date, str], Came] = defaultdict(Came)
    for branch, hour, way, count, amount in query.tuples():
        day = read_hour(hour).astimezone(zones[branch]).date()
        found[day, way] += Came(count, Money(-int(amount)))
    return found


def _is_of_payment() -> Node:
    """Match the payment of the cabinet that an entry was written for."""
    public_id: Node = fn.SUBSTR(LedgerEntry.cause, _ID_FROM, _ID_LENGTH)
    if on_sqlite():
        public_id = fn.REPLACE(public_id, "-", "")
    else:
        public_id = Cast(public_id, "uuid")
    is_own = (LedgerEntry.channel == CHANNEL) & LedgerEntry.cause.startswith("payment:")
    return Payment.public_id == Case(None, [(is_own, public_id)], None)


def _told(
    scope: Scope, first: date, last: date, found: dict[tuple[date, str], Came]
) -> Paid:
    totals: dict[str, Came] = defaultdict(Came)
    for (_day, way), came in found.items():
        totals[way] += came
    ways = sorted(totals, key=lambda way: (-totals[way].amount.kopecks, way))
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        each = tuple(found.get((day, way), Came()) for way in ways)
        days.append(PaidDay(day, each, sum(each, Came())))
    return Paid(
        scope=scope,
        first=first,
        last=last,
        ways=tuple(ways),
        days=tuple(days),
        totals=tuple(totals[way] for way in ways),
        all=sum(totals.values(), Came()),
    )
