"""What the home page tells about an account."""

from dataclasses import dataclass
from datetime import date, datetime

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Bill
from cabinet.models.base import reading
from cabinet.models.hot import Hot
from cabinet.services.access import AccountCard, get_access


@dataclass(frozen=True, kw_only=True, slots=True)
class LastBill:
    """The newest bill."""

    month: Month
    charged: Money
    due_on: date
    is_overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """An account at a glance; `balance` above zero is owed.

    A delegate who may only send readings sees neither balance nor bill: both are None.
    """

    account: AccountCard
    balance: Money | None
    last_bill: LastBill | None
    is_window_open: bool
    next_bill_on: date


def overview(user_id: int, account_id: int, *, now: datetime) -> Overview:
    """Return the account at a glance; raises AccountNotFoundError."""
    with reading():
        card = get_access(user_id, account_id, now=now)
        today = local_day(now, card.zone)
        balance, bill = (
            (None, None)
            if card.level is AccessLevel.READINGS
            else (_balance(account_id), _last_bill(card, today, now))
        )
    return Overview(
        account=card,
        balance=balance,
        last_bill=bill,
        is_window_open=card.window.is_open(today),
        next_bill_on=Month.of(today).ends,
    )


_BALANCE = Hot(
    lambda account_id: (
        Account.select(Account.balance).where(Account.id == account_id).tuples()
    ),
    Account.id,
)

_LAST_BILL = Hot(
    lambda account_id, now: (
        Bill.select(
            Bill.month,
            Bill.charged,
            Bill.recalculated,
            Bill.penalty,
            Bill.benefit,
            Bill.due_on,
        )
        .where(Bill.account == account_id, Bill.published_at <= now)
        .order_by(Bill.month.desc())
        .limit(1)
        .tuples()
    ),
    Bill.account,
    Bill.published_at,
)


def _balance(account_id: int) -> Money:
    balance: Money = _BALANCE.first(account_id)[0]
    return balance


def _last_bill(card: AccountCard, today: date, now: datetime) -> LastBill | None:
    row = _LAST_BILL.first(card.account_id, now)
    if row is None or (card.since is not None and row[0].ends <= card.since):
        return None
    month, charged, recalculated, penalty, benefit, due_on = row
    return LastBill(
        month=month,
        charged=charged + recalculated + penalty - benefit,
        due_on=due_on,
        is_overdue=due_on < today,
    )
