"""Signing in and out: sessions are rows, revocable at once."""

import hashlib
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import OperationalError

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import AccountAccess, Session, User
from cabinet.models.base import lock, reading, writing
from cabinet.models.hot import Hot
from cabinet.services import audit, credentials, limits
from cabinet.services.access import AccountCard, accounts_of
from cabinet.services.audit import Actor

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=30)
SHARED_COMPUTER = timedelta(hours=12)
SHARED_IDLE_MINUTES = 30
STAFF = timedelta(hours=12)
STAFF_IDLE_MINUTES = 30
SEEN_EVERY = timedelta(minutes=5)
MOST_OF_CUSTOMER = 10
MOST_OF_STAFF = 3


class WrongCredentialsError(Exception):
    """The e-mail, the account number or the password does not fit; it is not told which."""


class SessionNotFoundError(NotFound):
    """The session is nobody's or somebody else's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Who a request comes from.

    `is_on_shared_computer` tells of one on which nothing typed may stay.
    """

    user_id: int
    session_id: int
    name: str
    email: str
    role: Role
    account_id: int | None
    is_on_shared_computer: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRow:
    """A session as its owner sees it."""

    session_id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedSession:
    """The cookie of a new session and how long the browser keeps it.

    `lasts` is None where the cookie goes with the browser's window.
    """

    sid: str
    lasts: timedelta | None


def hash_of(sid: str) -> str:
    """Return what is kept of a cookie."""
    return hashlib.sha256(sid.encode()).hexdigest()


