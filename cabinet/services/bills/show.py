"""A month's receipt, for whoever may see it."""

from datetime import date, datetime

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Bill, Branch
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access
from cabinet.services.bills.document import receipt_of
from cabinet.services.bills.months import is_shown
from cabinet.services.bills.receipt import Receipt


class BillNotFound(NotFound):
    """There is no bill of the month, or it is not this user's to see."""


class BillNotReady(LookupError):
    """The month's bill is still to come; carries the day it is expected."""

    def __init__(self, month: Month, ready_on: date, *, is_late: bool) -> None:
        super().__init__(f"the bill of {month} comes on {ready_on}")
        self.month = month
        self.ready_on = ready_on
        self.is_late = is_late


def get_receipt(
    user_id: int, account_id: int, month: Month, *, now: datetime
) -> Receipt:
    """Return the receipt of the month.

    Raises AccountNotFoundError, BillNotFound for a month that never had a bill or that
    the user may not see, BillNotReady for the month that is on and those after it.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        bill = _bill(card, month, now)
        if bill is None:
            raise _missing(card, month, local_day(now, card.zone))
        return receipt_of(bill, zone=card.zone, since=card.since)


def _bill(card: AccountCard, month: Month, now: datetime) -> Bill | None:
    if not is_shown(card, month):
        return None
    found: Bill | None = (
        Bill.select(Bill, Account, Branch)
        .join(Account)
        .join(Branch)
        .where(
            Bill.account == card.account_id,
            Bill.month == month,
            Bill.published_at <= now,
        )
        .first()
    )
    return found


def _missing(card: AccountCard, month: Month, today: date) -> Exception:
    """Tell a month still to come from one that never had a bill."""
    newest = (
        Bill.select(Bill.month)
        .where(Bill.account == card.account_id)
        .order_by(Bill.month.desc())
        .limit(1)
        .scalar()
    )
    this = Month.of(today)
    is_awaited = newest is not None and newest < month < this
    if month >= this or is_awaited:
        return BillNotReady(month, month.ends, is_late=is_awaited)
    return BillNotFound(month)
