"""One event of a refund: taken by the table of states, its money posted once."""

from datetime import datetime, timedelta

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundEvent, RefundState, move
from cabinet.domain.payments.states import PaymentEvent
from cabinet.models import (
    Account,
    Branch,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentReceipt,
    Refund,
)
from cabinet.models.base import lock
from cabinet.services import audit, outbox
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.payments.moving import PaymentNotFoundError, locked, take
from cabinet.services.payments.posting import CHANNEL

#: The provider has it, or may have it, and has not said its last word.
ON_ITS_WAY = frozenset(
    {RefundState.SUBMITTING, RefundState.IN_DOUBT, RefundState.PENDING}
)
FINAL = frozenset({RefundState.SUCCEEDED, RefundState.REJECTED})

#: An answer may still be on its way: the first question comes after so long.
FIRST_ASK = timedelta(seconds=15)


def locked_refund(refund_id: int) -> tuple[Payment, Refund]:
    """Return the refund and its payment, both locked; the payment always first."""
    found = Refund.get_or_none(Refund.id == refund_id)
    if found is None:
        raise PaymentNotFoundError(refund_id)
    payment = locked(found.payment_id)
    refund = lock(Refund.select().where(Refund.id == refund_id)).get()
    return payment, refund


def take_refund(
    payment: Payment,
    refund: Refund,
    event: RefundEvent,
    *,
    now: datetime,
    actor: Actor = SYSTEM,
    words: str = "",
) -> bool:
    """Take an event of a locked refund inside the open transaction; tell if it moved.

    What the table calls impossible raises IllegalMoveError. `words` are why it was not
    done, a person's or the provider's. Money given back is posted here and nowhere
    else, and moves the payment in the same transaction.
    """
    before = refund.state
    after = move(before, event)
    if after is before:
        return False
    refund.state = after
    refund.refused = words[:240] or refund.refused
    refund.version += 1
    if after is RefundState.APPROVED:
        refund.ask_at = now
    elif after in ON_ITS_WAY:
        refund.ask_at = now + FIRST_ASK
    else:
        refund.ask_at = None
    refund.final_at = now if after in FINAL else None
    refund.save()
    audit.record(
        actor,
        f"refund.{after}",
        now=now,
        subject=f"refund:{refund.public_id}",
        account_id=refund.account_id,
        payment=str(payment.public_id),
        before=before.value,
        **({"words": words} if words else {}),
    )
    if after is RefundState.SUCCEEDED:
        _post(payment, refund, now)
    return True


def given_back(payment: Payment) -> Money:
    """Return what of the payment has gone back in all."""
    rows = Refund.select().where(
        Refund.payment == payment, Refund.state == RefundState.SUCCEEDED
    )
    return Money.total(row.amount for row in rows)


def retell(payment: Payment, *, source: str, now: datetime, actor: Actor) -> None:
    """Move a locked payment to what has gone back of it: a part or the whole."""
    back = given_back(payment)
    if back:
        is_whole = back >= payment.amount
        event = PaymentEvent.REFUND_WHOLE if is_whole else PaymentEvent.REFUND_PART
        take(payment, event, source=source, now=now, actor=actor)


def cause_of(refund: Refund) -> str:
    """Return what makes the entry of a refund the only one."""
    return f"refund:{refund.public_id}"


def document_of(payment: Payment) -> str:
    """Return the number of the payment's receipt as it is printed."""
    receipt = PaymentReceipt.get(PaymentReceipt.payment == payment)
    return receipt.title


def _post(payment: Payment, refund: Refund, now: datetime) -> None:
    LedgerEntry.create(
        account=refund.account_id,
        kind=EntryKind.REFUND,
        amount=refund.amount,
        effective_at=now,
        posted_at=now,
        cause=cause_of(refund),
        channel=CHANNEL,
        document=document_of(payment),
    )
    Account.update(balance=Account.balance + refund.amount).where(
        Account.id == refund.account_id
    ).execute()
    retell(payment, source="refund", now=now, actor=SYSTEM)
    if payment.email:
        _write(payment, refund, now)


def _write(payment: Payment, refund: Refund, now: datetime) -> None:
    branch = Branch.get_by_id(payment.branch_id)
    account = Account.get_by_id(refund.account_id)
    attempts = PaymentAttempt.select().where(PaymentAttempt.payment == payment)
    outbox.put(
        "refund_made",
        key=f"refund-made:{refund.public_id}",
        recipient=payment.email,
        user_id=payment.user_id,
        context={
            "number": document_of(payment),
            "kopecks": refund.amount.kopecks,
            "account": account.number,
            "at": now.isoformat(),
            "zone": branch.time_zone,
            "company_name": branch.company,
            "link": attempts.order_by(PaymentAttempt.id.desc()).get().return_url,
        },
        now=now,
    )
