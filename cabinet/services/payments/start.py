"""Starting a payment: written down first, then the provider is called, then answered."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cabinet.domain.money import Money
from cabinet.domain.payments.order_number import make_number
from cabinet.domain.payments.states import OPEN, PaymentEvent
from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.domain.period import Month
from cabinet.gateways.base import (
    Method,
    Order,
    RefusedError,
    Started,
    UnclearError,
)
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import Account, Branch, Payment, PaymentAttempt, PaymentShare
from cabinet.models.base import database, lock, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit, bulkheads, limits
from cabinet.services.access import get_access
from cabinet.services.audit import Actor
from cabinet.services.payments.doubt import is_in_doubt
from cabinet.services.payments.moving import is_anothers, locked, observe, take
from cabinet.services.payments.orders import order_of, sent_shares
from cabinet.services.payments.refusals import (
    AmountError,
    InDoubtError,
    KeyTakenError,
    NoShopError,
    OthersInDoubtError,
    SeveralPayeesError,
    TooManyOpenError,
)
from cabinet.services.payments.refused import refused_moves_noted

LEAST = Money(1_00)
#: Whoever asks for the same sum on the same accounts gets the same payment so long.
SAME_LASTS = timedelta(minutes=10)
MOST_OPEN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be paid for one account; `month` is the bill it was asked for."""

    account_id: int
    amount: Money
    month: Month | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the form asks: `nonce` is its key, `origin` the portal's own address.

    Without a user it is a guest who pays for an account and is told nothing of it.
    """

    nonce: uuid.UUID
    wishes: Sequence[Wish]
    origin: str
    user_id: int | None = None
    email: str = ""
    method: Method = Method.CARD
    address: str = ""


def start(
    wanted: Wanted, shops: Shops, *, actor: Actor, pepper: str, now: datetime
) -> uuid.UUID:
    """Make the payment, register it at the provider and return its public id.

    The same key again, or the same sums for the same accounts while it is fresh, is the
    same payment, whatever its method and month. Nothing is sent before what is sent has been committed; an answer that
    does not come leaves the payment in doubt, which is no error. Raises AmountError,
    SeveralPayeesError, NoShopError, TooManyOpenError, InDoubtError, OthersInDoubtError,
    KeyTakenError, TooManyAttemptsError, AccountNotFoundError, and bulkheads.BusyError
    while too many wait for their bank: then nothing is written.
    """
    with bulkheads.BANK.place():
        return _start(wanted, shops, actor=actor, pepper=pepper, now=now)


def _start(
    wanted: Wanted, shops: Shops, *, actor: Actor, pepper: str, now: datetime
) -> uuid.UUID:
    payment, attempt = _put(wanted, shops, actor=actor, pepper=pepper, now=now)
    if attempt is not None:
        with refused_moves_noted(f"payment:{payment.public_id}", now=now, actor=actor):
            call(payment.id, attempt.id, shops, now=now)
    return payment.public_id


def call(payment_id: int, attempt_id: int, shops: Shops, *, now: datetime) -> None:
    """Make the call of an attempt outside any transaction and take its answer."""
    payment = Payment.get_by_id(payment_id)
    attempt = PaymentAttempt.get_by_id(attempt_id)
    shop = shops.named(payment.shop)
    if shop is None:
        return
    order = order_of(payment, attempt, shop)
    database.close()
    with bulkheads.BANK.call():
        event, started, details = _outcome(shop, order)
    seen = None
    if event is PaymentEvent.REFUSED and payment.asks:
        # The call was made before: its refusal is believed only when nothing is there.
        try:
            seen = shop.gateway.find(order.number, attempt.sent_at)
        except (UnclearError, RefusedError):
            event, details = (
                PaymentEvent.UNCLEAR,
                {"why": "refused, then not found out"},
            )
    with writing():
        row = locked(payment_id)
        if seen is not None:
            observe(row, seen, shop, source="call", now=now)
            return
        wrong = started and _wrong(row, started, shop)
        if wrong:
            event, started, details = PaymentEvent.UNCLEAR, None, {"why": wrong}
        if started is not None and row.provider_id is None:
            row.provider_id = started.provider_id
            row.pay_url = started.pay_url
            row.save()
        if details.get("reason") and row.state in OPEN:
            row.reason = details["reason"]
        take(row, event, source="call", now=now, details=details)


def _wrong(payment: Payment, started: Started, shop: OpenShop) -> str:
    """Return why what was accepted cannot be the payment's page, empty when it can."""
    if is_anothers(payment, started.provider_id):
        return "the number of another payment"
    is_page = not started.pay_url or _is_address(started.pay_url, shop)
    return "" if is_page else "no address of a page"


