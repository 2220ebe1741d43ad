"""Looking at a run before it is published: what is unusual, and who gets no bill."""

from collections.abc import Iterator
from dataclasses import dataclass

from peewee import JOIN, fn

from cabinet.domain.billing.run import Hold, Oddity, RunState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, BillDraft, BillHold, BillSlice
from cabinet.models.base import reading
from cabinet.services.billing import runs
from cabinet.services.billing.preview import Preview, unpack_missing
from cabinet.services.billing.terms import Missing

#: Rows that are read at once.
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OddBill:
    """A draft worth a look; `before` is what the month before was charged, if it was."""

    account_id: int
    number: str
    charged: Money
    before: Money | None
    oddities: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccount:
    """An account that gets no bill; `details` name the meter or the month."""

    account_id: int
    number: str
    reason: Hold
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShown:
    """A run as it is shown: figures of its drafts while it has any."""

    run_id: int
    branch: str
    month: Month
    state: RunState
    accounts: int
    done: int
    held: int
    odd: int
    charged: Money
    closing: Money
    missing: tuple[Missing, ...]


def shown(run_id: int) -> RunShown:
    """Return the run with the figures of its drafts."""
    with reading():
        row = runs.with_branch(run_id)
        done, held = (
            BillSlice.select(fn.SUM(BillSlice.issued), fn.SUM(BillSlice.held))
            .where(BillSlice.run == run_id)
            .tuples()
            .get()
        )
        drafts = BillDraft.run == run_id
        charged, closing = (
            BillDraft.select(fn.SUM(BillDraft.charged), fn.SUM(BillDraft.closing))
            .where(drafts)
            .tuples()
            .get()
        )
        odd = BillDraft.select().where(drafts, BillDraft.oddities != "").count()
        return RunShown(
            run_id=run_id,
            branch=row.branch.name,
            month=row.month,
            state=row.state,
            accounts=row.counts.get("accounts", 0),
            done=int(done or 0),
            held=int(held or 0),
            odd=odd,
            charged=_money(charged),
            closing=_money(closing),
            missing=tuple(unpack_missing(one) for one in row.missing),
        )


def _money(total: object) -> Money:
    if isinstance(total, Money):
        return total
    return Money(int(str(total or 0)))


def odd_bills(run_id: int, month: Month) -> Iterator[OddBill]:
    """Yield the unusual drafts of a run by account, a page of them at a time."""
    last = 0
    while rows := _odd(run_id, month, last):
        yield from rows
        last = rows[-1].account_id


def held_accounts(run_id: int) -> Iterator[HeldAccount]:
    """Yield the accounts that a run holds back, a page of them at a time."""
    last = 0
    while rows := _held(run_id, last):
        yield from rows
        last = rows[-1].account_id


def _odd(run_id: int, month: Month, after: int) -> list[OddBill]:
    with reading():
        return odd_page(run_id, month, after, PAGE)


def _held(run_id: int, after: int) -> list[HeldAccount]:
    with reading():
        return held_page(run_id, after, PAGE)


def oddest(preview: Preview) -> list[OddBill]:
    """Return the bills of a preview farthest from the month before, farthest first.

    Inside the open transaction. The others are counted only: no row is kept of them.
    """
    ids = [one.account_id for one in preview.oddest]
    query = Account.select(Account.id, Account.number).where(Account.id.in_(ids))
    numbers = dict(query.tuples())
    return [
        OddBill(
            account_id=one.account_id,
            number=numbers[one.account_id],
            charged=Money(one.charged),
            before=None if one.before is None else Money(one.before),
            oddities=one.oddities,
        )
        for one in preview.oddest
        if one.account_id in numbers
    ]


def odd_page(run_id: int, month: Month, after: int, size: int) -> list[OddBill]:
    """Return the next unusual drafts by account, inside the open transaction."""
    earlier = (Bill.account == BillDraft.account) & (Bill.month == month.previous)
    query = (
        BillDraft.select(
            BillDraft.account,
            Account.number,
            BillDraft.charged,
            Bill.charged,
            BillDraft.oddities,
        )
        .join_from(BillDraft, Account)
        .join_from(BillDraft, Bill, JOIN.LEFT_OUTER, on=earlier)
        .where(
            BillDraft.run == run_id,
            BillDraft.account > after,
            BillDraft.oddities != "",
        )
        .order_by(BillDraft.account)
        .limit(size)
        .tuples()
    )
    return [
        OddBill(
            account_id=account_id,
            number=number,
            charged=charged,
            before=before,
            oddities=tuple(Oddity(word) for word in words.split()),
        )
        for account_id, number, charged, before, words in query
    ]


def held_page(run_id: int, after: int, size: int) -> list[HeldAccount]:
    """Return the next accounts without a draft, inside the open transaction."""
    query = (
        BillHold.select(
            BillHold.account, Account.number, BillHold.reason, BillHold.details
        )
        .join(Account)
        .where(BillHold.run == run_id, BillHold.account > after)
        .order_by(BillHold.account)
        .limit(size)
        .tuples()
    )
    return [
        HeldAccount(
            account_id=account_id,
            number=number,
            reason=Hold(reason),
            details=details,
        )
        for account_id, number, reason, details in query
    ]
