"""Refunds the bank has made and this database has not: posted where it is proved whose.

After a copy of the database was put back. A bank that lists refunds says of each whose
share went back; elsewhere an order tells only how much is back in all, and that proves
whose it is where one account paid, or where all of it is back.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundEvent, RefundState
from cabinet.domain.payments.seen import ListedRefund, SeenPayment
from cabinet.domain.payments.states import PAID, PaymentState
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop
from cabinet.models import Account, Payment, Refund
from cabinet.models.base import database, reading, writing
from cabinet.services.audit import SYSTEM
from cabinet.services.payments.differences import RETURN_NOTED
from cabinet.services.payments.matching import refunded_of
from cabinet.services.payments.moving import locked
from cabinet.services.payments.refund_moves import ON_ITS_WAY, given_back, take_refund
from cabinet.services.payments.refunding import left_of

#: Where a payment itself must be asked, those of so long before are.
PAID_WITHIN = timedelta(days=31)
WHY = "возврат найден у банка после восстановления базы"


@dataclass(frozen=True, slots=True)
class Back:
    """How many refunds were posted, and payments of which somebody must look.

    `unheard` is how many payments the bank did not tell of when it was asked.
    """

    posted: int = 0
    left: int = 0
    unheard: int = 0

    def __add__(self, other: "Back") -> "Back":
        return Back(
            self.posted + other.posted,
            self.left + other.left,
            self.unheard + other.unheard,
        )


def bring_back(shop: OpenShop, *, since: datetime, now: datetime) -> Back:
    """Post what went back at the bank since the moment; a second time changes nothing.

    Raises UnclearError and RefusedError when the bank does not give its list.
    """
    if shop.gateway.lists_refunds:
        listed = list(shop.gateway.refunds(since))
        known = Payment.select().where(
            Payment.shop == shop.name,
            Payment.provider_id.in_({one.payment_id for one in listed}),
        )
        with reading():
            payments = list(known)
        return _sum(
            _take(payment, [one for one in listed if one.payment_id == number], now)
            for payment in payments
            if (number := payment.provider_id)
        )
    paid = Payment.select().where(
        Payment.shop == shop.name,
        Payment.state.in_(sorted(PAID)),
        Payment.provider_id.is_null(False),
        Payment.paid_at >= since - PAID_WITHIN,
    )
    with reading():
        payments = list(paid)
    return _sum(_ask(shop, payment, now) for payment in payments)


def bring_back_of(
    payment: Payment, seen: SeenPayment, shop: OpenShop, *, now: datetime
) -> Back:
    """Post what went back of one payment, which the bank has just told of.

    A bank that lists refunds is asked for those since it was paid; one that does not
    answer leaves them to whoever compares the day.
    """
    if not seen.refunded and not seen.is_rest:
        return Back()
    if not shop.gateway.lists_refunds:
        return _bring(payment, seen, now)
    database.close()
    try:
        listed = list(shop.gateway.refunds(payment.created_at))
    except (UnclearError, RefusedError):
        return Back(unheard=1)
    return _take(
        payment, [one for one in listed if one.payment_id == seen.provider_id], now
    )


def _ask(shop: OpenShop, payment: Payment, now: datetime) -> Back:
    database.close()
    try:
        seen = shop.gateway.ask(str(payment.provider_id))
    except (UnclearError, RefusedError):
        return Back(unheard=1)
    return Back() if seen is None else _bring(payment, seen, now)


def _bring(payment: Payment, seen: SeenPayment, now: datetime) -> Back:
    """Post what the bank tells of as gone back beyond what is known here."""
    total = refunded_of(payment, seen)
    if total is None:
        return Back(left=1)
    with suppress(IllegalMoveError), writing():
        # Under the lock: another may post the same at this very moment.
        row = locked(payment.id)
        back = given_back(row)
        if total <= back:
            return Back()
        one = ListedRefund(
            provider_id="",
            payment_id=seen.provider_id,
            amount=total - back,
            key="",
            account="",
        )
        return _post(row, one, now)
    return Back(left=1)


def _take(payment: Payment, listed: Iterable[ListedRefund], now: datetime) -> Back:
    found = Back()
    for one in listed:
        with suppress(IllegalMoveError), writing():
            found += _post(locked(payment.id), one, now)
            continue
        found += Back(left=1)
    return found


def _post(payment: Payment, one: ListedRefund, now: datetime) -> Back:
    known = Refund.select().where(Refund.payment == payment)
    rows = list(known)
    for row in rows:
        is_same = bool(one.provider_id) and row.provider_id == one.provider_id
        if is_same or (one.key and row.key.hex.startswith(one.key)):
            return _finish(payment, row, one, now)
    noted = next((row for row in rows if _was_noted(row, one)), None)
    if noted is not None:
        # Somebody saw it at the bank and wrote it down: it has its number from now on.
        noted.provider_id = one.provider_id
        noted.save()
        return Back()
    if one.provider_id and any(_is_noted(row) for row in rows):
        # They wrote down another sum or account: several of the bank's may be in it.
        return Back(left=1)
    if not one.provider_id and any(row.state in ON_ITS_WAY for row in rows):
        # The worker asks about it: it may be this very one.
        return Back()
    if not one.provider_id:
        same = [row for row in rows if _may_be(row, one)]
        if len(same) == 1:
            return _finish(payment, same[0], one, now)
    parts = _parts(payment, one)
    for account_id, amount in parts:
        made = Refund.create(
            public_id=uuid.uuid4(),
            nonce=uuid.uuid4(),
            key=uuid.uuid4(),
            payment=payment,
            account=account_id,
            amount=amount,
            why=WHY,
            created_at=now,
        )
        _finish(payment, made, replace(one, amount=amount), now)
    return Back(posted=1) if parts else Back(left=1)


def _is_noted(refund: Refund) -> bool:
    """Tell whether somebody wrote it down by hand, and the bank's number is not known."""
    is_done = refund.state is RefundState.SUCCEEDED and not refund.provider_id
    return is_done and refund.why == RETURN_NOTED


