"""Ordered recalculations as bills take them in: each is one bill's, and only one."""

from collections.abc import Collection, Iterable

from peewee import JOIN, Expression, Field, ModelSelect

from cabinet.domain.billing import Order, OrderState
from cabinet.domain.billing.run import OPEN
from cabinet.domain.period import Month
from cabinet.models import Bill, BillDraft, BillRun, OrderTaken, RecalculationOrder
from cabinet.services.bills.lines import unpack_line


def waiting(*which: Expression) -> list[RecalculationOrder]:
    """Return the orders that the next bills of their accounts take in, the oldest first."""
    query = (
        RecalculationOrder.select()
        .left_outer_join(OrderTaken)
        .where(
            *which,
            OrderTaken.id.is_null(),
            RecalculationOrder.agreed_at.is_null(False),
            RecalculationOrder.withdrawn_at.is_null(),
        )
        .order_by(RecalculationOrder.id)
    )
    return list(query)


def waiting_of(account: Field, month: Month) -> ModelSelect:
    """Return the query of an account's orders that its bill of the month takes in."""
    return (
        RecalculationOrder.select(RecalculationOrder.id)
        .left_outer_join(OrderTaken)
        .where(
            RecalculationOrder.account == account,
            RecalculationOrder.last < month,
            OrderTaken.id.is_null(),
            RecalculationOrder.agreed_at.is_null(False),
            RecalculationOrder.withdrawn_at.is_null(),
        )
    )


def order_of(row: RecalculationOrder) -> Order:
    """Return the order as a bill takes it."""
    return Order(
        reason=row.reason,
        first=row.first,
        last=row.last,
        amount=row.amount,
        document=row.document,
        document_on=row.document_on,
        words=row.words,
        lines=tuple(unpack_line(one) for one in row.lines),
    )


def take(order_ids: Iterable[int], month: Month) -> None:
    """Give the orders to the bills of their accounts in the month.

    Raises IntegrityError where another bill has one: the database lets it have one.
    """
    ids = list(order_ids)
    if not ids:
        return
    of_account = (RecalculationOrder.account == Bill.account) & (Bill.month == month)
    rows = (
        RecalculationOrder.select(RecalculationOrder.id, Bill.id)
        .join(Bill, JOIN.INNER, on=of_account)
        .where(RecalculationOrder.id.in_(ids))
    )
    OrderTaken.insert_from(rows, [OrderTaken.order, OrderTaken.bill]).execute()


def taken_by(bill_ids: Collection[int | None]) -> dict[int, tuple[Order, ...]]:
    """Return the orders each of the bills took in, by its id, the oldest first."""
    ids = [one for one in bill_ids if one is not None]
    if not ids:
        return {}
    found: dict[int, tuple[Order, ...]] = {}
    query = (
        OrderTaken.select(OrderTaken, RecalculationOrder)
        .join(RecalculationOrder)
        .where(OrderTaken.bill.in_(ids))
        .order_by(OrderTaken.order)
    )
    for row in query:
        found[row.bill_id] = (*found.get(row.bill_id, ()), order_of(row.order))
    return found


def states_of(
    rows: Iterable[RecalculationOrder],
) -> dict[int, tuple[OrderState, Month | None]]:
    """Return where each order stands, and the month of the bill that has it."""
    rows = list(rows)
    taken = dict(
        OrderTaken.select(OrderTaken.order, Bill.month)
        .join(Bill)
        .where(OrderTaken.order.in_([row.id for row in rows]))
        .tuples()
    )
    drafted = {
        order_id: month
        for orders, month in BillDraft.select(BillDraft.orders, BillDraft.month)
        .join(BillRun)
        .where(
            BillDraft.account.in_([row.account_id for row in rows]),
            BillRun.state.in_(sorted(OPEN)),
        )
        .tuples()
        for order_id in orders
    }
    return {row.id: _state(row, taken, drafted) for row in rows}


def _state(
    row: RecalculationOrder, taken: dict[int, Month], drafted: dict[int, Month]
) -> tuple[OrderState, Month | None]:
    if row.withdrawn_at is not None:
        return OrderState.WITHDRAWN, None
    if row.id in taken:
        return OrderState.TAKEN, taken[row.id]
    if row.id in drafted:
        return OrderState.DRAFTED, drafted[row.id]
    state = OrderState.ASKED if row.agreed_at is None else OrderState.AGREED
    return state, None