def _is_address(text: str, shop: OpenShop) -> bool:
    # A page is as well protected as the interface itself: plain HTTP is the emulator's.
    schemes = {"https", urlsplit(shop.settings.base_url).scheme}
    if not text.isprintable() or len(text) > Payment.pay_url.max_length:
        return False
    try:
        return urlsplit(text).scheme in schemes
    except ValueError:
        return False


def _outcome(
    shop: OpenShop, order: Order
) -> tuple[PaymentEvent, Started | None, dict[str, str]]:
    try:
        return PaymentEvent.ACCEPTED, shop.gateway.start(order), {}
    except UnclearError as error:
        return PaymentEvent.UNCLEAR, None, {"why": type(error.__cause__).__name__}
    except RefusedError as error:
        reason = error.reason.value if error.reason else ""
        return PaymentEvent.REFUSED, None, {"code": error.code, "reason": reason}


@keyed
@writing()
def _put(
    wanted: Wanted, shops: Shops, *, actor: Actor, pepper: str, now: datetime
) -> tuple[Payment, PaymentAttempt | None]:
    accounts = _accounts(wanted, now)
    branch = accounts[0].branch
    if any(one.branch_id != branch.id for one in accounts):
        raise SeveralPayeesError
    shop = shops.of_branch(branch.code)
    is_firm = any(one.kind is AccountKind.ORGANISATION for one in accounts)
    if shop is None or is_firm or wanted.method not in shop.settings.methods:
        raise NoShopError(branch.code)
    _check_sums(wanted, most_of(shop))
    known = Payment.get_or_none(Payment.nonce == wanted.nonce)
    if known is not None:
        if known.same_key != _same(wanted) and not _is_same(known, wanted):
            raise KeyTakenError(str(wanted.nonce))
        return known, None
    fresh = _fresh(wanted, now)
    if fresh is not None:
        return fresh, None
    _limit(wanted, accounts, pepper, now)
    total = Money.total(wish.amount for wish in wanted.wishes)
    payment = Payment.create(
        public_id=uuid.uuid4(),
        nonce=wanted.nonce,
        same_key=_same(wanted),
        same_until=now + SAME_LASTS,
        user=wanted.user_id,
        branch=branch,
        shop=shop.name,
        method=wanted.method.value,
        amount=total,
        email=wanted.email,
        created_at=now,
    )
    for wish in wanted.wishes:
        PaymentShare.create(
            payment=payment,
            account=wish.account_id,
            amount=wish.amount,
            month=wish.month,
        )
        if wanted.user_id is not None:
            # The owner is told who pays; a guest is nobody's guest here.
            audit.record(
                actor,
                "payment.begun",
                now=now,
                subject=f"payment:{payment.public_id}",
                account_id=wish.account_id,
                kopecks=wish.amount.kopecks,
            )
    signs = shop.gateway.number_signs
    attempt = new_attempt(payment, origin=wanted.origin, now=now, signs=signs)
    take(payment, PaymentEvent.SUBMIT, source="form", now=now, actor=actor)
    return payment, attempt


