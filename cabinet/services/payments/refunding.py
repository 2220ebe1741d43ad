"""Giving money back: one asks, above the branch's limit another agrees."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import TAKEN, RefundEvent
from cabinet.domain.payments.states import PaymentState
from cabinet.models import Account, Branch, Payment, PaymentShare, Refund
from cabinet.models.base import writing
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments.moving import PaymentNotFoundError, locked
from cabinet.services.payments.refund_moves import locked_refund, take_refund
from cabinet.services.payments.refused import refused_moves_noted
from cabinet.services.staff import Member, branches_of

#: Only of these something can be given back: a disputed one is the bank's to decide.
REFUNDABLE = frozenset({PaymentState.SUCCEEDED, PaymentState.PARTIALLY_REFUNDED})


class NotRefundableError(Exception):
    """Nothing of the payment can be given back as it stands."""


class TooMuchError(ValueError):
    """More than is left of the share, or no sum at all; `most` is what is left."""

    def __init__(self, amount: Money, most: Money) -> None:
        super().__init__(f"{amount.kopecks} of {most.kopecks} kopecks")
        self.amount = amount
        self.most = most


class NoShareError(LookupError):
    """The payment has no share of this account."""


class KeyTakenError(ValueError):
    """The form's key came with another wish than the first time."""


class SamePersonError(Exception):
    """Who asked for a refund cannot agree to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundWish:
    """What is to be given back; `nonce` is the form's key, `why` at most 240 signs."""

    payment: uuid.UUID
    account: str
    amount: Money
    why: str
    nonce: uuid.UUID


@keyed
def request_refund(
    member: Member, wish: RefundWish, *, actor: Actor, now: datetime
) -> uuid.UUID:
    """Write a refund down and return its public id; the same key is the same refund.

    Within the branch's limit it is agreed at once, otherwise it waits for another
    person. Raises PaymentNotFoundError, NotRefundableError, NoShareError, TooMuchError
    and KeyTakenError.
    """
    with writing():
        return _put(member, wish, actor=actor, now=now)


def approve_refund(
    member: Member, public_id: uuid.UUID, *, actor: Actor, now: datetime
) -> None:
    """Agree to somebody else's refund.

    Raises PaymentNotFoundError, SamePersonError, NotRefundableError, and
    IllegalMoveError for one that has been decided otherwise.
    """
    noted = refused_moves_noted(f"refund:{public_id}", now=now, actor=actor)
    with noted, writing():
        payment, refund = _found(member, public_id)
        if refund.requested_by_id == member.user_id:
            raise SamePersonError(str(public_id))
        if not is_refundable(payment):
            raise NotRefundableError(str(payment.public_id))
        refund.approved_by = refund.approved_by_id or member.user_id
        take_refund(payment, refund, RefundEvent.APPROVE, now=now, actor=actor)


def reject_refund(
    member: Member, public_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> None:
    """Do not agree to a refund, or take one's own back, before it is sent.

    Raises PaymentNotFoundError, and IllegalMoveError once it has been sent.
    """
    noted = refused_moves_noted(f"refund:{public_id}", now=now, actor=actor)
    with noted, writing():
        payment, refund = _found(member, public_id)
        take_refund(
            payment, refund, RefundEvent.REJECT, now=now, actor=actor, words=why
        )


def payment_of(member: Member, public_id: uuid.UUID) -> Payment:
    """Return the payment, locked, if the member of staff works in its branch.

    Raises PaymentNotFoundError, the same for missing and foreign.
    """
    found = Payment.get_or_none(
        Payment.public_id == public_id, Payment.branch.in_(branches_of(member))
    )
    if found is None:
        raise PaymentNotFoundError(public_id)
    return locked(found.id)


def is_refundable(payment: Payment) -> bool:
    """Tell whether something of the payment may be given back as it stands."""
    return payment.state in REFUNDABLE and not payment.is_suspicious


def left_of(payment: Payment) -> dict[int, Money]:
    """Return what of each account's share has not gone back and is not on its way."""
    shares = PaymentShare.select().where(PaymentShare.payment == payment)
    left = {share.account_id: share.amount for share in shares}
    for refund in _taken(payment):
        left[refund.account_id] -= refund.amount
    return left


def needs_second(payment: Payment, amount: Money) -> bool:
    """Tell whether another person must agree: parts of one payment count together."""
    limit = Branch.get_by_id(payment.branch_id).refund_alone_up_to
    return bool(Money.total(r.amount for r in _taken(payment)) + amount > limit)


def _put(member: Member, wish: RefundWish, *, actor: Actor, now: datetime) -> uuid.UUID:
    payment = payment_of(member, wish.payment)
    account = Account.get_or_none(Account.number == wish.account)
    known = Refund.get_or_none(Refund.nonce == wish.nonce)
    if known is not None:
        asked = (known.payment_id, known.account_id, known.amount)
        if asked != (payment.id, account and account.id, wish.amount):
            raise KeyTakenError(str(wish.nonce))
        return uuid.UUID(str(known.public_id))
    if not is_refundable(payment):
        raise NotRefundableError(str(payment.public_id))
    left = left_of(payment)
    if account is None or account.id not in left:
        raise NoShareError(wish.account)
    if not Money(0) < wish.amount <= left[account.id]:
        raise TooMuchError(wish.amount, left[account.id])
    is_agreed = not needs_second(payment, wish.amount)
    refund = Refund.create(
        public_id=uuid.uuid4(),
        nonce=wish.nonce,
        key=uuid.uuid4(),
        payment=payment,
        account=account,
        amount=wish.amount,
        why=wish.why,
        requested_by=member.user_id,
        created_at=now,
    )
    audit.record(
        actor,
        "refund.requested",
        now=now,
        subject=f"refund:{refund.public_id}",
        account_id=account.id,
        payment=str(payment.public_id),
        kopecks=wish.amount.kopecks,
        needs_second=not is_agreed,
    )
    if is_agreed:
        take_refund(payment, refund, RefundEvent.APPROVE, now=now, actor=actor)
    return uuid.UUID(str(refund.public_id))


def _taken(payment: Payment) -> list[Refund]:
    return list(
        Refund.select().where(
            Refund.payment == payment, Refund.state.in_(sorted(TAKEN))
        )
    )


def _found(member: Member, public_id: uuid.UUID) -> tuple[Payment, Refund]:
    found = (
        Refund.select(Refund.id)
        .join(Payment)
        .where(Refund.public_id == public_id, Payment.branch.in_(branches_of(member)))
        .first()
    )
    if found is None:
        raise PaymentNotFoundError(public_id)
    return locked_refund(found.id)
