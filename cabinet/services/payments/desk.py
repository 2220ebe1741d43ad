"""Payments as a specialist sees them: what needs a person first, then all by pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import Expression, ModelSelect

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.states import PaymentState
from cabinet.models import Account, Branch, Payment, PaymentShare, Refund
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.payments.findings import DOUBT
from cabinet.services.payments.lag import overdue
from cabinet.services.staff import Member, branches_of

PAGE = 25
MOST_PAGES = 400

#: In doubt for less than this is no business of a person.
DOUBT_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is looked for: a day by the clocks of the zone, a state, an account."""

    zone: ZoneInfo
    day: date | None = None
    state: PaymentState | None = None
    account: str = ""
    page: int = 1

    @property
    def is_plain(self) -> bool:
        """Tell whether everything is asked for."""
        return not (self.day or self.state or self.account)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentRow:
    """A payment in a line; `why` is what it needs a person for, if it does."""

    public_id: UUID
    accounts: tuple[str, ...]
    amount: Money
    state: PaymentState
    created_at: datetime
    branch: str
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentList:
    """A page of the list, and what waits for a person, oldest first.

    `late` is how many of the installation the worker should have asked about by now.
    """

    attention: tuple[PaymentRow, ...]
    waiting: int
    rows: tuple[PaymentRow, ...]
    page: int
    has_older: bool
    late: int


def payment_list(
    member: Member, asked: Asked, *, actor: Actor, now: datetime
) -> PaymentList:
    """Return the payments of the branches of the member of staff; a look is noted."""
    with writing():
        mine = Payment.branch.in_(branches_of(member))
        odd = _select().where(mine, _attention(now))
        attention: list[Payment] = []
        waiting = 0
        if asked.is_plain and asked.page == 1:
            attention = list(odd.order_by(Payment.created_at, Payment.id).limit(PAGE))
            waiting = odd.count()
        rows = list(
            _filtered(_select().where(mine), asked)
            .order_by(Payment.created_at.desc(), Payment.id.desc())
            .offset((asked.page - 1) * PAGE)
            .limit(PAGE + 1)
        )
        numbers = _numbers([*attention, *rows])
        held = _waiting_refunds([*attention, *rows])
        found = PaymentList(
            attention=tuple(_row(one, numbers, held, now) for one in attention),
            waiting=waiting,
            rows=tuple(_row(one, numbers, held, now) for one in rows[:PAGE]),
            page=asked.page,
            has_older=len(rows) > PAGE and asked.page < MOST_PAGES,
            late=overdue(now).waiting,
        )
        audit.record_each(
            actor,
            "payments.listed",
            _shown_accounts([*attention, *rows[:PAGE]], asked.account),
            now=now,
            page=asked.page,
            shown=len(found.attention) + len(found.rows),
        )
        return found


def why_of(payment: Payment, now: datetime, *, holds_refund: bool) -> str:
    """Return what the payment needs a person for, in a word of ours."""
    if payment.is_suspicious and not payment.verdict:
        return "suspicious"
    if payment.state in DOUBT and payment.created_at < now - DOUBT_LASTS:
        return "doubt"
    return "refund" if holds_refund else ""


def _attention(now: datetime) -> Expression:
    odd = Payment.is_suspicious & (Payment.verdict == "")
    lost = Payment.state.in_(sorted(DOUBT)) & (Payment.created_at < now - DOUBT_LASTS)
    waits = Payment.id.in_(
        Refund.select(Refund.payment).where(Refund.state == RefundState.REQUESTED)
    )
    return odd | lost | waits


def _select() -> ModelSelect:
    return Payment.select(Payment, Branch).join(Branch)


def _filtered(query: ModelSelect, asked: Asked) -> ModelSelect:
    if asked.day is not None:
        starts = _midnight(asked.day, asked.zone)
        ends = _midnight(asked.day + timedelta(days=1), asked.zone)
        query = query.where(Payment.created_at >= starts, Payment.created_at < ends)
    if asked.state is not None:
        query = query.where(Payment.state == asked.state)
    if asked.account:
        shares = (
            PaymentShare.select(PaymentShare.payment)
            .join(Account)
            .where(Account.number == asked.account)
        )
        query = query.where(Payment.id.in_(shares))
    return query


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _numbers(payments: Iterable[Payment]) -> dict[int, list[str]]:
    ids = [payment.id for payment in payments]
    found: dict[int, list[str]] = {}
    for share in (
        PaymentShare.select(PaymentShare, Account)
        .join(Account)
        .where(PaymentShare.payment.in_(ids))
        .order_by(PaymentShare.id)
    ):
        found.setdefault(share.payment_id, []).append(share.account.number)
    return found


def _shown_accounts(payments: Iterable[Payment], asked: str) -> set[int]:
    """Return the ids of the accounts on the page, and of the one that was asked for."""
    ids = [payment.id for payment in payments]
    shares = PaymentShare.select(PaymentShare.account).where(
        PaymentShare.payment.in_(ids)
    )
    named = Account.select(Account.id).where(Account.number == asked)
    return {one.account_id for one in shares} | {one.id for one in named if asked}


def _waiting_refunds(payments: Iterable[Payment]) -> set[int]:
    ids = [payment.id for payment in payments]
    rows = Refund.select(Refund.payment).where(
        Refund.payment.in_(ids), Refund.state == RefundState.REQUESTED
    )
    return {row.payment_id for row in rows}


def _row(
    payment: Payment, numbers: dict[int, list[str]], held: set[int], now: datetime
) -> PaymentRow:
    return PaymentRow(
        public_id=payment.public_id,
        accounts=tuple(numbers.get(payment.id, ())),
        amount=payment.amount,
        state=payment.state,
        created_at=payment.created_at,
        branch=payment.branch.name,
        why=why_of(payment, now, holds_refund=payment.id in held),
    )
