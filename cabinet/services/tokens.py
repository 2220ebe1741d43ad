"""One-time links: made in the transaction of their act, looked at freely, used once.

Only the hash of a link's secret is kept. A newer link of the same purpose for the same
person voids the older ones; whatever changes the password voids them all but those that
bring a stolen cabinet back.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cabinet.domain.errors import NotFound
from cabinet.domain.registration import TokenPurpose
from cabinet.models import OneTimeToken

#: How long a link of each purpose works.
LASTS = {
    TokenPurpose.SET_PASSWORD: timedelta(hours=24),
    TokenPurpose.RESET_PASSWORD: timedelta(minutes=30),
    TokenPurpose.NOT_ME: timedelta(days=14),
    TokenPurpose.CHANGE_EMAIL: timedelta(minutes=60),
    TokenPurpose.UNDO_EMAIL: timedelta(hours=72),
    TokenPurpose.INVITATION: timedelta(days=7),
    TokenPurpose.REMINDER: timedelta(days=7),
    TokenPurpose.STOP_REMINDERS: timedelta(days=365),
    TokenPurpose.CARD: timedelta(days=14),
}

#: How long a link that was used still answers that it was.
JUST = timedelta(minutes=10)

#: Of these a stolen cabinet must not rob its owner: they are void only by their name.
KEPT = frozenset({TokenPurpose.UNDO_EMAIL, TokenPurpose.STOP_REMINDERS})


class TokenNotFoundError(NotFound):
    """The link is wrong, used, void or too old; it is not told which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A link that still works."""

    token_id: int
    purpose: TokenPurpose
    user_id: int | None
    context: dict[str, Any]
    expires_at: datetime


def issue(
    purpose: TokenPurpose,
    *,
    user_id: int | None = None,
    context: dict[str, Any] | None = None,
    secret: str | None = None,
    voids_older: bool = True,
    now: datetime,
) -> str:
    """Make a link inside the open transaction and return its secret.

    A person's older links of the purpose are void, unless `voids_older` says otherwise.
    """
    if user_id is not None and voids_older:
        void(user_id, purpose, now=now)
    secret = secret or secrets.token_urlsafe(32)
    OneTimeToken.create(
        token_hash=hash_of(secret),
        purpose=purpose,
        user=user_id,
        context=context or {},
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    return secret


def get_token(secret: str, *purposes: TokenPurpose, now: datetime) -> Token:
    """Return what the link is for; changes nothing. Raises TokenNotFoundError."""
    return _find(secret, purposes, OneTimeToken.used_at.is_null(), now)


def get_used(secret: str, *purposes: TokenPurpose, now: datetime) -> Token:
    """Return what a link was for that has been used; for who presses twice.

    Raises TokenNotFoundError.
    """
    return _find(secret, purposes, OneTimeToken.used_at.is_null(False), now)


def consume(secret: str, *purposes: TokenPurpose, now: datetime) -> Token:
    """Use the link up inside the open transaction; raises TokenNotFoundError.

    Of many who try at once one succeeds.
    """
    token = get_token(secret, *purposes, now=now)
    used = (
        OneTimeToken.update(used_at=now)
        .where(
            OneTimeToken.id == token.token_id,
            OneTimeToken.used_at.is_null(),
            OneTimeToken.voided_at.is_null(),
        )
        .execute()
    )
    if not used:
        raise TokenNotFoundError(purposes)
    return token


def void(user_id: int, *purposes: TokenPurpose, now: datetime) -> None:
    """Void the person's links of the purposes, without one all but the kept ones."""
    rows = OneTimeToken.update(voided_at=now).where(
        OneTimeToken.user == user_id,
        OneTimeToken.used_at.is_null(),
        OneTimeToken.voided_at.is_null(),
    )
    if purposes:
        rows = rows.where(OneTimeToken.purpose.in_(purposes))
    else:
        rows = rows.where(OneTimeToken.purpose.not_in(KEPT))
    rows.execute()


def _find(
    secret: str, purposes: tuple[TokenPurpose, ...], is_meant: Any, now: datetime
) -> Token:
    row = (
        OneTimeToken.select()
        .where(
            OneTimeToken.token_hash == hash_of(secret),
            OneTimeToken.purpose.in_(purposes),
            is_meant,
            OneTimeToken.voided_at.is_null(),
            OneTimeToken.expires_at > now,
        )
        .first()
    )
    if row is None:
        raise TokenNotFoundError(purposes)
    return Token(
        token_id=row.id,
        purpose=row.purpose,
        user_id=row.user_id,
        context=row.context,
        expires_at=row.expires_at,
    )


def void_newer(token: Token, *, now: datetime) -> None:
    """Void the person's links of the same purpose that were made after this one."""
    OneTimeToken.update(voided_at=now).where(
        OneTimeToken.user == token.user_id,
        OneTimeToken.purpose == token.purpose,
        OneTimeToken.id > token.token_id,
        OneTimeToken.used_at.is_null(),
        OneTimeToken.voided_at.is_null(),
    ).execute()


def was_just_used(secret: str, purpose: TokenPurpose, *, now: datetime) -> bool:
    """Tell whether the link did its work a moment ago: its form was sent twice."""
    return (
        OneTimeToken.select()
        .where(
            OneTimeToken.token_hash == hash_of(secret),
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at > now - JUST,
        )
        .exists()
    )


def find_user_of_used(
    secret: str, *purposes: TokenPurpose, since: datetime
) -> int | None:
    """Return for whom the link did its work since then, None for any other link."""
    return (
        OneTimeToken.select(OneTimeToken.user)
        .where(
            OneTimeToken.token_hash == hash_of(secret),
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at > since,
        )
        .scalar()
    )


def hash_of(secret: str) -> str:
    """Return what is kept of a link."""
    return hashlib.sha256(secret.encode()).hexdigest()
