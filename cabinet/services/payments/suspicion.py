"""What a specialist decides about a payment that no longer moves by itself."""

import uuid
from datetime import datetime

from cabinet.gateways.base import UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import Payment, Refund
from cabinet.models.base import database, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments import asking, refund_calls
from cabinet.services.payments.moving import locked, observe
from cabinet.services.payments.refund_moves import ON_ITS_WAY
from cabinet.services.payments.refunding import payment_of
from cabinet.services.payments.refused import refused_moves_noted
from cabinet.services.staff import Member


class NotSuspiciousError(Exception):
    """The payment moves by itself: there is nothing to decide."""


def trust_the_bank(
    member: Member,
    public_id: uuid.UUID,
    why: str,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Ask the bank and let its word move the payment; False if it still cannot.

    Another sum than ours, or a payment that has come and is told not to, stays
    suspicious. Raises PaymentNotFoundError, NotSuspiciousError, and UnclearError when
    the bank does not answer.
    """
    with writing():
        payment = payment_of(member, public_id)
        if not payment.is_suspicious:
            raise NotSuspiciousError(str(public_id))
    shop = shops.named(payment.shop)
    if shop is None or payment.provider_id is None:
        raise UnclearError
    database.close()
    seen = shop.gateway.ask(payment.provider_id)
    if seen is None:
        raise UnclearError
    noted = refused_moves_noted(f"payment:{public_id}", now=now, actor=actor)
    with noted, writing():
        row = locked(payment.id)
        if row.is_suspicious:
            row.is_suspicious = False
            row.verdict = ""
            row.save()
            _note(actor, row, "payment.trusted", why, now)
            observe(row, seen, shop, source="staff", now=now)
        return not row.is_suspicious


def leave_as_it_is(
    member: Member, public_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> None:
    """Close the question: the payment stays where it is, with a remark.

    Raises PaymentNotFoundError and NotSuspiciousError.
    """
    with writing():
        payment = payment_of(member, public_id)
        if not payment.is_suspicious:
            raise NotSuspiciousError(str(public_id))
        payment.verdict = why[:240]
        payment.save()
        _note(actor, payment, "payment.left", why, now)


def ask_again(
    member: Member,
    public_id: uuid.UUID,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Ask the bank about a payment and its refunds at once; raises PaymentNotFoundError.

    A bank that does not answer changes nothing: the poller asks on.
    """
    with writing():
        payment = payment_of(member, public_id)
        _note(actor, payment, "payment.asked", "", now)
    asking.ask(payment, shops, now=now)
    with reading():
        rows = Refund.select(Refund.id).where(
            Refund.payment == payment.id, Refund.state.in_(sorted(ON_ITS_WAY))
        )
        ids = [row.id for row in rows]
    for refund_id in ids:
        refund_calls.follow(refund_id, shops, now=now)


def _note(actor: Actor, payment: Payment, action: str, why: str, now: datetime) -> None:
    subject = f"payment:{payment.public_id}"
    if why:
        audit.record(actor, action, now=now, subject=subject, why=why)
    else:
        audit.record(actor, action, now=now, subject=subject)
