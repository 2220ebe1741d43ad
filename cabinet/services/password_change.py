"""A new password: by a link from a letter, or by somebody who is signed in.

Whichever way, the person's other sessions end, their one-time links are void, and a
letter tells them.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.people import Role
from cabinet.domain.registration import TokenPurpose
from cabinet.models import User
from cabinet.models.base import lock, reading, writing
from cabinet.services import (
    audit,
    credentials,
    limits,
    outbox,
    passwords,
    personal_keys,
    sessions,
    tokens,
)
from cabinet.services.access import accounts_of
from cabinet.services.audit import Actor
from cabinet.services.sessions import SignedIn
from cabinet.services.tokens import TokenNotFoundError

PURPOSES = (TokenPurpose.SET_PASSWORD, TokenPurpose.RESET_PASSWORD)

#: How long after a link was used its page still says so.
SAVED_SHOWN = timedelta(minutes=30)

RESET_MAIL = "password_reset"
CHANGED_MAIL = "password_changed"


class WrongPasswordError(Exception):
    """The current password does not fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose password a link sets; `own` is what the password must not be.

    `login` is what is typed to sign in: the e-mail, or an account number for somebody
    who has none.
    """

    user_id: int
    email: str
    login: str
    role: Role
    own: tuple[str, ...]


def get_owner(secret: str, *, now: datetime) -> Owner:
    """Return whose password the link sets; raises TokenNotFoundError."""
    with reading():
        token = tokens.get_token(secret, *PURPOSES, now=now)
        return _owner(token.user_id, now)


def set_by_link(
    secret: str,
    password: str,
    *,
    actor: Actor,
    link: str,
    zone: ZoneInfo,
    pepper: str,
    now: datetime,
) -> None:
    """Use the link up and set the password; nobody is signed in by it.

    The letter about it leads to `link`. Raises TokenNotFoundError, or
    passwords.PasswordRefusedError, which leaves the link as it was.
    """
    owner = get_owner(secret, now=now)
    passwords.check(password, owner.role, own=owner.own)
    password_hash = credentials.hash_password(password)
    with writing():
        token = tokens.consume(secret, *PURPOSES, now=now)
        owner = _owner(token.user_id, now)
        sessions.end_all(owner.user_id, now=now)
        # Whoever had the old password may have made some.
        personal_keys.revoke_all(owner.user_id, now=now)
        _set(owner, password_hash, now)
        # Whoever reads the mailbox is not who was guessing at the door.
        for limit in limits.LOGINS:
            for name in owner.own:
                limits.forget(limit, name, pepper=pepper, now=now)
        audit.record(
            audit.acting_as(owner.user_id, actor),
            "password.set",
            now=now,
            subject=f"user:{owner.user_id}",
            purpose=str(token.purpose),
        )
        if token.purpose is TokenPurpose.RESET_PASSWORD:
            _tell(owner, link=link, zone=zone, now=now)


def find_saved(secret: str, *, now: datetime) -> str | None:
    """Return who signs in with the password just set by the link, None for any other."""
    with reading():
        user_id = tokens.find_user_of_used(secret, *PURPOSES, since=now - SAVED_SHOWN)
        return _owner(user_id, now).login if user_id else None


def ask_reset(
    number: str,
    email: str,
    *,
    link_of: Callable[[str], str],
    address: str,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> None:
    """Send a link to set a new password where the account and the e-mail go together.

    Whether they do is not told: as many rows are written either way. Beyond the limit
    of the pair nothing is sent: who knows the e-mail only uses up none of its owner's
    letters. Raises limits.TooManyAttemptsError for the network.
    """
    email = email.strip().casefold()
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    pair = f"{email}:{digits}"
    with writing():
        limits.count(limits.RESET_ADDRESS, address, pepper=pepper, now=now)
    try:
        with writing():
            for limit in (limits.RESET_SHORT, limits.RESET_DAY):
                limits.count(limit, pair, pepper=pepper, now=now)
            user_id = _find(digits, email, now)
            # For nobody as well, or the number of rows would tell.
            limits.count(
                limits.RESET_LETTERS,
                f"user:{user_id}" if user_id else pair,
                pepper=pepper,
                now=now,
            )
            _put_reset(user_id, email, link_of, now)
            audit.record(
                actor,
                "password.reset_asked",
                now=now,
                subject=f"user:{user_id or 'unknown'}",
            )
    except limits.TooManyAttemptsError:
        with writing():
            audit.record(actor, "password.reset_limited", now=now)


def send_reset(
    email: str, *, link_of: Callable[[str], str], actor: Actor, now: datetime
) -> str:
    """Send a link to whoever signs in with the e-mail and return it.

    For the administrator at the server. Raises TokenNotFoundError where nobody does.
    """
    email = email.strip().casefold()
    with writing():
        user = User.get_or_none(User.email == email)
        owner = _owner(user and user.id, now)
        link = _put_reset(owner.user_id, email, link_of, now)
        audit.record(
            actor, "password.reset_sent", now=now, subject=f"user:{owner.user_id}"
        )
    return link


def change(
    signed_in: SignedIn,
    current: str,
    password: str,
    *,
    actor: Actor,
    link: str,
    zone: ZoneInfo,
    pepper: str,
    now: datetime,
) -> str:
    """Set another password and return this browser's new cookie; others are out.

    Raises WrongPasswordError, passwords.PasswordRefusedError or
    limits.TooManyAttemptsError.
    """
    known = check_current(
        signed_in.user_id, current, actor=actor, pepper=pepper, now=now
    )
    with reading():
        owner = _owner(signed_in.user_id, now)
    passwords.check(password, owner.role, own=owner.own)
    password_hash = credentials.hash_password(password)
    with writing():
        user = lock(User.select(User.password_hash).where(User.id == owner.user_id))
        if user.scalar() != known:
            # The form came twice, or somebody else has set another one meanwhile.
            raise WrongPasswordError
        sid = sessions.renew(signed_in, now=now)
        sessions.end_all(owner.user_id, but=signed_in.session_id, now=now)
        _set(owner, password_hash, now)
        audit.record(
            actor, "password.changed", now=now, subject=f"user:{owner.user_id}"
        )
        _tell(owner, link=link, zone=zone, now=now)
    return sid


def check_current(
    user_id: int, password: str, *, actor: Actor, pepper: str, now: datetime
) -> str | None:
    """Check the password of who is signed in and return its hash, counting what does not fit.

    Raises WrongPasswordError or limits.TooManyAttemptsError.
    """
    who = str(user_id)
    with writing():
        for limit in limits.PASSWORDS:
            limits.count(limit, who, pepper=pepper, now=now)
        known: str | None = (
            User.select(User.password_hash)
            .where(User.id == user_id, User.disabled_at.is_null())
            .scalar()
        )
    fits = credentials.matches(known, password)
    with writing():
        if fits:
            for limit in limits.PASSWORDS:
                limits.give_back(limit, who, pepper=pepper, now=now)
        else:
            audit.record(actor, "password.refused", now=now, subject=f"user:{who}")
    if not fits:
        raise WrongPasswordError
    return known


def owner_of(signed_in: SignedIn, *, now: datetime) -> Owner:
    """Return whose password who is signed in may change."""
    with reading():
        return _owner(signed_in.user_id, now)


def _owner(user_id: int | None, now: datetime) -> Owner:
    """Return the person if they may still sign in; raises TokenNotFoundError."""
    user = user_id and User.get_or_none(
        User.id == user_id, User.disabled_at.is_null(), User.erased_at.is_null()
    )
    if not user:
        raise TokenNotFoundError(PURPOSES)
    own = tuple(filter(None, (user.email, *_numbers(user.id, now))))
    return Owner(
        user_id=user.id,
        email=user.email or "",
        login=own[0] if own else "",
        role=user.role,
        own=own,
    )


def _numbers(user_id: int, now: datetime) -> tuple[str, ...]:
    return tuple(card.number for card in accounts_of(user_id, now=now))


def _set(owner: Owner, password_hash: str, now: datetime) -> None:
    User.update(password_hash=password_hash).where(User.id == owner.user_id).execute()
    tokens.void(owner.user_id, now=now)


def _find(digits: str, email: str, now: datetime) -> int | None:
    user = User.get_or_none(
        User.email == email,
        User.role == Role.CUSTOMER,
        User.disabled_at.is_null(),
        User.erased_at.is_null(),
    )
    numbers = _numbers(user.id if user else 0, now)
    return user.id if user and digits in numbers else None


def _put_reset(
    user_id: int | None, email: str, link_of: Callable[[str], str], now: datetime
) -> str:
    """Write a link and its letter; for nobody both as well, and they go nowhere."""
    secret = secrets.token_urlsafe(32)
    tokens.void(user_id or 0, TokenPurpose.RESET_PASSWORD, now=now)
    tokens.issue(
        TokenPurpose.RESET_PASSWORD,
        user_id=user_id,
        secret=secret,
        voids_older=False,
        now=now,
    )
    link = link_of(secret)
    outbox.put(
        RESET_MAIL,
        key=f"{RESET_MAIL}:{tokens.hash_of(secret)}",
        recipient=email if user_id else "",
        context={"link": link if user_id else ""},
        user_id=user_id,
        is_secret=True,
        is_for_nobody=user_id is None,
        now=now,
    )
    return link


def _tell(owner: Owner, *, link: str, zone: ZoneInfo, now: datetime) -> None:
    if not owner.email:
        return
    cards = accounts_of(owner.user_id, now=now)
    outbox.put(
        CHANGED_MAIL,
        key=f"{CHANGED_MAIL}:{owner.user_id}:{secrets.token_hex(8)}",
        recipient=owner.email,
        context={
            "at": now.isoformat(),
            "zone": str(cards[0].zone if cards else zone),
            "link": link,
        },
        user_id=owner.user_id,
        now=now,
    )
