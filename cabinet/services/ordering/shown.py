"""Ordered recalculations as specialists see them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import JOIN, ModelSelect

from cabinet.domain.billing import Order, OrderState
from cabinet.domain.errors import NotFound
from cabinet.domain.period import Month
from cabinet.models import Account, Branch, OrderTaken, RecalculationOrder, User
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing.orders import order_of, states_of
from cabinet.services.staff import Member, branches_of

#: Rows of a list.
MOST = 100

_Asked = User.alias()
_Agreed = User.alias()
_Withdrawn = User.alias()


class OrderNotFound(NotFound):
    """There is no such order, or it is of another branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShown:
    """An order and where it stands; `month` is that of the bill which has it."""

    public_id: uuid.UUID
    number: str
    holder: str
    branch: str
    zone: ZoneInfo
    order: Order
    state: OrderState
    month: Month | None
    asked_by: str
    asked_at: datetime
    is_own: bool
    agreed_by: str
    agreed_at: datetime | None
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_why: str

    @property
    def may_be_withdrawn(self) -> bool:
        """Tell whether no bill has it yet."""
        return self.state in {OrderState.ASKED, OrderState.AGREED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The orders that wait: for another person, and for a bill; `is_cut` where there are more."""

    asked: tuple[OrderShown, ...]
    agreed: tuple[OrderShown, ...]
    is_cut: bool


def open_orders(member: Member, *, actor: Actor, now: datetime) -> Orders:
    """Return the orders no bill has taken, and note whose were looked at."""
    with writing():
        query = (
            _orders(member)
            .join_from(RecalculationOrder, OrderTaken, JOIN.LEFT_OUTER)
            .where(OrderTaken.id.is_null(), RecalculationOrder.withdrawn_at.is_null())
            .limit(MOST + 1)
        )
        rows = list(query)
        shown = _shown(rows[:MOST], member)
        for row in rows[:MOST]:
            _note_look(row, actor, now)
    return Orders(
        asked=tuple(one for one in shown if one.state is OrderState.ASKED),
        agreed=tuple(one for one in shown if one.state is not OrderState.ASKED),
        is_cut=len(rows) > MOST,
    )


def order_card(
    member: Member, public_id: uuid.UUID, *, actor: Actor, now: datetime
) -> OrderShown:
    """Return an order and note who looked; raises OrderNotFound."""
    with writing():
        row = order_row(member, public_id)
        _note_look(row, actor, now)
        (shown,) = _shown([row], member)
    return shown


def orders_of(member: Member, number: str) -> tuple[OrderShown, ...]:
    """Return the orders of an account, the newest first, for its card, which notes it."""
    with reading():
        rows = list(_orders(member).where(Account.number == number).limit(MOST))
        return _shown(rows, member)


def order_row(member: Member, public_id: uuid.UUID) -> RecalculationOrder:
    """Return the row, inside the open transaction; raises OrderNotFound."""
    row: RecalculationOrder | None = (
        _orders(member).where(RecalculationOrder.public_id == public_id).first()
    )
    if row is None:
        raise OrderNotFound(public_id)
    return row


def _orders(member: Member) -> ModelSelect:
    return (
        RecalculationOrder.select(
            RecalculationOrder, Account, Branch, _Asked, _Agreed, _Withdrawn
        )
        .join(Account)
        .join(Branch)
        .join_from(RecalculationOrder, _Asked, on=RecalculationOrder.asked_by)
        .join_from(
            RecalculationOrder,
            _Agreed,
            JOIN.LEFT_OUTER,
            on=RecalculationOrder.agreed_by,
        )
        .join_from(
            RecalculationOrder,
            _Withdrawn,
            JOIN.LEFT_OUTER,
            on=RecalculationOrder.withdrawn_by,
        )
        .where(Account.branch.in_(branches_of(member)))
        .order_by(RecalculationOrder.id.desc())
    )


def _shown(
    rows: Iterable[RecalculationOrder], member: Member
) -> tuple[OrderShown, ...]:
    rows = list(rows)
    states = states_of(rows)
    return tuple(
        OrderShown(
            public_id=row.public_id,
            number=row.account.number,
            holder=row.account.holder,
            branch=row.account.branch.name,
            zone=ZoneInfo(row.account.branch.time_zone),
            order=order_of(row),
            state=states[row.id][0],
            month=states[row.id][1],
            asked_by=row.asked_by.name,
            asked_at=row.asked_at,
            is_own=row.asked_by_id == member.user_id,
            agreed_by=row.agreed_by.name if row.agreed_by_id else "",
            agreed_at=row.agreed_at,
            withdrawn_by=row.withdrawn_by.name if row.withdrawn_by_id else "",
            withdrawn_at=row.withdrawn_at,
            withdrawn_why=row.withdrawn_why,
        )
        for row in rows
    )


def _note_look(row: RecalculationOrder, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "account.looked",
        now=now,
        subject=f"recalculation:{row.public_id}",
        account_id=row.account_id,
    )
