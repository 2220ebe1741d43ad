"""A payment the bank has and this database has not: put back if it is proved to be ours.

So it is after a copy of the database was put back, or a standby without the last seconds
became the database. What we sent along with the order tells whose the payment is; what
that does not prove is left to a specialist. What went back of it since follows it.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from peewee import IntegrityError

from cabinet.domain.money import Money
from cabinet.domain.payments import sent
from cabinet.domain.payments.order_number import read_number, tag_of
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.sent import Sent, SentShare
from cabinet.domain.payments.states import PAID, PaymentEvent, PaymentState
from cabinet.gateways.shops import OpenShop
from cabinet.models import (
    Account,
    AccountAccess,
    Branch,
    Payment,
    PaymentAttempt,
    PaymentShare,
    User,
)
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import SYSTEM
from cabinet.services.payments import refunds_back, start
from cabinet.services.payments.moving import observe, take
from cabinet.services.payments.refused import refused_moves_noted

#: What has no money and never will is not worth a row.
ALIVE = frozenset({Seen.PENDING, Seen.WAITING, Seen.SUCCEEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proved:
    """A payment of ours by the bank's word, its accounts found here.

    `whole` is what the bank tells of it, with what went back of it since.
    """

    whole: SeenPayment
    public_id: uuid.UUID
    user_id: int | None
    branch: Branch
    shares: tuple[tuple[Account, SentShare], ...]


def is_ours(shop: OpenShop, number: str) -> bool:
    """Tell whether an order's number is of this installation."""
    named = read_number(number)
    if named is None or not shop.origin:
        return False
    return named.tag == tag_of(shop.installation)


def recover(
    shop: OpenShop, seen: SeenPayment, *, source: str, now: datetime
) -> Payment | None:
    """Put the payment back as the bank has it; None where it is not proved to be ours.

    Paid, it stands on its accounts once: the bank's number, the number of the order and
    the cause of each entry are unique. Not paid yet, it is asked about as any other. What
    went back of it is posted if it is proved whose. Whoever is faster elsewhere makes it,
    and None is returned.
    """
    is_taken = seen.currency == "RUB" and (not seen.is_test or shop.settings.is_trial)
    if seen.state not in ALIVE or not is_taken or not is_ours(shop, seen.order):
        return None
    with reading():
        proved = _prove(shop, seen)
    if proved is None:
        return None
    noted = refused_moves_noted(f"payment:{proved.public_id}", now=now)
    payment = None
    with suppress(IntegrityError), noted, writing():
        payment = _put(shop, proved, source, now)
    if payment and payment.state in PAID:
        refunds_back.bring_back_of(payment, seen, shop, now=now)
        payment = Payment.get_by_id(payment.id)
    return payment


def _prove(shop: OpenShop, seen: SeenPayment) -> _Proved | None:
    told = sent.read(seen.sent) if seen.sent else _by_number(shop, seen)
    named = read_number(seen.order)
    if told is None or named is None:
        return None
    is_same = (told.number, told.installation, told.environment) == (
        seen.order,
        shop.installation,
        shop.environment,
    )
    total = Money.total(share.amount for share in told.shares)
    whole = (
        replace(seen, amount=total, is_rest=False) if _is_part(seen, total) else seen
    )
    is_whole = total == whole.amount and all(one.amount for one in told.shares)
    if not is_same or not is_whole or not told.public_id.hex.startswith(named.head):
        return None
    numbers = {share.account for share in told.shares}
    rows = (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.number.in_(numbers), Branch.code.in_(shop.settings.branches))
    )
    found = {row.number: row for row in rows}
    branches = {row.branch_id for row in found.values()}
    if set(found) != numbers or len(numbers) < len(told.shares) or len(branches) > 1:
        return None
    return _Proved(
        whole=whole,
        public_id=told.public_id,
        user_id=_user_of(told, [row.id for row in found.values()], seen),
        branch=next(iter(found.values())).branch,
        shares=tuple((found[share.account], share) for share in told.shares),
    )


def _is_part(seen: SeenPayment, total: Money) -> bool:
    """Tell whether the bank tells how much of so large a payment went back.

    One that tells only that something did, or is about to, proves no sum at all.
    """
    is_all = bool(seen.refunded) and seen.amount == total
    return seen.is_rest and not seen.is_returning and (is_all or seen.amount < total)


def _by_number(shop: OpenShop, seen: SeenPayment) -> Sent | None:
    """Return what the number alone tells: the accounts, where the whole sum is known."""
    named = read_number(seen.order)
    if named is None:
        return None
    total = named.total if seen.is_rest else seen.amount
    shares = () if total is None else named.shares(total)
    if total is None or not shares or (seen.is_rest and not _is_part(seen, total)):
        return None
    rest = uuid.uuid4().hex[len(named.head) :]
    return Sent(
        public_id=uuid.UUID(hex=named.head + rest),
        number=seen.order,
        installation=shop.installation,
        environment=shop.environment,
        user=None,
        shares=shares,
    )


def _user_of(told: Sent, account_ids: list[int], seen: SeenPayment) -> int | None:
    """Return who paid, if that is still the same person: numbers may be given anew."""
    if told.user is None:
        return None
    person = User.get_or_none(User.id == told.user, User.erased_at.is_null())
    accesses = AccountAccess.select(AccountAccess.account).where(
        AccountAccess.user == told.user, AccountAccess.account.in_(account_ids)
    )
    is_late = seen.paid_at is not None and person and person.created_at > seen.paid_at
    has_all = {row.account_id for row in accesses} == set(account_ids)
    return told.user if person and has_all and not is_late else None


def _put(shop: OpenShop, proved: _Proved, source: str, now: datetime) -> Payment:
    seen = proved.whole
    payment = Payment.create(
        public_id=proved.public_id,
        nonce=uuid.uuid4(),
        user=proved.user_id,
        branch=proved.branch,
        shop=shop.name,
        method="card",
        amount=seen.amount,
        state=PaymentState.CREATED,
        created_at=seen.paid_at or now,
    )
    for account, share in proved.shares:
        PaymentShare.create(
            payment=payment, account=account, amount=share.amount, month=share.month
        )
        audit.record(
            SYSTEM,
            "payment.recovered",
            now=now,
            subject=f"payment:{payment.public_id}",
            account_id=account.id,
            kopecks=share.amount.kopecks,
        )
    PaymentAttempt.create(
        payment=payment,
        number=seen.order,
        key=uuid.uuid4(),
        return_url=shop.origin + start.page_of(payment),
        sent_at=seen.paid_at or now,
    )
    take(payment, PaymentEvent.SUBMIT, source=source, now=now)
    observe(payment, seen, shop, source=source, now=now)
    return payment
