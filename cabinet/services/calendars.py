"""The days a person should remember: windows, due days, verifications of meters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cabinet.domain.due import DueRuleMissing
from cabinet.domain.keys import KeyScope
from cabinet.domain.metering import MeterStatus
from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.domain.period import Month, local_day
from cabinet.models import Meter
from cabinet.models.base import reading
from cabinet.services import personal_keys
from cabinet.services.access import AccountCard, accounts_of
from cabinet.services.dated_rules import DueDays

#: Months of due days, from the one before on.
MONTHS_AHEAD = 12


class What(StrEnum):
    """What a day is of (событие календаря)."""

    WINDOW = "window"
    DUE = "due"
    VERIFICATION = "verification"


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day to remember, the last of them included.

    `account` is whose it is, None where it is the same for all of them; `key` tells it
    from others of its kind for ever.
    """

    what: What
    key: str
    first: date
    last: date
    month: Month | None = None
    account: AccountCard | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonDays:
    """Everything there is to remember; `is_several`: the person has several accounts."""

    days: tuple[Day, ...]
    is_several: bool
    today: date


def days_of(secret: str, *, now: datetime) -> PersonDays:
    """Return the days of whose calendar the secret opens; raises KeyNotFoundError."""
    holder = personal_keys.find(secret, (KeyScope.CALENDAR,), now=now)
    with reading():
        cards = accounts_of(holder.user_id, now=now)
        today = local_day(now, cards[0].zone) if cards else now.date()
        return PersonDays(
            days=(*_windows(cards, today), *_due(cards, today), *_verified(cards)),
            is_several=len(cards) > 1,
            today=today,
        )


def _windows(cards: tuple[AccountCard, ...], today: date) -> Iterator[Day]:
    """Yield the window of each branch once: of this month, it repeats by itself."""
    branches = {card.branch_code: card for card in cards}
    for code, card in branches.items():
        month = Month.of(today)
        yield Day(
            what=What.WINDOW,
            key=code,
            first=card.window.opens_on(month),
            last=card.window.closes_on(month),
        )


def _due(cards: tuple[AccountCard, ...], today: date) -> Iterator[Day]:
    """Yield by which day each month is paid, as far as the rules tell."""
    rules: dict[tuple[bool, str], DueDays] = {}
    for card in cards:
        if card.level is not AccessLevel.FULL:
            continue
        which = card.is_organisation, card.branch_code
        if which not in rules:
            kind = AccountKind.ORGANISATION if which[0] else AccountKind.HOUSEHOLD
            rules[which] = DueDays.load(kind, branch=card.branch_code)
        month = Month.of(today).previous
        for _ in range(MONTHS_AHEAD):
            try:
                day = rules[which].due_on(month)
            except DueRuleMissing:
                break
            key = f"{card.account_id}-{month.code}"
            yield Day(
                what=What.DUE, key=key, first=day, last=day, month=month, account=card
            )
            month = month.next


def _verified(cards: tuple[AccountCard, ...]) -> Iterator[Day]:
    """Yield until when the meters that hang now are verified."""
    by_id = {card.account_id: card for card in cards}
    rows = (
        Meter.select(Meter.public_id, Meter.account, Meter.verified_until)
        .where(
            Meter.account.in_(list(by_id)),
            Meter.status == MeterStatus.ACTIVE,
            Meter.verified_until.is_null(False),
        )
        .order_by(Meter.id)
        .tuples()
    )
    for public_id, account_id, until in rows:
        yield Day(
            what=What.VERIFICATION,
            key=str(public_id),
            first=until,
            last=until,
            account=by_id[account_id],
        )
