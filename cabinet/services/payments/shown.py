"""How a payment stands, as whoever pays is told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import FiscalState, Reason
from cabinet.domain.payments.states import PaymentState
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    Branch,
    Payment,
    PaymentReceipt,
    PaymentShare,
    Refund,
)
from cabinet.models.base import reading
from cabinet.services.payments.moving import PaymentNotFoundError


class Stage(StrEnum):
    """What whoever pays has to know of the thirteen states."""

    DOUBT = "doubt"
    PAGE = "page"
    HELD = "held"
    PAID = "paid"
    RETURNED = "returned"
    DISPUTED = "disputed"
    NOT_PAID = "not_paid"
    CHECKED = "checked"


STAGES = {
    PaymentState.CREATED: Stage.DOUBT,
    PaymentState.SUBMITTING: Stage.DOUBT,
    PaymentState.IN_DOUBT: Stage.DOUBT,
    PaymentState.PENDING: Stage.PAGE,
    PaymentState.WAITING: Stage.HELD,
    PaymentState.SUCCEEDED: Stage.PAID,
    PaymentState.PARTIALLY_REFUNDED: Stage.PAID,
    PaymentState.REFUNDED: Stage.RETURNED,
    PaymentState.DISPUTED: Stage.DISPUTED,
    PaymentState.CHARGED_BACK: Stage.RETURNED,
    PaymentState.CANCELED: Stage.NOT_PAID,
    PaymentState.FAILED: Stage.NOT_PAID,
    PaymentState.EXPIRED: Stage.NOT_PAID,
}

#: The end is not known yet: the page asks again by itself.
GOING = frozenset({Stage.DOUBT, Stage.PAGE, Stage.HELD})


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """A payment in a line."""

    public_id: UUID
    amount: Money
    created_at: datetime
    zone: ZoneInfo
    stage: Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What of the payment is for one account."""

    number: str
    amount: Money
    month: Month | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A payment as whoever pays sees it.

    `pay_url` is the provider's page while it may be open; `returned` what came back.
    The payee is the branch's company.
    """

    public_id: UUID
    stage: Stage
    state: PaymentState
    amount: Money
    returned: Money
    shares: tuple[Share, ...]
    method: str
    email: str
    created_at: datetime
    paid_at: datetime | None
    final_at: datetime | None
    receipt: str
    fiscal: FiscalState
    reason: Reason | None
    pay_url: str
    shop: str
    zone: ZoneInfo
    company: str
    inn: str
    branch_phone: str

    @property
    def is_going(self) -> bool:
        """Tell whether the end is still to come."""
        return self.stage in GOING


def brief(payment: Payment, zone: ZoneInfo) -> Brief:
    """Return the payment in a line."""
    return Brief(
        public_id=payment.public_id,
        amount=payment.amount,
        created_at=payment.created_at,
        zone=zone,
        stage=stage_of(payment),
    )


def stage_of(payment: Payment) -> Stage:
    """Return what to tell; what waits for a specialist is told so while it is open."""
    stage = STAGES[payment.state]
    return Stage.CHECKED if payment.is_suspicious and stage in GOING else stage


def show(public_id: UUID, user_id: int | None) -> Shown:
    """Return the payment of the user, or of a guest who has its link.

    Raises PaymentNotFoundError, the same for missing and foreign.
    """
    with reading():
        whose = Payment.user == user_id if user_id else Payment.user.is_null()
        payment = (
            Payment.select(Payment, Branch)
            .join(Branch)
            .where(Payment.public_id == public_id, whose)
            .first()
        )
        if payment is None:
            raise PaymentNotFoundError(public_id)
        return _shown(payment)


def _shown(payment: Payment) -> Shown:
    branch = payment.branch
    stage = stage_of(payment)
    shares = (
        PaymentShare.select(PaymentShare, Account)
        .join(Account)
        .where(PaymentShare.payment == payment)
        .order_by(PaymentShare.id)
    )
    receipt = PaymentReceipt.get_or_none(PaymentReceipt.payment == payment)
    returned = Refund.select().where(
        Refund.payment == payment, Refund.state == RefundState.SUCCEEDED
    )
    return Shown(
        public_id=payment.public_id,
        stage=stage,
        state=payment.state,
        amount=payment.amount,
        returned=Money.total(row.amount for row in returned),
        shares=tuple(
            Share(number=one.account.number, amount=one.amount, month=one.month)
            for one in shares
        ),
        method=payment.method,
        email=payment.email,
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        final_at=payment.final_at,
        receipt=receipt.title if receipt else "",
        fiscal=payment.fiscal,
        reason=Reason(payment.reason) if payment.reason else None,
        pay_url=payment.pay_url if stage is Stage.PAGE else "",
        shop=payment.shop,
        zone=ZoneInfo(branch.time_zone),
        company=branch.company,
        inn=branch.inn,
        branch_phone=branch.phone,
    )
