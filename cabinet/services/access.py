"""Which accounts a user may see: every query about an account goes through here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import Query

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.domain.period import ReadingWindow, local_day
from cabinet.models import Account, AccountAccess, Branch
from cabinet.models.hot import Hot


class AccountNotFoundError(NotFound):
    """The account is nobody's, somebody else's, or closed to this user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCard:
    """An account as its user sees it; nothing dated before `since` is shown.

    The access ends before the day `until`. Whoever was let in by another user is no
    owner, whatever the level.
    """

    account_id: int
    slug: str
    number: str
    label: str
    holder: str
    address: str
    level: AccessLevel
    is_organisation: bool
    since: date | None
    until: date | None
    is_owner: bool
    branch_id: int
    branch_code: str
    branch_phone: str
    branch_hours: str
    zone: ZoneInfo
    window: ReadingWindow
    offices_version: int = 0

    @property
    def title(self) -> str:
        """Return the user's own name for it, or the address."""
        return self.label or self.address

    @property
    def last_day(self) -> date | None:
        """Return the last day the access works on, None without an end."""
        return self.until and self.until - timedelta(days=1)


def accounts_of(user_id: int, *, now: datetime) -> tuple[AccountCard, ...]:
    """Return the accounts of the user in the user's order."""
    return tuple(card for card in _cards(_ALL(user_id)) if _is_open(card, now))


def get_by_slug(
    user_id: int, slug: str, *, as_owner: bool = False, now: datetime
) -> AccountCard:
    """Return the user's access by its name in addresses.

    `as_owner` refuses whoever was let in by another. Raises AccountNotFoundError.
    """
    for card in accounts_of(user_id, now=now):
        if card.slug == slug and (card.is_owner or not as_owner):
            return card
    raise AccountNotFoundError(slug)


def get_access(
    user_id: int,
    account_id: int,
    *,
    now: datetime,
    level: AccessLevel | None = None,
) -> AccountCard:
    """Return the user's access to the account.

    `level` FULL refuses a delegate who may only send readings. Raises
    AccountNotFoundError, the same for missing, foreign and ended.
    """
    for card in _cards(_ONE(user_id, account_id)):
        fits = level in (None, AccessLevel.READINGS, card.level)
        if fits and _is_open(card, now):
            return card
    raise AccountNotFoundError(account_id)


def sees(user_id: int | None, account_id: int | None, *, now: datetime) -> bool:
    """Tell whether the account is open to the user."""
    if user_id is None or account_id is None:
        return False
    return any(_is_open(card, now) for card in _cards(_ONE(user_id, account_id)))


def _is_open(card: AccountCard, now: datetime) -> bool:
    return card.until is None or local_day(now, card.zone) < card.until


def _accesses(user_id: object) -> Query:
    return (
        AccountAccess.select(
            Account.id,
            AccountAccess.slug,
            Account.number,
            AccountAccess.label,
            Account.holder,
            Account.address,
            AccountAccess.level,
            AccountAccess.since,
            Branch.id,
            Branch.phone,
            Branch.hours,
            Branch.time_zone,
            Branch.window_first,
            Branch.window_last,
            AccountAccess.until,
            Account.kind,
            AccountAccess.granted_by,
            Branch.code,
            Account.holder_since,
            Branch.offices_version,
        )
        .join(Account)
        .join(Branch)
        .where(
            AccountAccess.user == user_id,
            AccountAccess.ended_at.is_null(),
        )
        .order_by(AccountAccess.position, AccountAccess.id)
        .tuples()
    )


def _cards(rows: Iterable[Any]) -> list[AccountCard]:
    return [
        AccountCard(
            account_id=row[0],
            slug=row[1],
            number=row[2],
            label=row[3],
            holder=row[4],
            address=row[5],
            level=row[6],
            since=max(filter(None, (row[7], row[18])), default=None),
            until=row[14],
            is_owner=row[6] is AccessLevel.FULL and row[16] is None,
            branch_id=row[8],
            branch_code=row[17],
            branch_phone=row[9],
            branch_hours=row[10],
            zone=ZoneInfo(row[11]),
            window=ReadingWindow(row[12], row[13]),
            offices_version=row[19],
            is_organisation=row[15] is AccountKind.ORGANISATION,
        )
        for row in rows
    ]


_ALL = Hot(_accesses, AccountAccess.user)
_ONE = Hot(
    lambda user_id, account_id: _accesses(user_id).where(Account.id == account_id),
    AccountAccess.user,
    Account.id,
)
