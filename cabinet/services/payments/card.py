"""One payment up close: shares, steps, notices, refunds, and what may be done."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import FiscalState
from cabinet.domain.payments.states import (
    MOVES,
    Effect,
    PaymentEvent,
    PaymentState,
)
from cabinet.models import (
    Account,
    AuditEntry,
    Branch,
    Notice,
    Payment,
    PaymentReceipt,
    PaymentShare,
    PaymentStep,
    Refund,
    User,
)
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments.desk import why_of
from cabinet.services.payments.disputes import MARKS
from cabinet.services.payments.refunding import (
    is_refundable,
    left_of,
    payment_of,
)
from cabinet.services.staff import Member

MOST = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareShown:
    """What of the payment is for an account, and what may still be given back."""

    account: str
    holder: str
    amount: Money
    left: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class StepShown:
    """One step of the history."""

    at: datetime
    event: PaymentEvent
    before: PaymentState
    after: PaymentState
    effect: Effect
    source: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeShown:
    """A notice of the provider and what became of it."""

    at: datetime
    event: str
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundShown:
    """A refund; `is_own` when whoever looks asked for it and so cannot agree to it."""

    public_id: UUID
    account: str
    amount: Money
    state: RefundState
    why: str
    refused: str
    asked_by: str
    agreed_by: str
    created_at: datetime
    final_at: datetime | None
    is_own: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentCard:
    """The whole payment; `told` is what the bank said that made it suspicious."""

    public_id: UUID
    state: PaymentState
    amount: Money
    method: str
    email: str
    shop: str
    provider_id: str
    reason: str
    fiscal: FiscalState
    receipt: str
    created_at: datetime
    paid_at: datetime | None
    asked_at: datetime | None
    zone: ZoneInfo
    branch: str
    why: str
    is_suspicious: bool
    verdict: str
    told: tuple[str, str]
    shares: tuple[ShareShown, ...]
    steps: tuple[StepShown, ...]
    notices: tuple[NoticeShown, ...]
    refunds: tuple[RefundShown, ...]
    is_refundable: bool
    alone_up_to: Money
    marks: tuple[PaymentEvent, ...]


def payment_card(
    member: Member, public_id: UUID, *, actor: Actor, now: datetime
) -> PaymentCard:
    """Return the payment and note who looked at whose; raises PaymentNotFoundError."""
    with writing():
        payment = payment_of(member, public_id)
        branch = Branch.get_by_id(payment.branch_id)
        shares = list(
            PaymentShare.select(PaymentShare, Account)
            .join(Account)
            .where(PaymentShare.payment == payment)
            .order_by(PaymentShare.id)
        )
        for share in shares:
            audit.record(
                actor,
                "payment.looked",
                now=now,
                subject=f"payment:{payment.public_id}",
                account_id=share.account_id,
            )
        left = left_of(payment)
        refunds = _refunds(payment, member)
        receipt = PaymentReceipt.get_or_none(PaymentReceipt.payment == payment)
        holds = any(one.state is RefundState.REQUESTED for one in refunds)
        return PaymentCard(
            public_id=payment.public_id,
            state=payment.state,
            amount=payment.amount,
            method=payment.method,
            email=payment.email,
            shop=payment.shop,
            provider_id=payment.provider_id or "",
            reason=payment.reason,
            fiscal=payment.fiscal,
            receipt=receipt.title if receipt else "",
            created_at=payment.created_at,
            paid_at=payment.paid_at,
            asked_at=payment.asked_at,
            zone=ZoneInfo(branch.time_zone),
            branch=branch.name,
            why=why_of(payment, now, holds_refund=holds),
            is_suspicious=payment.is_suspicious,
            verdict=payment.verdict,
            told=_told(payment) if payment.is_suspicious else ("", ""),
            shares=tuple(
                ShareShown(
                    account=share.account.number,
                    holder=share.account.holder,
                    amount=share.amount,
                    left=left[share.account_id],
                )
                for share in shares
            ),
            steps=_steps(payment),
            notices=_notices(payment),
            refunds=refunds,
            is_refundable=is_refundable(payment) and any(left.values()),
            alone_up_to=branch.refund_alone_up_to,
            marks=_marks(payment),
        )


def _marks(payment: Payment) -> tuple[PaymentEvent, ...]:
    """Return the marks of a dispute that would move the payment."""
    moves = ((mark, MOVES[payment.state, mark]) for mark in sorted(MARKS))
    return tuple(
        mark for mark, move in moves if move and move.effect is not Effect.STAY
    )


def _told(payment: Payment) -> tuple[str, str]:
    """Return why the payment became suspicious and what the bank told then."""
    entry = (
        AuditEntry.select(AuditEntry.details)
        .where(
            AuditEntry.action == "payment.suspicious",
            AuditEntry.subject == f"payment:{payment.public_id}",
        )
        .order_by(AuditEntry.id.desc())
        .first()
    )
    if entry is None:
        return "", ""
    return str(entry.details.get("why", "")), str(entry.details.get("told", ""))


def _steps(payment: Payment) -> tuple[StepShown, ...]:
    rows = PaymentStep.select().where(PaymentStep.payment == payment)
    return tuple(
        StepShown(
            at=row.at,
            event=row.event,
            before=row.before,
            after=row.after,
            effect=row.effect,
            source=row.source,
            words=str(row.details.get("why") or row.details.get("code") or ""),
        )
        for row in rows.order_by(PaymentStep.number).limit(MOST)
    )


def _notices(payment: Payment) -> tuple[NoticeShown, ...]:
    if payment.provider_id is None:
        return ()
    rows = Notice.select().where(
        Notice.shop == payment.shop, Notice.provider_id == payment.provider_id
    )
    return tuple(
        NoticeShown(at=row.received_at, event=row.event, outcome=row.outcome)
        for row in rows.order_by(Notice.id).limit(MOST)
    )


def _refunds(payment: Payment, member: Member) -> tuple[RefundShown, ...]:
    rows = list(
        Refund.select(Refund, Account)
        .join(Account)
        .where(Refund.payment == payment)
        .order_by(Refund.id)
        .limit(MOST)
    )
    ids = {row.requested_by_id for row in rows} | {row.approved_by_id for row in rows}
    names = {
        user.id: user.name
        for user in User.select(User.id, User.name).where(User.id.in_(ids - {None}))
    }
    return tuple(
        RefundShown(
            public_id=row.public_id,
            account=row.account.number,
            amount=row.amount,
            state=row.state,
            why=row.why,
            refused=row.refused,
            asked_by=names.get(row.requested_by_id, ""),
            agreed_by=names.get(row.approved_by_id, ""),
            created_at=row.created_at,
            final_at=row.final_at,
            is_own=row.requested_by_id == member.user_id,
        )
        for row in rows
    )
