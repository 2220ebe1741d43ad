"""The letter «поверка кончается»: to who asked for it, three times a verification."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.metering import MeterStatus
from cabinet.domain.people import LetterKind
from cabinet.domain.reminding import (
    VERIFICATION_FRESH,
    VERIFICATION_TOLD,
    verification_notice,
)
from cabinet.models import Account, Branch, Meter, Subscription, User
from cabinet.models.base import reading, writing
from cabinet.services import audit, outbox, subscriptions
from cabinet.services.access import get_access
from cabinet.services.reminders.due import BATCH, FIRST_HOUR

MAIL = "verification_ends"
#: Between the days of two branches there is a day at most.
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Due:
    """A meter whose verification ends, and who is told of it on which day."""

    today: date
    notice: int
    public_id: UUID
    serial: str
    place: str
    until: date
    account_id: int
    user_id: int
    email: str

    @property
    def key(self) -> str:
        return f"{MAIL}:{self.public_id}:{self.until}:{self.notice}:{self.user_id}"


def tell_of_verifications(link: str, *, now: datetime) -> int:
    """Put the notices that are due into the outbox and return how many; any may run.

    Each is there once a person, a meter, an end and a notice. `link` is where another
    verification is ordered.
    """
    written = last_id = 0
    while True:
        with reading():
            wishes = subscriptions.ids_after(
                last_id, LetterKind.VERIFICATION, most=BATCH
            )
            due = _due(wishes, now)
        for each in due:
            with writing():
                written += _write(each, link, now)
        if len(wishes) < BATCH:
            return written
        last_id = wishes[-1]


def _due(wishes: list[int], now: datetime) -> list[_Due]:
    """Return the notices of the subscriptions that are due and were not written yet."""
    today = now.date()
    rows = (
        Meter.select(
            Meter.public_id,
            Meter.serial,
            Meter.place,
            Meter.verified_until,
            Account.id,
            User.id,
            User.email,
            Branch.time_zone,
        )
        .join(Account)
        .join(Branch)
        .switch(Account)
        .join(Subscription, on=Subscription.account == Account.id)
        .join(User, on=Subscription.user == User.id)
        .where(
            Subscription.id.in_(wishes),
            Meter.status == MeterStatus.ACTIVE,
            Meter.verified_until >= today - VERIFICATION_FRESH - _A_DAY,
            Meter.verified_until <= today + VERIFICATION_TOLD[0] + _A_DAY,
            subscriptions.are_reached(),
        )
        .order_by(Meter.id, User.id)
        .tuples()
    )
    found = []
    for *row, time_zone in rows:
        there = now.astimezone(ZoneInfo(time_zone))
        each = _of_the_day(row, there)
        if each is not None:
            found.append(each)
    done = outbox.written([each.key for each in found])
    return [each for each in found if each.key not in done]


def _of_the_day(row: list[Any], there: datetime) -> _Due | None:
    """Return the notice that is due where the meter hangs, None without any."""
    until = row[3]
    notice = verification_notice(until, there.date())
    if notice is None or there.hour < FIRST_HOUR:
        return None
    return _Due(there.date(), notice, *row)


def _write(due: _Due, link: str, now: datetime) -> bool:
    try:
        card = get_access(due.user_id, due.account_id, now=now)
    except NotFound:
        return False
    if not subscriptions.is_live(due.user_id, due.account_id, LetterKind.VERIFICATION):
        return False
    is_new = outbox.put(
        MAIL,
        key=due.key,
        recipient=due.email,
        context={
            "account": card.number,
            "label": card.label,
            "serial": due.serial,
            "place": due.place,
            "until": due.until.isoformat(),
            "today": due.today.isoformat(),
            "link": link,
        },
        user_id=due.user_id,
        now=now,
    )
    if is_new:
        audit.record(
            audit.SYSTEM,
            "reminder.verification_written",
            now=now,
            subject=f"user:{due.user_id}",
            account_id=due.account_id,
            days=due.notice,
        )
    return is_new
