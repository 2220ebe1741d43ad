"""Following every open payment to its end, though no notice ever comes."""

from contextlib import suppress
from datetime import datetime, timedelta

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.states import (
    PAID,
    PaymentEvent,
    PaymentState,
)
from cabinet.gateways.base import PAGE_SECONDS, RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import Payment, PaymentAttempt, PaymentStep
from cabinet.models.base import lock, reading, writing
from cabinet.services.payments import moving, orders, start
from cabinet.services.payments.moving import locked, next_ask, observe, take
from cabinet.services.payments.refused import refused_moves_noted

#: Seconds between two questions: growing, and never more than a minute while the
#: customer may still be on the provider's page and AFTERWARDS, so that a payment ends
#: here within two minutes of its end there.
PAUSES = (10, 20, 30, 50)
LONGEST_FRESH = timedelta(minutes=1)
LONGEST = timedelta(minutes=10)
AFTERWARDS = timedelta(minutes=10)

#: One whose call nobody answered has no page: after so long there is no hurry.
FRESH = timedelta(minutes=30)

#: A provider keeps an idempotency key for 24 hours; an hour is left for clocks.
KEY_LASTS = timedelta(hours=23)

#: So long the last look at one that did not go through is taken again while nobody
#: answers it: what was not heard was not looked at.
UNHEARD_LASTS = timedelta(days=1)

#: After this, what the provider does not know was never begun.
NEVER_BEGAN = timedelta(seconds=PAGE_SECONDS) + timedelta(minutes=5)


def ask_due(shops: Shops, *, now: datetime, most: int = 100) -> int:
    """Ask about what is due; returns how many were asked."""
    for count in range(most):
        with shops.claimed(lambda full: _claim(shops, full, now)) as payment:
            if payment is None:
                return count
            # What the table refuses is written down and stops nobody else's payment.
            with suppress(IllegalMoveError):
                ask(payment, shops, now=now)
    return most


def ask(payment: Payment, shops: Shops, *, now: datetime) -> None:
    """Ask the provider about one payment and take what it tells.

    Raises IllegalMoveError, once it is written down, for what cannot have happened.
    """
    shop = shops.named(payment.shop)
    if shop is None:
        return
    with refused_moves_noted(f"payment:{payment.public_id}", now=now):
        _ask(payment, shop, shops, now)


def _ask(payment: Payment, shop: OpenShop, shops: Shops, now: datetime) -> None:
    try:
        if payment.provider_id is None:
            _find(payment, shop, shops, now)
            return
        seen = shop.gateway.ask(payment.provider_id)
    except (UnclearError, RefusedError):
        return
    with writing():
        row = locked(payment.id)
        if seen is not None:
            observe(row, seen, shop, source="poll", now=now)
        elif now - row.created_at > NEVER_BEGAN and row.state is PaymentState.PENDING:
            take(row, PaymentEvent.EXPIRE, source="poll", now=now)
        if row.ask_at is not None and next_ask(row, now, LONGEST) is None:
            row.ask_at = None
            row.save()


def _find(payment: Payment, shop: OpenShop, shops: Shops, now: datetime) -> None:
    """Learn what became of a call whose answer was lost."""
    attempt = _last_attempt(payment)
    if shop.gateway.repeats_by_key and now - attempt.sent_at < KEY_LASTS:
        start.call(payment.id, attempt.id, shops, now=now)
        return
    for one in PaymentAttempt.select().where(PaymentAttempt.payment == payment):
        seen = shop.gateway.find(one.number, one.sent_at)
        if seen is not None:
            with writing():
                observe(locked(payment.id), seen, shop, source="poll", now=now)
            return
    if now - payment.created_at > NEVER_BEGAN:
        # Nobody has the address of its page, and the provider has no such order.
        with writing():
            row = locked(payment.id)
            if row.state is PaymentState.SUBMITTING:
                take(row, PaymentEvent.UNCLEAR, source="poll", now=now)
            if row.state is PaymentState.IN_DOUBT:
                take(row, PaymentEvent.REFUSED, source="poll", now=now)
        return
    if payment.state is PaymentState.SUBMITTING:
        with writing():
            row = locked(payment.id)
            if row.state is PaymentState.SUBMITTING:
                take(row, PaymentEvent.UNCLEAR, source="poll", now=now)
        return
    with writing():
        locked(payment.id)
        new = start.new_attempt(
            payment,
            origin=orders.origin_of(attempt),
            now=now,
            signs=shop.gateway.number_signs,
        )
    start.call(payment.id, new.id, shops, now=now)


def _claim(shops: Shops, full: list[str], now: datetime) -> Payment | None:
    """Take the payment that is due longest; nobody else asks about it meanwhile.

    Those of the shops named in `full` wait.
    """
    due = (
        Payment.select()
        .where(Payment.ask_at <= now, Payment.shop.not_in(full))
        .order_by(Payment.ask_at)
    )
    with reading():
        # Nothing is due nearly always: who only looks holds nobody up.
        if not due.exists():
            return None
    with writing():
        row = lock(due.limit(1), is_skipping=True).first()
        if row is None:
            return None
        row.asks += 1
        row.asked_at = now
        row.ask_at = next_ask(row, now, _pause(row, shops, now)) or _again(row, now)
        row.save()
        return row


def _again(payment: Payment, now: datetime) -> datetime | None:
    """Return when the last look is taken once more, should it have no answer."""
    if payment.state in PAID or payment.final_at is None:
        return None
    last = payment.final_at + moving.LOOKS_BACK[-1] + UNHEARD_LASTS
    return now + LONGEST if now < last else None


def _pause(payment: Payment, shops: Shops, now: datetime) -> timedelta:
    if payment.asks <= len(PAUSES):
        return timedelta(seconds=PAUSES[payment.asks - 1])
    return LONGEST_FRESH if now < _fresh_until(payment, shops) else LONGEST


def _fresh_until(payment: Payment, shops: Shops) -> datetime:
    """Return until when the customer may pay on the page, and a little after that.

    The page lasts from when the call was accepted, however late that was.
    """
    steps = PaymentStep.select().where(
        PaymentStep.payment == payment,
        PaymentStep.before.in_([PaymentState.SUBMITTING, PaymentState.IN_DOUBT]),
        PaymentStep.after.in_([PaymentState.PENDING, PaymentState.WAITING]),
    )
    accepted = steps.order_by(PaymentStep.number.desc()).first()
    shop = shops.named(payment.shop)
    if accepted is None or shop is None:
        return payment.created_at + FRESH
    return accepted.at + shop.gateway.page_lasts + AFTERWARDS


def _last_attempt(payment: Payment) -> PaymentAttempt:
    attempts = PaymentAttempt.select().where(PaymentAttempt.payment == payment)
    return attempts.order_by(PaymentAttempt.id.desc()).get()
