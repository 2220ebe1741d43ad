"""Agreeing to an ordered recalculation, and taking one back before a bill has it."""

import uuid
from datetime import datetime

from cabinet.domain.billing import OrderState
from cabinet.models import RecalculationOrder
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing.orders import states_of
from cabinet.services.ordering.asking import locked_account
from cabinet.services.ordering.shown import order_row
from cabinet.services.staff import Member


class SamePerson(ValueError):
    """Who asked for a recalculation cannot agree to it."""


class OrderWithdrawn(ValueError):
    """The order was taken back meanwhile."""


class OrderHeld(ValueError):
    """A bill has the order, published or computed: it cannot be taken back."""

    def __init__(self, state: OrderState) -> None:
        super().__init__(str(state))
        self.state = state


def agree_to_order(
    member: Member, public_id: uuid.UUID, *, actor: Actor, now: datetime
) -> None:
    """Agree to somebody else's order; one that is agreed already stays so.

    Raises OrderNotFound, SamePerson, OrderWithdrawn.
    """
    with writing():
        row = _held(member, public_id)
        if row.asked_by_id == member.user_id:
            raise SamePerson(str(public_id))
        if row.withdrawn_at is not None:
            raise OrderWithdrawn(str(public_id))
        if row.agreed_at is not None:
            return
        RecalculationOrder.update(agreed_by=member.user_id, agreed_at=now).where(
            RecalculationOrder.id == row.id
        ).execute()
        _note(row, "agreed", actor, now)


def withdraw_order(
    member: Member, public_id: uuid.UUID, why: str, *, actor: Actor, now: datetime
) -> None:
    """Take an order back; one that is taken back already stays so.

    Raises OrderNotFound, OrderHeld.
    """
    with writing():
        row = _held(member, public_id)
        state, _ = states_of([row])[row.id]
        if state is OrderState.WITHDRAWN:
            return
        if state in {OrderState.DRAFTED, OrderState.TAKEN}:
            raise OrderHeld(state)
        RecalculationOrder.update(
            withdrawn_by=member.user_id, withdrawn_at=now, withdrawn_why=why
        ).where(RecalculationOrder.id == row.id).execute()
        _note(row, "withdrawn", actor, now)


def _held(member: Member, public_id: uuid.UUID) -> RecalculationOrder:
    """Return the order; no bill of its account is made until the transaction ends."""
    locked_account(order_row(member, public_id).account_id)
    # As it is now that nobody else changes it.
    return order_row(member, public_id)


def _note(row: RecalculationOrder, what: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        f"recalculation.{what}",
        now=now,
        subject=f"recalculation:{row.public_id}",
        account_id=row.account_id,
        kopecks=row.amount.kopecks,
    )
