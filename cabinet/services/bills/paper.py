"""Receipts on paper: who gets one, and in which order they are carried out.

Whoever agreed to be told by mail that a receipt is ready, has the account as its owner and
an address that takes mail gets none; everybody else does.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import IO
from zoneinfo import ZoneInfo

from peewee import Expression, fn

from cabinet.domain.delivery import route_key, walk_key
from cabinet.domain.people import AccessLevel, LetterKind
from cabinet.domain.period import Month, local_day
from cabinet.models import (
    Account,
    AccountAccess,
    Bill,
    Branch,
    Subscription,
    User,
)
from cabinet.models.base import reading
from cabinet.services import subscriptions
from cabinet.services.bills.document import receipt_of
from cabinet.services.bills.receipt import Receipt

#: Accounts of one read.
CHUNK = 1000
#: Accounts that are sorted in memory; more lie in files that are merged.
RUN = 50_000


class NoReceipts(LookupError):
    """The branch has no published bill of the month."""


class BranchUnknown(LookupError):
    """There is no branch of this code."""


@dataclass(frozen=True, slots=True)
class Stop:
    """An account on a route whose receipt is carried out."""

    route: str
    account_id: int


def find_branch(code: str) -> Branch:
    """Return the branch; raises BranchUnknown."""
    with reading():
        branch: Branch | None = Branch.get_or_none(Branch.code == code)
    if branch is None:
        raise BranchUnknown(code)
    return branch


def stops(branch: Branch, month: Month, *, now: datetime) -> Iterator[Stop]:
    """Yield who gets the month's receipt on paper, route by route, as a postman goes.

    Memory does not grow with their number: sorted runs lie in files that have no name.
    Raises NoReceipts.
    """
    rows = _rows(branch, month, now)
    runs: list[IO[str]] = []
    try:
        while lines := [_line(*row) for row in islice(rows, RUN)]:
            runs.append(_kept(sorted(lines)))
        if not runs and not _has_bills(branch, month, now):
            raise NoReceipts(str(month))
        for line in merge(*runs):
            _route_key, _walk_key, account_id, route = line.rstrip("\n").split("\t")
            yield Stop(route, int(account_id))
    finally:
        for run in runs:
            run.close()


def receipts(
    account_ids: Sequence[int], branch: Branch, month: Month, *, now: datetime
) -> Iterator[Receipt]:
    """Yield the month's receipts of the accounts, in their order."""
    zone = ZoneInfo(branch.time_zone)
    for first in range(0, len(account_ids), CHUNK):
        chunk = account_ids[first : first + CHUNK]
        with reading():
            found = {
                bill.account_id: receipt_of(bill, zone=zone)
                for bill in Bill.select(Bill, Account, Branch)
                .join(Account)
                .join(Branch)
                .where(
                    Bill.account.in_(chunk),
                    Bill.month == month,
                    Bill.published_at <= now,
                )
            }
        for account_id in chunk:
            yield found[account_id]


def _rows(
    branch: Branch, month: Month, now: datetime
) -> Iterator[tuple[int, str, str]]:
    """Yield accounts with a receipt that nobody gets by mail: id, route, address."""
    last_id = 0
    while True:
        with reading():
            rows = list(
                Account.select(Account.id, Account.route, Account.address)
                .join(Bill, on=(Bill.account == Account.id))
                .where(
                    Account.branch == branch,
                    Account.id > last_id,
                    *_shown(month, now),
                    ~_is_by_mail(branch, now),
                )
                .order_by(Account.id)
                .limit(CHUNK)
                .tuples()
            )
        yield from rows
        if len(rows) < CHUNK:
            return
        last_id = rows[-1][0]


def _has_bills(branch: Branch, month: Month, now: datetime) -> bool:
    with reading():
        query = (
            Bill.select(Bill.id)
            .join(Account)
            .where(Account.branch == branch, *_shown(month, now))
        )
        return bool(query.exists())


def _shown(month: Month, now: datetime) -> tuple[Expression, ...]:
    return Bill.month == month, Bill.published_at <= now


def _is_by_mail(branch: Branch, now: datetime) -> Expression:
    """Match accounts whose owner is written to when a receipt is ready."""
    today = local_day(now, ZoneInfo(branch.time_zone))
    return fn.EXISTS(
        Subscription.select(Subscription.id)
        .join(User, on=(Subscription.user == User.id))
        .join(
            AccountAccess,
            on=(
                (AccountAccess.user == Subscription.user)
                & (AccountAccess.account == Subscription.account)
            ),
        )
        .where(
            Subscription.account == Account.id,
            Subscription.kind == LetterKind.BILL,
            Subscription.ended_at.is_null(),
            subscriptions.are_reached(),
            AccountAccess.ended_at.is_null(),
            AccountAccess.level == AccessLevel.FULL,
            AccountAccess.granted_by.is_null(),
            AccountAccess.until.is_null() | (AccountAccess.until > today),
        )
    )


def _line(account_id: int, route: str, address: str) -> str:
    keys = (route_key(route), walk_key(address))
    return "\t".join((*keys, str(account_id), route)) + "\n"


def _kept(lines: list[str]) -> IO[str]:
    """Return a file with the lines, to be read from its beginning."""
    # Closed by who reads it: it is read long after this function.
    file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
    file.writelines(lines)
    file.seek(0)
    return file
