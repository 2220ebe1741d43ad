"""A payment the customer's bank disputes (опротестование): marked, won or lost."""

import uuid
from datetime import datetime

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundEvent, RefundState
from cabinet.domain.payments.states import Effect, PaymentEvent
from cabinet.models import Account, LedgerEntry, Payment, PaymentShare, Refund
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments.moving import take
from cabinet.services.payments.posting import CHANNEL
from cabinet.services.payments.refund_moves import (
    ON_ITS_WAY,
    document_of,
    retell,
    take_refund,
)
from cabinet.services.payments.refunding import payment_of
from cabinet.services.payments.refused import refused_moves_noted
from cabinet.services.staff import Member

MARKS = frozenset(
    {PaymentEvent.DISPUTE, PaymentEvent.DISPUTE_WON, PaymentEvent.DISPUTE_LOST}
)

#: What became of refunds that nobody had sent yet.
DISPUTED = "платёж опротестован"


class RefundOnItsWayError(Exception):
    """A refund of the payment has been sent: its end decides what is left to lose."""


def mark_dispute(
    member: Member,
    public_id: uuid.UUID,
    mark: PaymentEvent,
    why: str,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Write down what the bank told of a dispute; returns False if it stood already.

    A lost one takes what is left of each share back from its account, once. Raises
    PaymentNotFoundError, RefundOnItsWayError, and IllegalMoveError for a mark that the
    payment cannot have.
    """
    if mark not in MARKS:
        raise ValueError(mark)
    noted = refused_moves_noted(f"payment:{public_id}", now=now, actor=actor)
    with noted, writing():
        payment = payment_of(member, public_id)
        if mark is PaymentEvent.DISPUTE_LOST and _sent(payment):
            raise RefundOnItsWayError(str(public_id))
        taken = take(
            payment, mark, source="staff", now=now, actor=actor, details={"why": why}
        )
        if taken.effect is Effect.STAY:
            return False
        audit.record(
            actor,
            f"payment.{mark}",
            now=now,
            subject=f"payment:{payment.public_id}",
            why=why,
        )
        if mark is PaymentEvent.DISPUTE_LOST:
            _drop_unsent(payment, actor, now)
            _post_loss(payment, now)
        elif mark is PaymentEvent.DISPUTE_WON:
            # What had gone back before the dispute, or during it, is still gone.
            retell(payment, source="staff", now=now, actor=actor)
        return True


def cause_of(payment: Payment, account_id: int) -> str:
    """Return what makes the entry of a lost share the only one."""
    return f"chargeback:{payment.public_id}:{account_id}"


def _sent(payment: Payment) -> bool:
    rows = Refund.select().where(
        Refund.payment == payment, Refund.state.in_(sorted(ON_ITS_WAY))
    )
    return bool(rows.exists())


def _drop_unsent(payment: Payment, actor: Actor, now: datetime) -> None:
    waiting = (RefundState.REQUESTED, RefundState.APPROVED)
    for refund in Refund.select().where(
        Refund.payment == payment, Refund.state.in_(waiting)
    ):
        take_refund(
            payment,
            refund,
            RefundEvent.REJECT,
            now=now,
            actor=actor,
            words=DISPUTED,
        )


def _post_loss(payment: Payment, now: datetime) -> None:
    returned: dict[int, Money] = {}
    for refund in Refund.select().where(
        Refund.payment == payment, Refund.state == RefundState.SUCCEEDED
    ):
        before = returned.get(refund.account_id, Money(0))
        returned[refund.account_id] = before + refund.amount
    document = document_of(payment)
    shares = PaymentShare.select().where(PaymentShare.payment == payment)
    for share in shares.order_by(PaymentShare.account):
        lost = share.amount - returned.get(share.account_id, Money(0))
        if not lost:
            continue
        LedgerEntry.create(
            account=share.account_id,
            kind=EntryKind.REFUND,
            amount=lost,
            effective_at=now,
            posted_at=now,
            cause=cause_of(payment, share.account_id),
            channel=CHANNEL,
            document=document,
        )
        Account.update(balance=Account.balance + lost).where(
            Account.id == share.account_id
        ).execute()
