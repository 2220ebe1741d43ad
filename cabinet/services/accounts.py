"""What the home page tells about an account."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Bill
from cabinet.models.base import reading
from cabinet.models.hot import Hot
from cabinet.services.access import AccountCard, get_access
from cabinet.services.announcements import outages_of
from cabinet.services.readings import ReadingForm
from cabinet.services.readings.form import form_of


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """All the home page tells; `outages` are id and title of what is planned."""

    overview: Overview
    reading: ReadingForm
    outages: tuple[tuple[UUID, str], ...]


def home(user_id: int, account_id: int, *, day: date, now: datetime) -> Home:
    """Return what the home page tells of the account; raises AccountNotFoundError.

    `day` is today by the portal's own clocks, which announcements go by.
    """
    with reading():
        card = get_access(user_id, account_id, now=now)
        return Home(
            overview=_overview(card, now),
            reading=form_of(card, now=now),
            outages=outages_of(card.branch_id, day=day),
        )


def overview(user_id: int, account_id: int, *, now: datetime) -> Overview:
    """Return the account at a glance; raises AccountNotFoundError."""
    with reading():
        return _overview(get_access(user_id, account_id, now=now), now)


def _overview(card: AccountCard, now: datetime) -> Overview:
    today = local_day(now, card.zone)
    balance, bill = (
        (None, None)
        if card.level is AccessLevel.READINGS
        else _standing(card, today, now)
    )
    return Overview(
        account=card,
        balance=balance,
        last_bill=bill,
        is_window_open=card.window.is_open(today),
        next_bill_on=Month.of(today).ends,
    )


_STANDING = Hot(
    lambda now, account_id: (
        Account.select(
            Account.balance,
            Bill.month,
            Bill.charged,
            Bill.recalculated,
            Bill.penalty,
            Bill.benefit,
            Bill.due_on,
        )
        .left_outer_join(
            Bill, on=(Bill.account == Account.id) & (Bill.published_at <= now)
        )
        .where(Account.id == account_id)
        .order_by(Bill.month.desc())
        .limit(1)
        .tuples()
    ),
    Bill.published_at,
    Account.id,
)


def _standing(
    card: AccountCard, today: date, now: datetime
) -> tuple[Money, LastBill | None]:
    """Return the balance and the newest bill, if it is the user's to see."""
    balance, month, charged, recalculated, penalty, benefit, due_on = _STANDING.first(
        now, card.account_id
    )
    if month is None or (card.since is not None and month.ends <= card.since):
        return balance, None
    return balance, LastBill(
        month=month,
        charged=charged + recalculated + penalty - benefit,
        due_on=due_on,
        is_overdue=due_on < today,
    )
