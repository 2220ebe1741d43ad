"""Sending refunds to the provider and asking until each is final."""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.refunds import RefundEvent, RefundState
from cabinet.domain.payments.seen import Seen, SeenRefund
from cabinet.gateways.base import (
    FiscalItem,
    FiscalReceipt,
    RefundOrder,
    RefusedError,
    UnclearError,
)
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import Account, Payment, Refund
from cabinet.models.base import database, lock, reading, writing
from cabinet.services.payments.refund_moves import (
    ON_ITS_WAY,
    given_back,
    locked_refund,
    take_refund,
)
from cabinet.services.payments.refunding import is_refundable
from cabinet.services.payments.refused import refused_moves_noted

#: Seconds between two questions, growing: a refund may take the bank days.
PAUSES = (10, 20, 40, 80, 160, 320, 640, 1280, 2560)
LONGEST = timedelta(hours=1)
#: One payment has one refund on its way: the next waits so long and looks again.
TURN = timedelta(seconds=30)
#: A provider keeps an idempotency key for 24 hours; an hour is left for clocks.
KEY_LASTS = timedelta(hours=23)
#: A call ends within ten seconds: what the provider does not know of after this was
#: never done.
NEVER_DONE = timedelta(minutes=30)

UNKNOWN_THERE = "банк о таком возврате не знает, деньги не отправлены"
THOUGHT_BETTER = "банк отменил возврат"
NO_LONGER = "платёж больше нельзя вернуть"

SEEN_EVENTS = {
    Seen.PENDING: RefundEvent.SEEN_PENDING,
    Seen.WAITING: RefundEvent.SEEN_PENDING,
    Seen.SUCCEEDED: RefundEvent.SEEN_SUCCEEDED,
    Seen.CANCELED: RefundEvent.SEEN_CANCELED,
}


def follow_due(shops: Shops, *, now: datetime, most: int = 100) -> int:
    """Send or ask about what is due; returns how many were."""
    for count in range(most):
        refund = _claim(now)
        if refund is None:
            return count
        # What the table refuses is written down and stops nobody else's refund.
        with suppress(IllegalMoveError):
            follow(refund.id, shops, now=now)
    return most


def follow_now(public_id: uuid.UUID, shops: Shops, *, now: datetime) -> None:
    """Do the next thing about a refund at once: whoever asked for it sees the end."""
    with reading():
        refund = Refund.get(Refund.public_id == public_id)
    follow(refund.id, shops, now=now)


def follow(refund_id: int, shops: Shops, *, now: datetime) -> None:
    """Do the next thing about one refund: send it, repeat the call, or ask."""
    refund = Refund.get_by_id(refund_id)
    shop = shops.named(refund.payment.shop)
    if shop is None:
        return
    if refund.state is RefundState.APPROVED:
        if _begin(refund_id, now):
            _send(refund_id, shop, now, is_first=True)
    elif refund.state in ON_ITS_WAY:
        _doubt(refund_id, now)
        is_lost = refund.state is not RefundState.PENDING
        may_repeat = shop.gateway.repeats_by_key and now - refund.sent_at < KEY_LASTS
        if is_lost and may_repeat:
            _send(refund_id, shop, now, is_first=False)
        else:
            _ask(refund_id, shop, now)


def _begin(refund_id: int, now: datetime) -> bool:
    """Write down that it is being sent; nobody else sends it after that."""
    with writing():
        payment, refund = locked_refund(refund_id)
        if refund.state is not RefundState.APPROVED:
            return False
        others = Refund.select().where(
            Refund.payment == payment, Refund.state.in_(sorted(ON_ITS_WAY))
        )
        if others.exists():
            refund.ask_at = now + TURN
            refund.save()
            return False
        if not is_refundable(payment):
            take_refund(payment, refund, RefundEvent.REJECT, now=now, words=NO_LONGER)
            return False
        refund.sent_at = now
        return take_refund(payment, refund, RefundEvent.SUBMIT, now=now)


def _doubt(refund_id: int, now: datetime) -> None:
    """Whoever was sending it is gone: nobody knows whether the call was made."""
    with writing():
        payment, refund = locked_refund(refund_id)
        if refund.state is RefundState.SUBMITTING:
            take_refund(payment, refund, RefundEvent.UNCLEAR, now=now)
            refund.ask_at = now + _pause(refund)
            refund.save()


