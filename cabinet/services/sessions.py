"""Sessions are rows, revocable at once."""

import hashlib
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from peewee import OperationalError

from cabinet.domain.errors import NotFound
from cabinet.domain.people import OpenLeaving, Role
from cabinet.models import Leaving, Session, User
from cabinet.models.base import lock, reading, writing
from cabinet.models.hot import Hot
from cabinet.services import audit
from cabinet.services.access import AccountCard, accounts_of
from cabinet.services.audit import Actor

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=30)
SHARED_COMPUTER = timedelta(hours=12)
SHARED_IDLE_MINUTES = 30
#: Of staff until the second factor is shown.
HALF = timedelta(minutes=15)
STAFF = timedelta(hours=12)
#: How long nobody asks again who it is.
SURE = timedelta(minutes=15)
STAFF_IDLE_MINUTES = 30
SEEN_EVERY = timedelta(minutes=5)
MOST_OF_CUSTOMER = 10
MOST_OF_STAFF = 3


class SessionNotFoundError(NotFound):
    """The session is nobody's or somebody else's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Who a request comes from.

    `is_on_shared_computer` tells of one on which nothing typed may stay. Without
    `has_factor` nothing is open but the pages that ask for the second one. Until
    `sure_until` nobody asks again who it is. `is_email_dead` tells that letters do not
    reach the address. `leaving` is set where the cabinet is about to close.
    """

    user_id: int
    session_id: int
    name: str
    email: str
    is_email_dead: bool
    role: Role
    account_id: int | None
    is_on_shared_computer: bool
    has_factor: bool
    sure_until: datetime | None
    leaving: OpenLeaving | None = None
    address_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRow:
    """A session as its owner sees it."""

    session_id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def hash_of(sid: str) -> str:
    """Return what is kept of a cookie."""
    return hashlib.sha256(sid.encode()).hexdigest()


def open_session(
    user: User,
    *,
    on_shared_computer: bool,
    device: str,
    network: str = "",
    now: datetime,
) -> str:
    """Open a session inside the open transaction and return its cookie.

    That of staff is half open until the second factor is shown.
    """
    sid = secrets.token_urlsafe(32)
    is_staff = user.role.is_staff
    lasts = HALF if is_staff else SHARED_COMPUTER if on_shared_computer else REMEMBERED
    idle = STAFF_IDLE_MINUTES if is_staff else SHARED_IDLE_MINUTES
    Session.create(
        sid_hash=hash_of(sid),
        user=user,
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        idle_minutes=idle if is_staff or on_shared_computer else None,
        device=device,
        network=network,
        has_factor=not is_staff,
    )
    if not is_staff:
        _make_room(user.id, MOST_OF_CUSTOMER, now)
    return sid


def prove(signed_in: SignedIn, *, now: datetime) -> str:
    """Note inside the open transaction that it is proved who it is, factor included.

    Returns the session's new cookie. One of staff opens by it, and the oldest beyond
    three ends.
    """
    lasts = {} if signed_in.has_factor else {"expires_at": now + STAFF}
    sid = renew(signed_in, now=now, has_factor=True, sure_until=now + SURE, **lasts)
    if not signed_in.has_factor:
        _make_room(signed_in.user_id, MOST_OF_STAFF, now)
    return sid


def make_sure(signed_in: SignedIn, *, actor: Actor, now: datetime) -> str:
    """Note that it is proved who it is and return the session's new cookie."""
    with writing():
        sid = prove(signed_in, now=now)
        audit.record(
            actor, "session.sure", now=now, subject=f"session:{signed_in.session_id}"
        )
    return sid


def lasts_of(signed_in: SignedIn) -> timedelta | None:
    """Return how long the browser keeps a new cookie of the same session."""
    return None if signed_in.is_on_shared_computer else REMEMBERED


_BY_COOKIE = Hot(
    lambda sid_hash, now: (
        Session.select(
            Session.id,
            Session.account_id,
            Session.last_seen_at,
            Session.idle_minutes,
            Session.has_factor,
            Session.sure_until,
            User.id,
            User.name,
            User.email,
            User.role,
            User.email_failed_at,
            User.address_key,
            Leaving.public_id,
            Leaving.requested_at,
            Leaving.due_at,
        )
        .join(User)
        .left_outer_join(
            Leaving,
            on=(Leaving.user == User.id)
            & Leaving.undone_at.is_null()
            & Leaving.done_at.is_null(),
        )
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
    session_id, account_id, last_seen_at, idle_minutes, factor, sure_until, *user = row
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
        email=user[2] or "",
        role=user[3],
        is_email_dead=user[4] is not None,
        account_id=account_id,
        is_on_shared_computer=idle_minutes is not None,
        has_factor=factor,
        sure_until=sure_until,
        leaving=None if user[6] is None else _leaving(*user[6:]),
        address_key=user[5],
    )


def _leaving(public_id: UUID, requested_at: datetime, due_at: datetime) -> OpenLeaving:
    return OpenLeaving(public_id=public_id, requested_at=requested_at, due_at=due_at)


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
        ended = end_all(signed_in.user_id, but=signed_in.session_id, now=now)
        audit.record(
            actor,
            "session.others_ended",
            now=now,
            subject=f"user:{signed_in.user_id}",
            count=ended,
        )
    return ended


def end_all(user_id: int, *, but: int | None = None, now: datetime) -> int:
    """End the user's sessions inside the open transaction and return how many."""
    rows = Session.update(revoked_at=now).where(
        Session.user == user_id, Session.revoked_at.is_null()
    )
    if but is not None:
        rows = rows.where(Session.id != but)
    return int(rows.execute())


def renew(signed_in: SignedIn, *, now: datetime, **values: object) -> str:
    """Give a live session another cookie inside the open transaction and return it.

    `values` are what else changes in its row. Raises SessionNotFoundError.
    """
    sid = secrets.token_urlsafe(32)
    changed = (
        Session.update(sid_hash=hash_of(sid), last_seen_at=now, **values)
        .where(Session.id == signed_in.session_id, Session.revoked_at.is_null())
        .execute()
    )
    if not changed:
        raise SessionNotFoundError(signed_in.session_id)
    return sid


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


def _make_room(user_id: int, most: int, now: datetime) -> None:
    spare = (
        _live(user_id, now)
        .order_by(Session.last_seen_at.desc(), Session.id.desc())
        .offset(most)
    )
    ids = [row.id for row in lock(spare.limit(100))]
    if ids:
        Session.update(revoked_at=now).where(Session.id.in_(ids)).execute()
        for session_id in ids:
            audit.record(
                Actor(user_id),
                "session.crowded_out",
                now=now,
                subject=f"session:{session_id}",
            )


def _live(user_id: int, now: datetime) -> "Session":
    return Session.select().where(
        Session.user == user_id,
        Session.revoked_at.is_null(),
        Session.expires_at > now,
        Session.has_factor,
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
