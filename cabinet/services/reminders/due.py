"""Who is reminded today: whoever asked for it and has sent nothing for the month."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.people import LetterKind
from cabinet.domain.period import ReadingWindow, local_day
from cabinet.domain.registration import TokenPurpose
from cabinet.domain.reminding import Occasion, occasion_of
from cabinet.models import Account, Branch, Subscription, User
from cabinet.models.base import reading, writing
from cabinet.services import audit, outbox, subscriptions, tokens
from cabinet.services.access import AccountCard, get_access
from cabinet.services.readings.facts import Facts, facts_of, meters_of

MAIL = "reading_reminder"
#: Nobody is reminded before this hour of the branch's clocks.
FIRST_HOUR = 9
#: Subscriptions looked at in one read.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Links:
    """How the addresses in a reminder are made of their secrets."""

    reading: Callable[[str], str]
    stop: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Wish:
    """A subscription whose day it is, and who is reminded where."""

    subscription_id: int
    user_id: int
    account_id: int
    email: str
    occasion: Occasion
    key: str


def remind(links: Links, *, now: datetime, is_dry: bool = False) -> int:
    """Put today's reminders into the outbox and return how many; any number may run.

    Each is there once a person, an account and an occasion. `is_dry` only counts.
    """
    reminded = 0
    for branch, occasion in _branches(now):
        for wish in _wishes(branch, occasion, now):
            if is_dry:
                with reading():
                    reminded += _waiting(wish, now) is not None
            else:
                with writing():
                    reminded += _remind(wish, links, now)
    return reminded


def _branches(now: datetime) -> list[tuple[Branch, Occasion]]:
    with reading():
        branches = list(Branch.select())
    found = []
    for branch in branches:
        there = now.astimezone(ZoneInfo(branch.time_zone))
        window = ReadingWindow(branch.window_first, branch.window_last)
        occasion = occasion_of(window, there.date())
        if occasion is not None and there.hour >= FIRST_HOUR:
            found.append((branch, occasion))
    return found


def _wishes(branch: Branch, occasion: Occasion, now: datetime) -> Iterator[_Wish]:
    """Yield the branch's subscriptions that had no reminder of the occasion yet."""
    last_id = 0
    while True:
        with reading():
            rows = _rows(branch, last_id)
            keys = [_key(row[0], occasion, branch, now) for row in rows]
            done = outbox.written(keys)
        for row, key in zip(rows, keys, strict=True):
            if key not in done:
                yield _Wish(*row, occasion, key)
        if len(rows) < BATCH:
            return
        last_id = rows[-1][0]


def _rows(branch: Branch, last_id: int) -> list[tuple[int, int, int, str]]:
    return list(
        Subscription.select(
            Subscription.id, Subscription.user, Subscription.account, User.email
        )
        .join(User, on=Subscription.user == User.id)
        .switch(Subscription)
        .join(Account)
        .where(
            Subscription.id > last_id,
            Subscription.kind == LetterKind.REMINDER,
            Subscription.ended_at.is_null(),
            Account.branch == branch,
            subscriptions.are_reached(),
        )
        .order_by(Subscription.id)
        .limit(BATCH)
        .tuples()
    )


def _key(
    subscription_id: int, occasion: Occasion, branch: Branch, now: datetime
) -> str:
    day = local_day(now, ZoneInfo(branch.time_zone))
    return f"{MAIL}:{day:%Y-%m}:{occasion}:{subscription_id}"


def _waiting(wish: _Wish, now: datetime) -> tuple[AccountCard, list[Facts]] | None:
    """Return the account and its meters that wait for a reading, None without any."""
    try:
        card = get_access(wish.user_id, wish.account_id, now=now)
    except NotFound:
        return None
    meters = meters_of(card)
    waiting = [
        facts
        for facts in (facts_of(card, meter, meters, now=now) for meter in meters)
        # A bill that took the month's reading already moves the next one on.
        if facts.closed is None
        and facts.current is None
        and not facts.slot.is_correction
    ]
    return (card, waiting) if waiting else None


def _remind(wish: _Wish, links: Links, now: datetime) -> bool:
    waiting = _waiting(wish, now)
    if waiting is None or not subscriptions.is_live(
        wish.user_id, wish.account_id, LetterKind.REMINDER
    ):
        return False
    card, meters = waiting
    opening = {facts.meter.public_id: secrets.token_urlsafe(32) for facts in meters}
    stop = secrets.token_urlsafe(32)
    month = meters[0].slot.month
    today = meters[0].today
    is_new = outbox.put(
        MAIL,
        key=wish.key,
        recipient=wish.email,
        context={
            "occasion": str(wish.occasion),
            "month": str(month),
            "closes_on": card.window.closes_on(month).isoformat(),
            "days_left": card.window.days_left(today),
            "account": card.number,
            "label": card.label,
            "meters": [
                {
                    "serial": facts.meter.serial,
                    "place": facts.meter.place,
                    "link": links.reading(opening[facts.meter.public_id]),
                }
                for facts in meters
            ],
            "stop_link": links.stop(stop),
        },
        user_id=wish.user_id,
        is_secret=True,
        now=now,
    )
    if not is_new:
        return False
    for meter_id, secret in opening.items():
        _issue(TokenPurpose.REMINDER, secret, wish, now, meter=str(meter_id))
    _issue(TokenPurpose.STOP_REMINDERS, stop, wish, now)
    audit.record(
        audit.SYSTEM,
        "reminder.written",
        now=now,
        subject=f"user:{wish.user_id}",
        account_id=wish.account_id,
        occasion=str(wish.occasion),
    )
    return True


def _issue(
    purpose: TokenPurpose, secret: str, wish: _Wish, now: datetime, **more: str
) -> None:
    # One person may be reminded of several accounts, and twice of each.
    tokens.issue(
        purpose,
        user_id=wish.user_id,
        context={"account": wish.account_id, **more},
        secret=secret,
        voids_older=False,
        now=now,
    )
