"""Looking at a run before it is published: what is unusual, and who gets no bill."""

from collections.abc import Iterator
from dataclasses import dataclass

from peewee import JOIN

from cabinet.domain.billing.run import Hold, Oddity
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, BillDraft, BillHold
from cabinet.models.base import reading

#: Rows that are read at once.
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OddBill:
    """A draft worth a look; `before` is what the month before was charged, if it was."""

    account_id: int
    number: str
    basis: ChargeBasis
    energy: Energy
    charged: Money
    recalculated: Money
    before: Money | None
    oddities: tuple[Oddity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccount:
    """An account that gets no bill; `details` name the meter or the month."""

    account_id: int
    number: str
    reason: Hold
    details: str


def odd_bills(run_id: int, month: Month) -> Iterator[OddBill]:
    """Yield the unusual drafts of a run by account, a page of them at a time."""
    last = 0
    while rows := _odd_page(run_id, month, last):
        yield from rows
        last = rows[-1].account_id


def held_accounts(run_id: int) -> Iterator[HeldAccount]:
    """Yield the accounts that a run holds back, a page of them at a time."""
    last = 0
    while rows := _held_page(run_id, last):
        yield from rows
        last = rows[-1].account_id


def _odd_page(run_id: int, month: Month, after: int) -> list[OddBill]:
    earlier = (Bill.account == BillDraft.account) & (Bill.month == month.previous)
    with reading():
        query = (
            BillDraft.select(
                BillDraft.account,
                Account.number,
                BillDraft.basis,
                BillDraft.volume,
                BillDraft.charged,
                BillDraft.recalculated,
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
            .limit(PAGE)
            .tuples()
        )
        return [
            OddBill(
                account_id=account_id,
                number=number,
                basis=basis,
                energy=energy,
                charged=charged,
                recalculated=recalculated,
                before=before,
                oddities=tuple(Oddity(word) for word in words.split()),
            )
            for (
                account_id,
                number,
                basis,
                energy,
                charged,
                recalculated,
                before,
                words,
            ) in query
        ]


def _held_page(run_id: int, after: int) -> list[HeldAccount]:
    with reading():
        query = (
            BillHold.select(
                BillHold.account, Account.number, BillHold.reason, BillHold.details
            )
            .join(Account)
            .where(BillHold.run == run_id, BillHold.account > after)
            .order_by(BillHold.account)
            .limit(PAGE)
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