def _was_noted(refund: Refund, one: ListedRefund) -> bool:
    is_same = one.account in {"", refund.account.number}
    is_listed = bool(one.provider_id) and refund.amount == one.amount
    return is_listed and is_same and _is_noted(refund)


def _may_be(refund: Refund, one: ListedRefund) -> bool:
    return refund.state is RefundState.REQUESTED and refund.amount == one.amount


def _parts(payment: Payment, one: ListedRefund) -> list[tuple[int, Money]]:
    """Return whose share went back and how much, nothing where it is not proved."""
    left = {key: amount for key, amount in left_of(payment).items() if amount}
    is_open = payment.state is not PaymentState.CHARGED_BACK
    if one.account:
        owner = Account.get_or_none(Account.number == one.account)
        left = {owner.id: left[owner.id]} if owner and owner.id in left else {}
    if is_open and len(left) == 1:
        ((account_id, most),) = left.items()
        return [(account_id, one.amount)] if one.amount <= most else []
    if is_open and one.amount == Money.total(left.values()):
        return list(left.items())
    return []


def _finish(payment: Payment, refund: Refund, one: ListedRefund, now: datetime) -> Back:
    """Bring a refund to its end as the bank tells it; what is over changes nothing."""
    if refund.state is RefundState.SUCCEEDED:
        return Back()
    if refund.amount != one.amount:
        return Back(left=1)
    refund.provider_id = one.provider_id or refund.provider_id
    refund.sent_at = refund.sent_at or now
    events = [RefundEvent.SEEN_SUCCEEDED]
    if refund.state in {RefundState.REQUESTED, RefundState.APPROVED}:
        events = [RefundEvent.APPROVE, RefundEvent.SUBMIT, *events]
    for event in events:
        take_refund(payment, refund, event, now=now, actor=SYSTEM)
    return Back(posted=1)


def _sum(parts: Iterator[Back]) -> Back:
    return sum(parts, Back())
