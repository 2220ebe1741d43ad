"""The letter «квитанция готова»: to who asked for it, once a bill, soon after it came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel, LetterKind
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, Subscription, User
from cabinet.models.base import reading, writing
from cabinet.services import audit, outbox, subscriptions
from cabinet.services.access import get_access

MAIL = "bill_ready"
#: What came longer ago is no news: a worker that was away does not write about it.
FRESH = timedelta(days=7)
#: Which bills are looked at: of so many last months.
MONTHS = 3
BATCH = 200


@dataclass(frozen=True, slots=True)
class _Due:
    bill_id: int
    month: Month
    user_id: int
    email: str
    account_id: int
    number: str

    @property
    def key(self) -> str:
        return f"{MAIL}:{self.bill_id}:{self.user_id}"


def write_due(link_of: Callable[[Month], str], *, now: datetime) -> int:
    """Write about bills that came since they were asked for; return how many letters.

    Who lost the full access meanwhile gets none. `link_of` gives a receipt's address.
    """
    written = last_id = 0
    while True:
        with reading():
            wishes = subscriptions.ids_after(last_id, LetterKind.BILL, most=BATCH)
            due = _due(wishes, now)
        for each in due:
            with writing():
                written += _write(each, link_of(each.month), now)
        if len(wishes) < BATCH:
            return written
        last_id = wishes[-1]


def _due(wishes: list[int], now: datetime) -> list[_Due]:
    """Return the fresh bills of the subscriptions that nobody was written about yet."""
    rows = (
        Bill.select(
            Bill.id,
            Bill.month,
            User.id,
            User.email,
            Account.id,
            Account.number,
        )
        .join(Account)
        .join(Subscription, on=Subscription.account == Account.id)
        .join(User, on=Subscription.user == User.id)
        .where(
            Subscription.id.in_(wishes),
            Bill.month > Month.of(now.date()).plus(-MONTHS),
            Bill.published_at > Subscription.since,
            Bill.published_at > now - FRESH,
            Bill.published_at <= now,
            subscriptions.are_reached(),
        )
        .order_by(Bill.id)
        .tuples()
    )
    found = [_Due(*row) for row in rows]
    done = outbox.written([each.key for each in found])
    return [each for each in found if each.key not in done]


def _write(due: _Due, link: str, now: datetime) -> bool:
    try:
        get_access(due.user_id, due.account_id, level=AccessLevel.FULL, now=now)
    except NotFound:
        return False
    is_new = outbox.put(
        MAIL,
        key=due.key,
        recipient=due.email,
        context={"account": due.number, "month": str(due.month), "link": link},
        user_id=due.user_id,
        now=now,
    )
    if is_new:
        audit.record(
            audit.SYSTEM,
            "bill.letter_written",
            now=now,
            subject=f"user:{due.user_id}",
            account_id=due.account_id,
        )
    return is_new