def new_attempt(
    payment: Payment, *, origin: str, now: datetime, signs: int
) -> PaymentAttempt:
    """Write down the next call of a payment, inside the open transaction.

    `signs` are the gateway's `number_signs`.
    """
    made = PaymentAttempt.select().where(PaymentAttempt.payment == payment).count()
    return PaymentAttempt.create(
        payment=payment,
        number=make_number(
            payment.id,
            payment.public_id,
            made + 1,
            installation=urlsplit(origin).netloc,
            shares=sent_shares(payment),
            signs=signs,
        ),
        key=uuid.uuid4(),
        return_url=origin + page_of(payment),
        sent_at=now,
    )


def page_of(payment: Payment) -> str:
    """Return where the payment is shown: to its customer, or to a guest with the link."""
    return f"/{'pay' if payment.user_id else 'guest/pay'}/{payment.public_id}"


def most_of(shop: OpenShop) -> Money:
    """Return the largest sum that one payment of the shop may have."""
    return Money(shop.settings.most_roubles * 100)


def _check_sums(wanted: Wanted, most: Money) -> None:
    total = Money.total(wish.amount for wish in wanted.wishes)
    is_none = any(wish.amount <= Money(0) for wish in wanted.wishes)
    if is_none or not LEAST <= total <= most:
        raise AmountError(total, LEAST, most)


def _accounts(wanted: Wanted, now: datetime) -> list[Account]:
    ids = [wish.account_id for wish in wanted.wishes]
    if wanted.user_id is not None:
        for account_id in ids:
            get_access(wanted.user_id, account_id, now=now, level=AccessLevel.FULL)
    rows = (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.id.in_(ids))
        .order_by(Account.id)
    )
    return list(lock(rows))


def _same(wanted: Wanted) -> str:
    """Return the accounts and sums as a key: how and for which month is no other wish."""
    parts = sorted(f"{wish.account_id}:{wish.amount.kopecks}" for wish in wanted.wishes)
    # A guest never gets the page of somebody else's payment.
    whose = wanted.user_id if wanted.user_id is not None else wanted.nonce.hex
    words = f"{whose}|{'|'.join(parts)}"
    return hashlib.sha256(words.encode()).hexdigest()


def _is_same(payment: Payment, wanted: Wanted) -> bool:
    shares = PaymentShare.select().where(PaymentShare.payment == payment)
    there = {(one.account_id, one.amount) for one in shares}
    wished = {(one.account_id, one.amount) for one in wanted.wishes}
    return there == wished and payment.user_id == wanted.user_id


def _fresh(wanted: Wanted, now: datetime) -> Payment | None:
    """Return the open payment of the same wish; one too old no longer stands for it."""
    known = Payment.get_or_none(Payment.same_key == _same(wanted))
    if known is None:
        return None
    if is_in_doubt(known) or known.same_until > now:
        return known
    Payment.update(same_key=None).where(Payment.id == known.id).execute()
    return None


def _limit(wanted: Wanted, accounts: list[Account], pepper: str, now: datetime) -> None:
    for account in accounts:
        open_ones = list(
            Payment.select()
            .join(PaymentShare)
            .where(PaymentShare.account == account, Payment.state.in_(list(OPEN)))
        )
        if wanted.user_id is not None:
            _wait_for_doubtful(wanted.user_id, account, open_ones)
        if len(open_ones) >= MOST_OPEN:
            raise TooManyOpenError(account.number)
    if wanted.address:
        limits.count(limits.PAYMENT_ADDRESS, wanted.address, pepper=pepper, now=now)
    if wanted.user_id is not None:
        limits.count(
            limits.PAYMENT_HOUR, f"user:{wanted.user_id}", pepper=pepper, now=now
        )


def _wait_for_doubtful(
    user_id: int, account: Account, open_ones: list[Payment]
) -> None:
    """Refuse while it is not known whether the account has been paid, by whomever.

    A guest is not refused: it would tell him that somebody is paying.
    """
    doubtful = [one for one in open_ones if is_in_doubt(one)]
    for one in doubtful:
        if one.user_id == user_id:
            raise InDoubtError(one.public_id)
    if doubtful:
        raise OthersInDoubtError(account.number)
