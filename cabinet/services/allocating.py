"""Which month a payment is for, when an operator says so (domain.md 2.7)."""

from datetime import datetime

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.errors import NotFound
from cabinet.domain.period import Month
from cabinet.models import Account, Allocation, LedgerEntry
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

MAX_REASON = 240


class EntryNotFound(NotFound):
    """There is no such entry, or its account is in another branch."""


class NotAPayment(ValueError):
    """The entry is no payment: what it covers is not for anybody to say."""


class ReasonMissing(ValueError):
    """No reason was given, or one longer than is kept."""


def reallocate(
    member: Member,
    entry_id: int,
    month: Month,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Say that a payment is for the month; the newest word on it wins.

    Money stays where it is: the entry and the balance do not change, only which debts
    the payment and those after it cover. Raises EntryNotFound, also for an account of
    another branch, NotAPayment, ReasonMissing.
    """
    reason = " ".join(reason.split())
    with writing():
        entry = (
            LedgerEntry.select(LedgerEntry, Account)
            .join(Account)
            .where(LedgerEntry.id == entry_id, Account.branch.in_(branches_of(member)))
            .first()
        )
        if entry is None:
            raise EntryNotFound(entry_id)
        if entry.kind is not EntryKind.PAYMENT:
            raise NotAPayment(entry_id)
        if not 0 < len(reason) <= MAX_REASON:
            raise ReasonMissing(reason)
        Allocation.create(
            entry=entry, month=month, made_by=member.user_id, reason=reason, at=now
        )
        audit.record(
            actor,
            "payment.reallocated",
            now=now,
            subject=f"entry:{entry_id}",
            account_id=entry.account_id,
            month=str(month),
        )
