"""Which month a payment is for, when an operator says so (domain.md 2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from peewee import Expression, ModelSelect

from cabinet.domain.allocation import Part
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.errors import NotFound
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Allocation, Branch, LedgerEntry, User
from cabinet.models.base import lock, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of
from cabinet.services.statement.covers import covers
from cabinet.services.taken_back import stands

MAX_REASON = 240

#: The newest payments of an account that are listed, and the months to choose from.
MOST = 40


class EntryNotFound(NotFound):
    """There is no such entry, or its account is in another branch."""


class NotAPayment(EntryNotFound):
    """The entry is no payment: what it covers is not for anybody to say."""


class ReasonMissing(ValueError):
    """No reason was given, or one longer than is kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentShown:
    """A payment of the ledger and the months it covers now; `word` if one was given."""

    entry_id: int
    day: date
    amount: Money
    channel: str
    document: str
    parts: tuple[Part, ...]
    has_word: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountPayments:
    """The newest payments of an account, the newest first."""

    number: str
    holder: str
    payments: tuple[PaymentShown, ...]
    is_cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What somebody said about a payment."""

    at: datetime
    month: Month
    who: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentUpClose:
    """A payment, the words on it from the newest, and the months it may be for."""

    number: str
    holder: str
    zone: ZoneInfo
    payment: PaymentShown
    words: tuple[Word, ...]
    months: tuple[Month, ...]


def payments_of(
    member: Member, number: str, *, actor: Actor, now: datetime
) -> AccountPayments | None:
    """Return the payments of the account and note who looked; None if there is none.

    An account of another branch is as if there were none.
    """
    with writing():
        account = _accounts(member).where(Account.number == number).first()
        if account is None:
            return None
        _note_look(account, actor, now)
        zone = ZoneInfo(account.branch.time_zone)
        query = (
            LedgerEntry.select()
            .where(*_of(account), LedgerEntry.kind == EntryKind.PAYMENT)
            .order_by(LedgerEntry.effective_at.desc(), LedgerEntry.id.desc())
        )
        rows = list(query.limit(MOST + 1))
        return AccountPayments(
            number=account.number,
            holder=account.holder,
            payments=_shown(account, rows[:MOST], zone),
            is_cut=len(rows) > MOST,
        )


def payment_up_close(
    member: Member, entry_id: int, *, actor: Actor, now: datetime
) -> PaymentUpClose:
    """Return one payment and note who looked at whose.

    Raises EntryNotFound, also for an account of another branch and for an entry that
    is no payment.
    """
    with writing():
        entry = _entry(member, entry_id)
        if entry.kind is not EntryKind.PAYMENT:
            raise NotAPayment(entry_id)
        account = entry.account
        _note_look(account, actor, now)
        zone = ZoneInfo(account.branch.time_zone)
        (shown,) = _shown(account, [entry], zone)
        return PaymentUpClose(
            number=account.number,
            holder=account.holder,
            zone=zone,
            payment=shown,
            words=_words(entry_id),
            months=_months(account, Month.of(local_day(now, zone))),
        )


def reallocate(
    member: Member,
    entry_id: int,
    month: Month,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Say that a payment is for the month; the newest word on it wins, once.

    Money stays where it is: the entry and the balance do not change, only which debts
    the payment and those after it cover. Raises EntryNotFound, also for an account of
    another branch, NotAPayment, ReasonMissing.
    """
    reason = " ".join(reason.split())
    with writing():
        entry = _entry(member, entry_id)
        if entry.kind is not EntryKind.PAYMENT:
            raise NotAPayment(entry_id)
        if not 0 < len(reason) <= MAX_REASON:
            raise ReasonMissing(reason)
        said = {"month": month, "made_by": member.user_id, "reason": reason}
        if _is_said(entry, said):
            return
        Allocation.create(entry=entry, at=now, **said)
        audit.record(
            actor,
            "payment.reallocated",
            now=now,
            subject=f"entry:{entry_id}",
            account_id=entry.account_id,
            month=str(month),
        )


def _is_said(entry: LedgerEntry, said: Mapping[str, object]) -> bool:
    """Tell whether the newest word on the payment is this one: the form came twice."""
    lock(LedgerEntry.select(LedgerEntry.id).where(LedgerEntry.id == entry.id)).get()
    words = Allocation.select().where(Allocation.entry == entry)
    newest = words.order_by(Allocation.id.desc()).dicts().first()
    return newest is not None and {name: newest[name] for name in said} == said


def _entry(member: Member, entry_id: int) -> LedgerEntry:
    entry: LedgerEntry | None = (
        LedgerEntry.select(LedgerEntry, Account, Branch)
        .join(Account)
        .join(Branch)
        .where(LedgerEntry.id == entry_id, Account.branch.in_(branches_of(member)))
        .first()
    )
    if entry is None:
        raise EntryNotFound(entry_id)
    return entry


def _accounts(member: Member) -> ModelSelect:
    return (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.branch.in_(branches_of(member)))
    )


def _of(account: Account) -> tuple[Expression, ...]:
    return (LedgerEntry.account == account.id, stands())


def _note_look(account: Account, actor: Actor, now: datetime) -> None:
    audit.record(actor, "allocations.looked", now=now, account_id=account.id)


def _shown(
    account: Account, entries: list[LedgerEntry], zone: ZoneInfo
) -> tuple[PaymentShown, ...]:
    covered = covers(zone, _of(account)) if entries else {}
    ids = [entry.id for entry in entries]
    told = Allocation.select(Allocation.entry).where(Allocation.entry.in_(ids))
    with_word = {row.entry_id for row in told}
    return tuple(
        PaymentShown(
            entry_id=entry.id,
            day=local_day(entry.effective_at, zone),
            amount=-entry.amount,
            channel=entry.channel,
            document=entry.document,
            parts=covered.get(entry.id, ()),
            has_word=entry.id in with_word,
        )
        for entry in entries
    )


def _words(entry_id: int) -> tuple[Word, ...]:
    rows = (
        Allocation.select(Allocation, User)
        .join(User)
        .where(Allocation.entry == entry_id)
        .order_by(Allocation.id.desc())
        .limit(MOST)
    )
    return tuple(
        Word(at=row.at, month=row.month, who=row.made_by.name, reason=row.reason)
        for row in rows
    )


def _months(account: Account, this: Month) -> tuple[Month, ...]:
    """Return the months with a debt of their own, the newest first, and this one."""
    rows = (
        LedgerEntry.select(LedgerEntry.month)
        .where(
            *_of(account),
            LedgerEntry.month.is_null(False),
            LedgerEntry.kind != EntryKind.PAYMENT,
        )
        .distinct()
        .order_by(LedgerEntry.month.desc())
        .limit(MOST)
    )
    return tuple(sorted({this, *(row.month for row in rows)}, reverse=True))