def _send(refund_id: int, shop: OpenShop, now: datetime, *, is_first: bool) -> None:
    order = _order(refund_id, shop)
    database.close()
    try:
        seen = shop.gateway.refund(order)
    except UnclearError:
        _take(refund_id, RefundEvent.UNCLEAR, now)
    except RefusedError as error:
        _refused(refund_id, shop, order, error, now, is_first=is_first)
    else:
        _take(refund_id, SEEN_EVENTS[seen.state], now, seen=seen)


def _refused(
    refund_id: int,
    shop: OpenShop,
    order: RefundOrder,
    error: RefusedError,
    now: datetime,
    *,
    is_first: bool,
) -> None:
    """Believe a refusal; of a call that was repeated only when nothing is there."""
    words = error.words or error.code
    if not is_first:
        try:
            seen = shop.gateway.ask_refund(order, "")
        except (UnclearError, RefusedError):
            return
        if seen is not None:
            _take(refund_id, SEEN_EVENTS[seen.state], now, seen=seen)
            return
    _take(refund_id, RefundEvent.REFUSED, now, words=words)


def _ask(refund_id: int, shop: OpenShop, now: datetime) -> None:
    order = _order(refund_id, shop)
    refund = Refund.get_by_id(refund_id)
    database.close()
    try:
        seen = shop.gateway.ask_refund(order, refund.provider_id)
    except (UnclearError, RefusedError):
        return
    if seen is not None:
        _take(refund_id, SEEN_EVENTS[seen.state], now, seen=seen)
    elif refund.state is not RefundState.PENDING and (
        now - refund.sent_at >= NEVER_DONE
    ):
        _take(refund_id, RefundEvent.REFUSED, now, words=UNKNOWN_THERE)


def _take(
    refund_id: int,
    event: RefundEvent,
    now: datetime,
    *,
    seen: SeenRefund | None = None,
    words: str = "",
) -> None:
    row = Refund.get_by_id(refund_id)
    noted = refused_moves_noted(f"refund:{row.public_id}", now=now)
    with noted, writing():
        payment, refund = locked_refund(refund_id)
        if seen is not None and seen.amount != refund.amount:
            # Another sum is another refund: it stays in doubt, and reconciliation tells.
            event = RefundEvent.UNCLEAR
        elif seen is not None:
            refund.provider_id = seen.provider_id or refund.provider_id
        if event is RefundEvent.SEEN_CANCELED:
            words = THOUGHT_BETTER
        refund.save()
        take_refund(payment, refund, event, now=now, words=words)
        if refund.state in ON_ITS_WAY:
            refund.ask_at = now + _pause(refund)
            refund.save()


def _order(refund_id: int, shop: OpenShop) -> RefundOrder:
    with reading():
        refund = (
            Refund.select(Refund, Payment, Account)
            .join(Payment)
            .switch(Refund)
            .join(Account)
            .where(Refund.id == refund_id)
            .get()
        )
        payment = refund.payment
        receipt = FiscalReceipt(
            email=payment.email,
            items=(
                FiscalItem(
                    description=f"Электроэнергия, счёт {refund.account.number}",
                    amount=refund.amount,
                    vat_code=shop.settings.vat_code,
                ),
            ),
            tax_system=shop.settings.tax_system,
        )
        return RefundOrder(
            key=refund.key,
            provider_id=payment.provider_id,
            amount=refund.amount,
            payment_amount=payment.amount,
            reason=refund.why,
            account=refund.account.number,
            receipt=receipt if payment.email else None,
            refunded_before=given_back(payment),
        )


def _claim(now: datetime) -> Refund | None:
    """Take the refund that is due longest; nobody else works on it meanwhile."""
    due = Refund.select().where(Refund.ask_at <= now).order_by(Refund.ask_at, Refund.id)
    with reading():
        if not due.exists():
            return None
    with writing():
        row = lock(due.limit(1), is_skipping=True).first()
        if row is not None:
            row.asks += 1
            row.ask_at = now + _pause(row)
            row.save()
        return row


def _pause(refund: Refund) -> timedelta:
    made = max(refund.asks, 1)
    return timedelta(seconds=PAUSES[made - 1]) if made <= len(PAUSES) else LONGEST
