"""Asking for a recalculation: what it would change, and writing it down once.

The sum is settled when it is asked for, at the prices of the months it is of: what was
seen is what the bill takes in, and what another person agrees to.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from cabinet.domain.billing import Order, OrderReason
from cabinet.domain.billing.order import cost, order_lines
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import RatePrices
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day, months
from cabinet.domain.tariff import ZONES, Line
from cabinet.models import Account, Bill, OrderTaken, RecalculationOrder
from cabinet.models.base import lock, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit, prices
from cabinet.services.account_card.finding import account_of
from cabinet.services.account_card.supposing import Prospect, prospect_of
from cabinet.services.audit import Actor
from cabinet.services.billing import runs, what_if
from cabinet.services.billing.orders import order_of
from cabinet.services.billing.what_if import NextBill, Supposition
from cabinet.services.bills.lines import pack_line
from cabinet.services.prices import TariffKey
from cabinet.services.staff import Member

MAX_DOCUMENT = 40
MAX_WORDS = 120
#: How many months back an order may reach: the limitation period (Civil Code, 196).
MOST_MONTHS = 36
_NOTHING = Money(0)


class OrderUnfit(ValueError):
    """There can be no such order; each of its kinds says why."""


class MonthsUnfit(OrderUnfit):
    """No bill was made of the months, or they are not in order."""


class NotOfNorm(OrderUnfit):
    """A month of an absence was not charged by the norm: there is nothing to give back."""

    def __init__(self, month: Month) -> None:
        super().__init__(str(month))
        self.month = month


class NothingOrdered(OrderUnfit):
    """Neither an energy nor a sum."""


class DocumentLater(OrderUnfit):
    """The paper is of a day that is still to come."""


class OrderKnown(OrderUnfit):
    """The account has an order of this paper, reason and months."""


class OrderKeyTaken(ValueError):
    """The form was sent before with something else in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWish:
    """A recalculation as it was typed; energies by zone and a sum are never below zero.

    `is_less` tells that the customer owes less. Without `amount` the sum is what the
    energies cost.
    """

    reason: OrderReason
    first: Month
    last: Month
    document: str
    document_on: date
    is_less: bool
    energies: tuple[Energy, ...] = ()
    amount: Money | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProspect:
    """What an order would change in the next bill.

    `offered` are the months that may be chosen, the newest first; `charged` is what the
    months of the order were charged so far, `alone_up_to` what needs no other person.
    """

    prospect: Prospect
    offered: tuple[Month, ...]
    alone_up_to: Money
    order: Order | None = None
    charged: Money = _NOTHING
    needs_second: bool = False


def blank_order(
    member: Member, number: str, *, actor: Actor, now: datetime
) -> OrderProspect:
    """Return the account an order is to be entered for, and note who looked.

    `prospect.as_is` is None where it has no next bill. Raises AccountNotFound.
    """
    with writing():
        account = account_of(member, number)
        _note_look(account, actor, now)
        try:
            bill = what_if.next_bill(account, now=now)
        except what_if.NothingToBill as nothing:
            return OrderProspect(
                prospect=prospect_of(account, nothing.month),
                offered=(),
                alone_up_to=account.branch.recalculate_alone_up_to,
            )
        return _prospect(account, bill)


def preview_order(
    member: Member, number: str, wish: OrderWish, *, actor: Actor, now: datetime
) -> OrderProspect:
    """Return what the order would change; nothing is written but who looked.

    Raises AccountNotFound, NothingToBill, runs.NotOwnBilling, and what is wrong with the
    wish: MonthsUnfit, NotOfNorm, NothingOrdered, DocumentLater, OrderKnown, PricesDiffer,
    RateMissing.
    """
    with writing():
        account = account_of(member, number)
        _note_look(account, actor, now)
        bill = what_if.next_bill(account, now=now)
        order = _checked(bill, wish, now)
        shown = _prospect(account, bill)
        return replace(
            shown,
            prospect=replace(
                shown.prospect,
                supposed=what_if.computed(bill, Supposition(order=order)),
            ),
            order=order,
            charged=_charged(account, order),
            needs_second=needs_second(account, order.amount),
        )


