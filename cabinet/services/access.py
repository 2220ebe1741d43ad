"""Which accounts a user may see: every query about an account goes through here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
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
    """An account as its user sees it; nothing dated before `since` is shown."""

    account_id: int
    slug: str
    number: str
    label: str
    holder: str
    address: str
    level: AccessLevel
    is_organisation: bool
    since: date | None
    branch_id: int
    branch_phone: str
    branch_hours: str
    zone: ZoneInfo
    window: ReadingWindow

    @property
    def title(self) -> str:
        """Return the user's own name for it, or the address."""
        return self.label or self.address


def accounts_of(user_id: int, *, now: datetime) -> tuple[AccountCard, ...]:
    """Return the accounts of the user in the user's order."""
    return tuple(
        card
        for card, until in _cards(_ALL(user_id))
        if until is None or local_day(now, card.zone) < until
    )


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
    for card, until in _cards(_ONE(user_id, account_id)):
        ended = until is not None and local_day(now, card.zone) >= until
        if not ended and level in (None, AccessLevel.READINGS, card.level):
            return card
    raise AccountNotFoundError(account_id)


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


def _cards(rows: Iterable[Any]) -> list[tuple[AccountCard, date | None]]:
    return [
        (
            AccountCard(
                account_id=row[0],
                slug=row[1],
                number=row[2],
                label=row[3],
                holder=row[4],
                address=row[5],
                level=row[6],
                since=row[7],
                branch_id=row[8],
                branch_phone=row[9],
                branch_hours=row[10],
                zone=ZoneInfo(row[11]),
                window=ReadingWindow(row[12], row[13]),
                is_organisation=row[15] is AccountKind.ORGANISATION,
            ),
            row[14],
        )
        for row in rows
    ]


_ALL = Hot(_accesses, AccountAccess.user)
_ONE = Hot(
    lambda user_id, account_id: _accesses(user_id).where(Account.id == account_id),
    AccountAccess.user,
    Account.id,
)
