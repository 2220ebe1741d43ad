"""What a specialist does about a difference: closes it, or mends what is behind it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError

from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.refunds import RefundEvent
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import PAID, PaymentEvent, PaymentState
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import OpenShop, Shops
from cabinet.models import (
    Account,
    Branch,
    Payment,
    PaymentShare,
    Reconciliation,
    ReconciliationItem,
    Refund,
)
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments.matching import REFUNDED_THERE, on_its_way, refunded_of
from cabinet.services.payments.moving import PaymentNotFoundError, observe, take
from cabinet.services.payments.refund_moves import given_back, take_refund
from cabinet.services.payments.refunding import (
    NoShareError,
    TooMuchError,
    left_of,
    payment_of,
)
from cabinet.services.staff import Member, branches_of

#: Money the bank has and no account here.
TO_ATTACH = frozenset({Difference.MISSING_HERE, Difference.DUPLICATE})

#: After a lost dispute nothing is left of the payment to be given back.
RETURNABLE = PAID - {PaymentState.CHARGED_BACK}

ATTACHED = "зачислено на лицевой счёт {}"
RETURN_NOTED = "записан возврат, сделанный в банке"


class ClosedError(Exception):
    """Somebody has closed the difference already."""


class NotSoError(Exception):
    """The bank, asked now, does not say what the difference says."""


class NoAccountError(LookupError):
    """No account of this number in the branches whose money the shop takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Which:
    """A difference of a run, by the run's public id and its own number."""

    run: uuid.UUID
    item: int


def shops_of(member: Member, shops: Shops) -> dict[str, OpenShop]:
    """Return the shops that take the money of a branch the member of staff works in."""
    codes = {
        row.code for row in Branch.select().where(Branch.id.in_(branches_of(member)))
    }
    return {shop.name: shop for shop in shops if codes & set(shop.settings.branches)}


def close_difference(
    member: Member,
    which: Which,
    remark: str,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Close a difference with a remark; raises PaymentNotFoundError and ClosedError."""
    with writing():
        row, _shop = _found(member, which, shops)
        _close(row, member, remark, actor, now)


def attach(
    member: Member,
    which: Which,
    account: str,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Post money only the bank knows of to the account; returns the new payment's id.

    The bank is asked again first: its answer is what is posted. Raises
    PaymentNotFoundError, ClosedError, NoAccountError, NotSoError and UnclearError.
    """
    with reading():
        row, shop = _found(member, which, shops)
        if row.closed_at is not None:
            raise ClosedError(which.item)
        owner = _account(account, member, shop)
    if row.kind not in TO_ATTACH:
        raise NotSoError(row.kind)
    seen = _ask(shop, row)
    if seen is None or seen.state is not Seen.SUCCEEDED or seen.currency != "RUB":
        raise NotSoError(row.provider_id)
    try:
        with writing():
            row, _shop = _found(member, which, shops)
            payment = _make(shop, owner, seen, actor, now)
            row.payment = payment
            _close(row, member, ATTACHED.format(owner.number), actor, now)
            return uuid.UUID(str(payment.public_id))
    except IntegrityError as error:
        # Somebody has attached it, or it came after all: the bank's number is taken.
        raise NotSoError(row.provider_id) from error


def note_return(
    member: Member,
    which: Which,
    account: str,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Post what was given back in the bank's own cabinet, from the account's share.

    Raises PaymentNotFoundError, ClosedError, NoShareError, TooMuchError, NotSoError and
    UnclearError.
    """
    with reading():
        row, shop = _found(member, which, shops)
        if row.closed_at is not None:
            raise ClosedError(which.item)
    if row.their_state != REFUNDED_THERE or row.payment is None:
        raise NotSoError(row.kind)
    seen = _ask(shop, row)
    with writing():
        row, _shop = _found(member, which, shops)
        payment = payment_of(member, row.payment.public_id)
        back = given_back(payment)
        there = (seen and refunded_of(payment, seen)) or back
        is_open = payment.state in RETURNABLE and not on_its_way(payment)
        if there <= back or not is_open:
            raise NotSoError(row.provider_id)
        amount = there - back
        owner = Account.get_or_none(Account.number == account)
        left = left_of(payment)
        if owner is None or owner.id not in left:
            raise NoShareError(account)
        if amount > left[owner.id]:
            raise TooMuchError(amount, left[owner.id])
        refund = Refund.create(
            public_id=uuid.uuid4(),
            nonce=uuid.uuid4(),
            key=uuid.uuid4(),
            payment=payment,
            account=owner,
            amount=amount,
            why=RETURN_NOTED,
            requested_by=member.user_id,
            created_at=now,
            sent_at=now,
        )
        for event in (
            RefundEvent.APPROVE,
            RefundEvent.SUBMIT,
            RefundEvent.SEEN_SUCCEEDED,
        ):
            take_refund(payment, refund, event, now=now, actor=actor)
        _close(row, member, RETURN_NOTED, actor, now)


def _found(
    member: Member, which: Which, shops: Shops
) -> tuple[ReconciliationItem, OpenShop]:
    row = (
        ReconciliationItem.select(ReconciliationItem, Reconciliation)
        .join(Reconciliation)
        .where(
            ReconciliationItem.id == which.item,
            Reconciliation.public_id == which.run,
        )
        .first()
    )
    shop = row and shops_of(member, shops).get(row.reconciliation.shop)
    if row is None or shop is None:
        raise PaymentNotFoundError(which.item)
    return row, shop


def _close(
    row: ReconciliationItem,
    member: Member,
    remark: str,
    actor: Actor,
    now: datetime,
) -> None:
    mine = ReconciliationItem.id == row.id
    lock(ReconciliationItem.select().where(mine)).get()
    changed = (
        ReconciliationItem.update(
            closed_at=now,
            closed_by=member.user_id,
            remark=remark[:240],
            payment=row.payment_id,
        )
        .where(mine, ReconciliationItem.closed_at.is_null())
        .execute()
    )
    if not changed:
        raise ClosedError(row.id)
    audit.record(
        actor,
        "reconciliation.closed",
        now=now,
        subject=f"reconciliation:{row.reconciliation.public_id}",
        item=row.id,
        kind=row.kind.value,
        remark=remark[:240],
    )


def _ask(shop: OpenShop, row: ReconciliationItem) -> SeenPayment | None:
    """Ask for the payment by the bank's number; a file may have known only ours."""
    database.close()
    try:
        if row.provider_id == row.order:
            return shop.gateway.find(row.order)
        return shop.gateway.ask(row.provider_id)
    except RefusedError as error:
        raise UnclearError from error


def _account(number: str, member: Member, shop: OpenShop) -> Account:
    found = (
        Account.select(Account, Branch)
        .join(Branch)
        .where(
            Account.number == number,
            Branch.code.in_(shop.settings.branches),
            Branch.id.in_(branches_of(member)),
        )
        .first()
    )
    if found is None:
        raise NoAccountError(number)
    return found


def _make(
    shop: OpenShop, account: Account, seen: SeenPayment, actor: Actor, now: datetime
) -> Payment:
    payment = Payment.create(
        public_id=uuid.uuid4(),
        nonce=uuid.uuid4(),
        branch=account.branch,
        shop=shop.name,
        method="card",
        amount=seen.amount,
        state=PaymentState.CREATED,
        provider_id=seen.provider_id,
        created_at=now,
    )
    PaymentShare.create(payment=payment, account=account, amount=seen.amount)
    take(payment, PaymentEvent.SUBMIT, source="reconciliation", now=now, actor=actor)
    observe(payment, seen, shop, source="reconciliation", now=now)
    return payment