@keyed
def ask_order(
    member: Member,
    number: str,
    wish: OrderWish,
    *,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Write the order down and return its public id; the same key is the same order.

    Within the branch's limit it is agreed at once, otherwise it waits for another
    person. Raises OrderKeyTaken, and all that `preview_order` does.
    """
    with writing():
        return _put(member, number, wish, key=key, actor=actor, now=now)


def needs_second(account: Account, amount: Money) -> bool:
    """Tell whether another person must agree: what waits for a bill counts together."""
    waiting = (
        RecalculationOrder.select(RecalculationOrder.amount)
        .left_outer_join(OrderTaken)
        .where(
            RecalculationOrder.account == account.id,
            RecalculationOrder.withdrawn_at.is_null(),
            OrderTaken.id.is_null(),
        )
        .tuples()
    )
    kopecks = abs(amount.kopecks) + sum(abs(one.kopecks) for (one,) in waiting)
    limit: Money = account.branch.recalculate_alone_up_to
    return Money(kopecks) > limit


def locked_account(account_id: int) -> None:
    """Keep bills and other orders of the account away until the transaction ends."""
    lock(Account.select(Account.id).where(Account.id == account_id)).first()


def _put(
    member: Member,
    number: str,
    wish: OrderWish,
    *,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    account = account_of(member, number)
    locked_account(account.id)
    known = RecalculationOrder.get_or_none(RecalculationOrder.key == key)
    if known is not None:
        return _same(account, known, wish)
    order = _checked(what_if.next_bill(account, now=now), wish, now)
    is_agreed = not needs_second(account, order.amount)
    public_id = uuid.uuid4()
    RecalculationOrder.create(
        public_id=public_id,
        key=key,
        account=account,
        reason=order.reason,
        words=order.words,
        document=order.document,
        document_on=order.document_on,
        first=order.first,
        last=order.last,
        lines=[pack_line(one) for one in order.lines],
        amount=order.amount,
        asked_by=member.user_id,
        asked_at=now,
        agreed_at=now if is_agreed else None,
    )
    audit.record(
        actor,
        "recalculation.ordered",
        now=now,
        subject=f"recalculation:{public_id}",
        account_id=account.id,
        kopecks=order.amount.kopecks,
        needs_second=not is_agreed,
    )
    return public_id


def _same(account: Account, row: RecalculationOrder, wish: OrderWish) -> uuid.UUID:
    """Return the order that the form brought before; raises OrderKeyTaken for another."""
    kept = order_of(row)
    energies, amount = _signed(wish)
    asked = (
        account.id,
        wish.reason,
        wish.first,
        wish.last,
        wish.document,
        wish.document_on,
        wish.words,
        amount or kept.amount,
        [one for one in energies if one.wh],
    )
    written = (
        row.account_id,
        kept.reason,
        kept.first,
        kept.last,
        kept.document,
        kept.document_on,
        kept.words,
        kept.amount,
        [line.energy for line in kept.lines],
    )
    if asked != written:
        raise OrderKeyTaken(str(row.key))
    return uuid.UUID(str(row.public_id))


def _signed(wish: OrderWish) -> tuple[tuple[Energy, ...], Money | None]:
    """Return the energies and the sum as they add to the debt."""
    sign = -1 if wish.is_less else 1
    energies = tuple(Energy(one.wh * sign) for one in wish.energies)
    amount = None if wish.amount is None else Money(wish.amount.kopecks * sign)
    return energies, amount


def _checked(bill: NextBill, wish: OrderWish, now: datetime) -> Order:
    """Return the order with its sum; raises what is wrong with it."""
    account = bill.account
    runs.check_own(account.branch, account.branch.code)
    if wish.document_on > local_day(now, bill.place.zone):
        raise DocumentLater(str(wish.document_on))
    if wish.first > wish.last or not {wish.first, wish.last} <= set(_offered(bill)):
        raise MonthsUnfit(f"{wish.first} to {wish.last}")
    if wish.reason is OrderReason.ABSENCE:
        _check_norm(account, wish)
    _check_unknown(account, wish)
    energies, amount = _signed(wish)
    lines = _lines(account, energies, wish)
    amount = cost(lines) if amount is None else amount
    if not amount:
        raise NothingOrdered
    return Order(
        reason=wish.reason,
        first=wish.first,
        last=wish.last,
        amount=amount,
        document=wish.document,
        document_on=wish.document_on,
        words=wish.words,
        lines=lines,
    )


def _lines(
    account: Account, energies: tuple[Energy, ...], wish: OrderWish
) -> tuple[Line, ...]:
    """Return the energies priced; a sum of its own does not need a price that held."""
    plan = prospect_of(account, wish.last).plan
    energies = energies[: len(ZONES[plan])]
    if not any(one.wh for one in energies):
        return ()
    rates = prices.rates_of(TariffKey(account.branch.region, account.category, plan))
    of_months = months(wish.first, wish.last)
    if wish.amount is not None:
        of_months = months(wish.last, wish.last)
    return order_lines(
        energies, plan, [RatePrices({plan: rates}, month) for month in of_months]
    )


def _check_norm(account: Account, wish: OrderWish) -> None:
    """Raise NotOfNorm for a month that readings or an average were charged for."""
    query = Bill.select(Bill.month).where(
        Bill.account == account.id,
        Bill.basis == ChargeBasis.NORM,
        Bill.month >= wish.first,
        Bill.month <= wish.last,
    )
    by_norm = {month for (month,) in query.tuples()}
    for month in months(wish.first, wish.last):
        if month not in by_norm:
            raise NotOfNorm(month)


def _check_unknown(account: Account, wish: OrderWish) -> None:
    known = RecalculationOrder.select().where(
        RecalculationOrder.account == account.id,
        RecalculationOrder.document == wish.document,
        RecalculationOrder.reason == wish.reason,
        RecalculationOrder.first == wish.first,
        RecalculationOrder.last == wish.last,
        RecalculationOrder.withdrawn_at.is_null(),
    )
    if known.exists():
        raise OrderKnown(wish.document)


def _offered(bill: NextBill) -> tuple[Month, ...]:
    """Return the months an order may be of: charged already, and not too long ago."""
    query = (
        Bill.select(Bill.month)
        .where(
            Bill.account == bill.account.id,
            Bill.month >= bill.month.plus(-MOST_MONTHS),
            Bill.month < bill.month,
        )
        .order_by(Bill.month.desc())
    )
    return tuple(month for (month,) in query.tuples())


def _charged(account: Account, order: Order) -> Money:
    query = Bill.select(Bill.charged).where(
        Bill.account == account.id,
        Bill.month >= order.first,
        Bill.month <= order.last,
    )
    return Money.total(charged for (charged,) in query.tuples())


def _prospect(account: Account, bill: NextBill) -> OrderProspect:
    return OrderProspect(
        prospect=replace(
            prospect_of(account, bill.month),
            is_over=bill.is_over,
            is_drafted=bill.is_drafted,
            as_is=what_if.computed(bill),
        ),
        offered=_offered(bill),
        alone_up_to=account.branch.recalculate_alone_up_to,
    )


def _note_look(account: Account, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "account.looked",
        now=now,
        subject="recalculation",
        account_id=account.id,
    )
