"""What providers send unasked: kept whole at once, used by a job later."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from peewee import IntegrityError

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.seen import SeenPayment
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import Notice as Row
from cabinet.models import Payment, PaymentAttempt
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit, limits
from cabinet.services.audit import SYSTEM
from cabinet.services.payments.moving import locked, observe
from cabinet.services.payments.recovering import is_ours, recover
from cabinet.services.payments.refused import refused_moves_noted

#: A notice may come before the answer to our own call; so often it is looked for again.
MOST_TRIES = 5
PAUSE = timedelta(minutes=2)
LEASE = timedelta(seconds=30)


class ShopNotFoundError(LookupError):
    """There is no such shop in the installation."""


def keep(
    shop_name: str,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    address: IPv4Address | IPv6Address | None,
    *,
    shops: Shops,
    now: datetime,
) -> str:
    """Store the notice and return the words the provider waits for.

    The same notice again changes nothing. Raises ShopNotFoundError, NotOursError for
    one the provider's rule does not prove, ValueError for one that cannot be read.
    """
    shop = shops.named(shop_name)
    if shop is None:
        raise ShopNotFoundError(shop_name)
    notice = shop.gateway.read_notice(body, headers, query, address)
    # Proved or not, a name that no column takes is no name of anything we know.
    for told, column in ((notice.order, Row.order), (notice.event, Row.event)):
        if len(told) > column.max_length or not told.isprintable():
            raise ValueError(column.name)
    words = body or "&".join(f"{k}={v}" for k, v in sorted(query.items())).encode()
    with writing():
        try:
            with database.savepoint():
                Row.create(
                    shop=shop_name,
                    provider_id=notice.provider_id,
                    order=notice.order,
                    event=notice.event,
                    body=words,
                    body_hash=hashlib.sha256(words).hexdigest(),
                    received_at=now,
                    next_at=now,
                )
        except IntegrityError:
            pass
    return shop.gateway.notice_answer


def may_knock(address: str, *, pepper: str, now: datetime) -> bool:
    """Tell whether a network may send one more notice that is not a provider's.

    Past that it is told when to come again, and the log is not filled by it.
    """
    try:
        limits.spend(limits.NOTICE_FORGED, address, pepper=pepper, now=now)
    except limits.TooManyAttemptsError:
        return False
    return True


def take_due(shops: Shops, *, now: datetime, most: int = 50) -> int:
    """Ask the providers about what notices have come of; returns how many were used."""
    for count in range(most):
        with shops.claimed(lambda full: _claim(full, now)) as row:
            if row is None:
                return count
            _take(row, shops, now)
    return most


def _claim(full: list[str], now: datetime) -> Row | None:
    due = (
        Row.select()
        .where(Row.next_at <= now, Row.shop.not_in(full))
        .order_by(Row.next_at, Row.id)
    )
    with reading():
        if not due.exists():
            return None
    with writing():
        row = lock(due.limit(1), is_skipping=True).first()
        if row is not None:
            row.tries += 1
            row.next_at = now + LEASE
            row.save()
        return row


def _take(row: Row, shops: Shops, now: datetime) -> None:
    """Use one notice; a move the table refuses is written down and looked at again."""
    shop = shops.named(row.shop)
    payment = _payment_of(row)
    if shop is None or (payment is None and not is_ours(shop, row.order)):
        _put_off(row, "unknown", now)
        return
    try:
        seen = shop.gateway.ask(row.provider_id)
    except UnclearError:
        # The poller asks again whatever becomes of the notice.
        _put_off(row, "unclear", now)
        return
    except RefusedError:
        # A key that was changed, an id of another shop: it ends like what is unclear.
        _put_off(row, "unexplained", now)
        return
    if payment is None and seen is not None:
        payment = recover(shop, seen, source="notice", now=now)
    if payment is None:
        _put_off(row, "unknown", now)
        return
    try:
        _observe(row, payment, seen, shop, now)
    except IllegalMoveError:
        _put_off(row, "refused", now)


def _observe(
    row: Row,
    payment: Payment,
    seen: SeenPayment | None,
    shop: OpenShop,
    now: datetime,
) -> None:
    noted = refused_moves_noted(f"payment:{payment.public_id}", now=now)
    with noted, writing():
        before = locked(payment.id)
        if seen is None:
            outcome = "nothing there"
        else:
            taken = observe(before, seen, shop, source="notice", now=now, notice=row)
            outcome = taken.effect.value if taken else "suspicious"
        Row.update(next_at=None, outcome=outcome).where(Row.id == row.id).execute()


def _payment_of(row: Row) -> Payment | None:
    mine = Payment.shop == row.shop
    found = Payment.get_or_none(mine, Payment.provider_id == row.provider_id)
    if found is not None or not row.order:
        return found
    return (
        Payment.select()
        .join(PaymentAttempt)
        .where(mine, PaymentAttempt.number == row.order)
        .first()
    )


def _put_off(row: Row, outcome: str, now: datetime) -> None:
    is_last = row.tries >= MOST_TRIES
    with writing():
        Row.update(next_at=None if is_last else now + PAUSE, outcome=outcome).where(
            Row.id == row.id
        ).execute()
        if is_last:
            audit.record(
                SYSTEM, f"notice.{outcome}", now=now, subject=f"notice:{row.id}"
            )