def sign_in(
    login: str,
    password: str,
    *,
    on_shared_computer: bool,
    device: str,
    address: str,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> OpenedSession:
    """Check the password, open a session and return its cookie.

    Raises WrongCredentialsError or limits.TooManyAttemptsError; a failure is counted
    against the login and against the address, a success is not.
    """
    identity = login.strip().casefold()
    tries = _limits_of(identity, address)
    # Counted before the check, or many tries at once would all slip under the limit.
    with _limits_told(identity, actor=actor, pepper=pepper, now=now), writing():
        for limit, who in tries:
            limits.count(limit, who, pepper=pepper, now=now)
        user = _user_of(identity)
    fits = credentials.matches(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        with writing():
            audit.record(
                actor, "session.refused", now=now, subject=f"user:{_id_of(user)}"
            )
        raise WrongCredentialsError
    sid = secrets.token_urlsafe(32)
    with writing():
        for limit, who in tries:
            limits.give_back(limit, who, pepper=pepper, now=now)
        _open_session(
            user, sid, on_shared_computer=on_shared_computer, device=device, now=now
        )
        audit.record(
            Actor(user.id, actor.address_hash),
            "session.opened",
            now=now,
            subject=f"user:{user.id}",
        )
        if credentials.is_outdated(user.password_hash):
            User.update(password_hash=credentials.hash_password(password)).where(
                User.id == user.id
            ).execute()
    is_kept = not (user.role.is_staff or on_shared_computer)
    return OpenedSession(sid=sid, lasts=REMEMBERED if is_kept else None)


_BY_COOKIE = Hot(
    lambda sid_hash, now: (
        Session.select(
            Session.id,
            Session.account_id,
            Session.last_seen_at,
            Session.idle_minutes,
            User.id,
            User.name,
            User.email,
            User.role,
        )
        .join(User)
        .where(
            Session.sid_hash == sid_hash,
            Session.revoked_at.is_null(),
            Session.expires_at > now,
            User.disabled_at.is_null(),
        )
        .tuples()
    ),
    Session.sid_hash,
    Session.expires_at,
)


def find_signed_in(sid: str, *, now: datetime) -> SignedIn | None:
    """Return who holds the cookie, or None when the session is over."""
    row = _BY_COOKIE.first(hash_of(sid), now)
    if row is None:
        return None
    session_id, account_id, last_seen_at, idle_minutes, *user = row
    if idle_minutes is not None and now - last_seen_at > timedelta(
        minutes=idle_minutes
    ):
        return None
    if now - last_seen_at > SEEN_EVERY:
        _note_seen(session_id, now)
    return SignedIn(
        user_id=user[0],
        session_id=session_id,
        name=user[1],
        email=user[2],
        role=user[3],
        account_id=account_id,
        is_on_shared_computer=idle_minutes is not None,
    )


def _note_seen(session_id: int, now: datetime) -> None:
    """Write down the moment; a page is shown all the same while nothing can be written."""
    try:
        with writing():
            Session.update(last_seen_at=now).where(Session.id == session_id).execute()
    except OperationalError:
        log.warning("session not noted as seen", extra={"session": session_id})


def sign_out(signed_in: SignedIn, *, actor: Actor, now: datetime) -> None:
    """End the session of this browser."""
    with writing():
        _revoke(signed_in.user_id, signed_in.session_id, actor=actor, now=now)


def sessions(signed_in: SignedIn, *, now: datetime) -> tuple[SessionRow, ...]:
    """Return the live sessions of the user, this one first, then the latest."""
    with reading():
        rows = list(_live(signed_in.user_id, now).order_by(Session.last_seen_at.desc()))
    found = [
        SessionRow(
            session_id=row.id,
            device=row.device,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_this=row.id == signed_in.session_id,
        )
        for row in rows
        if row.idle_minutes is None
        or now - row.last_seen_at <= timedelta(minutes=row.idle_minutes)
    ]
    return tuple(sorted(found, key=lambda row: not row.is_this))


def end_session(
    signed_in: SignedIn, session_id: int, *, actor: Actor, now: datetime
) -> None:
    """End one session of the same user; raises SessionNotFoundError."""
    with writing():
        _revoke(signed_in.user_id, session_id, actor=actor, now=now)


def end_other_sessions(signed_in: SignedIn, *, actor: Actor, now: datetime) -> int:
    """End all sessions of the user but this one and return how many."""
    with writing():
        ended = (
            Session.update(revoked_at=now)
            .where(
                Session.user == signed_in.user_id,
                Session.id != signed_in.session_id,
                Session.revoked_at.is_null(),
            )
            .execute()
        )
        audit.record(
            actor,
            "session.others_ended",
            now=now,
            subject=f"user:{signed_in.user_id}",
            count=ended,
        )
    return int(ended)


def choose_account(
    signed_in: SignedIn, slug: str, *, actor: Actor, now: datetime
) -> AccountCard:
    """Make the account the one the pages show; raises SessionNotFoundError."""
    with writing():
        card = next(
            (c for c in accounts_of(signed_in.user_id, now=now) if c.slug == slug), None
        )
        if card is None:
            raise SessionNotFoundError(slug)
        Session.update(account_id=card.account_id).where(
            Session.id == signed_in.session_id
        ).execute()
        audit.record(actor, "account.chosen", now=now, account_id=card.account_id)
    return card


def _limits_of(identity: str, address: str) -> tuple[tuple[limits.Limit, str], ...]:
    # However a number is spelled, its tries are counted together.
    name = identity if "@" in identity else _digits(identity) or identity
    return (
        (limits.LOGIN_SHORT, name),
        (limits.LOGIN_DAY, name),
        (limits.LOGIN_ADDRESS, address),
    )


@contextmanager
def _limits_told(
    identity: str, *, actor: Actor, pepper: str, now: datetime
) -> Iterator[None]:
    """Note that a limit was used up, once a span: else tries would fill the log."""
    try:
        yield
    except limits.TooManyAttemptsError as error:
        with writing():
            if limits.is_first(error, pepper=pepper, now=now):
                user = _user_of(identity)
                audit.record(
                    actor,
                    "session.limited",
                    now=now,
                    subject=f"user:{_id_of(user)}",
                    limit=error.limit.name,
                )
        raise


def _user_of(identity: str) -> User | None:
    """Find the user by e-mail, or by an account number linked to one cabinet only."""
    if "@" in identity:
        return User.get_or_none(User.email == identity)
    number = _digits(identity)
    users = list(
        User.select()
        .join(AccountAccess, on=AccountAccess.user == User.id)
        .join(AccountAccess.account.rel_model)
        .where(
            AccountAccess.account.rel_model.number == number,
            AccountAccess.ended_at.is_null(),
        )
        .limit(2)
    )
    return users[0] if len(users) == 1 else None


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())


def _open_session(
    user: User, sid: str, *, on_shared_computer: bool, device: str, now: datetime
) -> None:
    is_staff = user.role.is_staff
    lasts = STAFF if is_staff else SHARED_COMPUTER if on_shared_computer else REMEMBERED
    idle = STAFF_IDLE_MINUTES if is_staff else SHARED_IDLE_MINUTES
    Session.create(
        sid_hash=hash_of(sid),
        user=user,
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        idle_minutes=idle if is_staff or on_shared_computer else None,
        device=device,
    )
    most = MOST_OF_STAFF if is_staff else MOST_OF_CUSTOMER
    spare = (
        _live(user.id, now)
        .order_by(Session.last_seen_at.desc(), Session.id.desc())
        .offset(most)
    )
    ids = [row.id for row in lock(spare.limit(100))]
    if ids:
        Session.update(revoked_at=now).where(Session.id.in_(ids)).execute()
        for session_id in ids:
            audit.record(
                Actor(user.id),
                "session.crowded_out",
                now=now,
                subject=f"session:{session_id}",
            )


def _live(user_id: int, now: datetime) -> "Session":
    return Session.select().where(
        Session.user == user_id,
        Session.revoked_at.is_null(),
        Session.expires_at > now,
    )


def _revoke(user_id: int, session_id: int, *, actor: Actor, now: datetime) -> None:
    ended = (
        Session.update(revoked_at=now)
        .where(
            Session.id == session_id,
            Session.user == user_id,
            Session.revoked_at.is_null(),
        )
        .execute()
    )
    if not ended:
        raise SessionNotFoundError(session_id)
    audit.record(actor, "session.ended", now=now, subject=f"session:{session_id}")


def _id_of(user: User | None) -> str:
    return str(user.id) if user else "unknown"
