"""One event of a payment: taken by the table of states, numbered, written down once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cabinet.domain.errors import NotFound
from cabinet.domain.payments.seen import FiscalState, Seen, SeenPayment
from cabinet.domain.payments.states import (
    ASKED,
    OPEN,
    PAID,
    Effect,
    Move,
    PaymentEvent,
    move,
)
from cabinet.gateways.shops import OpenShop
from cabinet.models import Notice, Payment, PaymentAttempt, PaymentStep
from cabinet.models.base import lock
from cabinet.services import audit
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.payments.posting import post

#: An answer may still be on its way: the first question comes after so long.
FIRST_ASK = timedelta(seconds=15)
FISCAL_LASTS = timedelta(days=1)

#: How long after the end one is looked at again that did not go through.
LOOKS_BACK = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)

SEEN_EVENTS = {
    Seen.PENDING: PaymentEvent.SEEN_PENDING,
    Seen.WAITING: PaymentEvent.SEEN_WAITING,
    Seen.SUCCEEDED: PaymentEvent.SEEN_SUCCEEDED,
    Seen.CANCELED: PaymentEvent.SEEN_CANCELED,
}


#: The customer has parted with the money.
MONEY = frozenset({Seen.WAITING, Seen.SUCCEEDED})


class PaymentNotFoundError(NotFound):
    """There is no such payment, or it is somebody else's."""


def locked(payment_id: int) -> Payment:
    """Return the payment, locked until the end of the open transaction."""
    row = lock(Payment.select().where(Payment.id == payment_id)).first()
    if row is None:
        raise PaymentNotFoundError(payment_id)
    return row


def take(
    payment: Payment,
    event: PaymentEvent,
    *,
    source: str,
    now: datetime,
    actor: Actor = SYSTEM,
    notice: Notice | None = None,
    paid_at: datetime | None = None,
    details: Mapping[str, object] | None = None,
) -> Move:
    """Take an event of a locked payment inside the open transaction.

    What the table calls impossible raises IllegalMoveError. Money that has come is
    posted here and nowhere else. A late truth and an alarm stand in the audit log.
    """
    taken = move(payment.state, event)
    if taken.effect is Effect.STAY:
        return taken
    before = payment.state
    payment.version += 1
    PaymentStep.create(
        payment=payment,
        number=payment.version,
        at=now,
        event=event,
        before=before,
        after=taken.after,
        effect=taken.effect,
        source=source,
        notice=notice,
        details=dict(details or {}),
    )
    if taken.effect is Effect.ALARM:
        suspect(payment, event.value, now=now)
        return taken
    payment.state = taken.after
    if taken.after not in OPEN:
        payment.same_key = None
        payment.final_at = now
    payment.ask_at = next_ask(payment, now, FIRST_ASK)
    if taken.after in PAID and before not in PAID:
        payment.paid_at = paid_at or now
        post(payment, now=now)
    payment.save()
    audit.record(
        actor,
        f"payment.{taken.after}",
        now=now,
        subject=f"payment:{payment.public_id}",
        before=before.value,
        effect=taken.effect.value,
    )
    return taken


def next_ask(payment: Payment, now: datetime, pause: timedelta) -> datetime | None:
    """Return when the provider is asked next; None when it has nothing more to say.

    An open payment is asked after the `pause`. The receipt of the cash register is
    waited for a day. One that did not go through is looked at a few times more: a bank
    may take the money after it had said no, and its notice may be lost.
    """
    if payment.state in ASKED:
        return now + pause
    if payment.final_at is None or payment.provider_id is None:
        return None
    since = now - payment.final_at
    if payment.state in PAID:
        waits = payment.fiscal is FiscalState.PENDING and since < FISCAL_LASTS
        return now + max(pause, since / 4) if waits else None
    looks = (span for span in LOOKS_BACK if span > since)
    first: timedelta | None = next(looks, None)
    return None if first is None else payment.final_at + first


def observe(
    payment: Payment,
    seen: SeenPayment,
    shop: OpenShop,
    *,
    source: str,
    now: datetime,
    notice: Notice | None = None,
) -> Move | None:
    """Take what the provider told of a locked payment when it was asked.

    What is not proved to be this payment, has another sum or currency, or is a test at a
    shop that takes real money, moves nothing: the payment waits for an operator. Returns None then, and for a payment that already
    waits. An order of ours that the provider has twice is followed where the money is.
    """
    if payment.is_suspicious:
        return None
    why = _doubt(payment, seen)
    if seen.is_test and not shop.settings.is_trial:
        why = "test"
    if why:
        told = f"{seen.provider_id} {seen.order} {seen.amount.kopecks} {seen.currency}"
        suspect(payment, why, told=told, now=now)
        return None
    if payment.provider_id not in (None, seen.provider_id) and seen.state not in MONEY:
        return Move(payment.state, Effect.STAY)
    payment.provider_id = seen.provider_id
    if seen.reason is not None:
        payment.reason = seen.reason.value
    payment.fiscal = _fiscal(payment, seen, shop)
    taken = take(
        payment,
        SEEN_EVENTS[seen.state],
        source=source,
        now=now,
        notice=notice,
        paid_at=seen.paid_at,
    )
    if payment.state not in ASKED:
        payment.ask_at = next_ask(payment, now, FIRST_ASK)
    payment.save()
    return taken


def _fiscal(payment: Payment, seen: SeenPayment, shop: OpenShop) -> FiscalState:
    """Return where the cash register's receipt stands, as far as anybody tells."""
    if seen.fiscal is FiscalState.NONE and shop.settings.receipts and payment.email:
        return FiscalState.SENT
    return seen.fiscal


def _doubt(payment: Payment, seen: SeenPayment) -> str:
    """Return why it cannot be taken for this payment, empty when it can.

    A notice names the payment that is asked about, so it is compared with what we sent:
    its order is the number of one of our calls. A payment without calls was made by an
    operator from what the provider had, and is known by the provider's number alone.
    """
    # What has been posted was told in full once: what is left of it later is no other sum.
    is_rest = seen.is_rest and payment.state in PAID and seen.amount < payment.amount
    if seen.currency != "RUB" or (seen.amount != payment.amount and not is_rest):
        return "tampered"
    attempts = PaymentAttempt.select().where(PaymentAttempt.payment == payment)
    numbers = {one.number for one in attempts}
    if numbers and seen.order and seen.order not in numbers:
        return "another order"
    if payment.provider_id == seen.provider_id:
        return ""
    if seen.order not in numbers or is_anothers(payment, seen.provider_id):
        return "another payment"
    is_twice = payment.provider_id is not None and seen.state in MONEY
    return "paid twice" if is_twice and payment.state in PAID else ""


def is_anothers(payment: Payment, provider_id: str) -> bool:
    """Tell whether the provider's number is known as that of another payment of the shop."""
    known = Payment.select().where(
        Payment.shop == payment.shop,
        Payment.provider_id == provider_id,
        Payment.id != payment.id,
    )
    return bool(known.exists())


def suspect(payment: Payment, why: str, *, told: str = "", now: datetime) -> None:
    """Stop the payment's automatic moves: an operator looks at it."""
    payment.is_suspicious = True
    payment.ask_at = None
    payment.save()
    audit.record(
        SYSTEM,
        "payment.suspicious",
        now=now,
        subject=f"payment:{payment.public_id}",
        why=why,
        told=told,
    )
