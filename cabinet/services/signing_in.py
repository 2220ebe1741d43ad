"""Signing in: the password, tried at a measured pace, and word of a new device."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from peewee import Query, fn

from cabinet.models import AccountAccess, Session, User
from cabinet.models.base import lock, writing
from cabinet.services import (
    audit,
    bulkheads,
    credentials,
    limits,
    outbox,
    password_change,
    sessions,
    tokens,
)
from cabinet.services.access import accounts_of
from cabinet.services.audit import Actor

#: A device or a network not seen for longer is a new one.
KNOWN = timedelta(days=90)
#: Nobody lets more people see an account.
_MOST_LINKED = 50


class WrongCredentialsError(Exception):
    """The e-mail, the account number or the password does not fit; it is not told which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedSession:
    """The cookie of a new session and how long the browser keeps it.

    `lasts` is None where the cookie goes with the browser's window.
    """

    sid: str
    lasts: timedelta | None
    has_factor: bool


@bulkheads.SIGN_INS.place()
def sign_in(
    login: str,
    password: str,
    *,
    on_shared_computer: bool,
    device: str,
    address: str,
    neighbourhood: str = "",
    actor: Actor,
    link: str,
    zone: ZoneInfo,
    pepper: str,
    saved: str = "",
    now: datetime,
) -> OpenedSession:
    """Check the password, open a session and return its cookie.

    A letter tells of a device or a network that was not there for long, and leads to
    `link`; `neighbourhood` is the network, wide enough for a provider's own changes. With
    the secret of a link that has just set the password in `saved`, tries are counted
    apart: whoever guesses at the door does not hold up who reads the mailbox.

    Raises WrongCredentialsError or limits.TooManyAttemptsError; a failure is counted
    against the login and against the address, a success is not. Raises
    bulkheads.BusyError where too many check theirs.
    """
    identity = login.strip().casefold()
    # However a number is spelled, its tries are counted together.
    name = identity if "@" in identity else _digits(identity) or identity
    # Counted before the check, or many tries at once would all slip under the limit.
    with _limits_told(identity, actor=actor, pepper=pepper, now=now), writing():
        user = _user_of(identity)
        if user is not None and _has_just_set(user, saved, now):
            name = f"saved:{tokens.hash_of(saved)}"
        counted = limits.count_login(name, pepper=pepper, now=now)
        limits.count(limits.LOGIN_ADDRESS, address, pepper=pepper, now=now)
    try:
        fits = credentials.matches(user.password_hash if user else None, password)
    except bulkheads.BusyError:
        # Nothing was tried.
        with writing():
            _give_back(counted, name, address, pepper=pepper, now=now)
        raise
    if user is None or not fits or user.disabled_at is not None:
        with writing():
            audit.record(
                actor, "session.refused", now=now, subject=f"user:{_id_of(user)}"
            )
        raise WrongCredentialsError
    with writing():
        # A new password, or a closed door, ends what an old password has begun.
        if not list(lock(_unchanged(user))):
            raise WrongCredentialsError
        _give_back(counted, name, address, pepper=pepper, now=now)
        network = _hash_of(neighbourhood, user, pepper)
        _tell_of_new(user, device, network, link=link, zone=zone, now=now)
        sid = sessions.open_session(
            user,
            on_shared_computer=on_shared_computer,
            device=device,
            network=network,
            now=now,
        )
        audit.record(
            audit.acting_as(user.id, actor),
            "session.opened",
            now=now,
            subject=f"user:{user.id}",
        )
        if credentials.is_outdated(user.password_hash):
            User.update(password_hash=credentials.hash_password(password)).where(
                User.id == user.id
            ).execute()
    is_kept = not (user.role.is_staff or on_shared_computer)
    return OpenedSession(
        sid=sid,
        lasts=sessions.REMEMBERED if is_kept else None,
        has_factor=not user.role.is_staff,
    )


def _give_back(
    counted: tuple[limits.Limit, ...],
    name: str,
    address: str,
    *,
    pepper: str,
    now: datetime,
) -> None:
    for limit in counted:
        limits.give_back(limit, name, pepper=pepper, now=now)
    limits.give_back(limits.LOGIN_ADDRESS, address, pepper=pepper, now=now)


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


class New(StrEnum):
    """What of a sign-in was not there before."""

    DEVICE = "device"
    NETWORK = "network"
    BOTH = "both"


def _tell_of_new(
    user: User, device: str, network: str, *, link: str, zone: ZoneInfo, now: datetime
) -> None:
    """Write a letter, unless all is known or the person comes the first time."""
    new = _what_is_new(user, device, network, now)
    if new is None or not user.email:
        return
    cards = accounts_of(user.id, now=now)
    outbox.put(
        "new_device",
        key=f"new_device:{user.id}:{secrets.token_hex(8)}",
        recipient=user.email,
        context={
            "at": now.isoformat(),
            "zone": str(cards[0].zone if cards else zone),
            "device": device,
            "new": str(new),
            "link": link,
        },
        user_id=user.id,
        now=now,
    )


def _what_is_new(user: User, device: str, network: str, now: datetime) -> New | None:
    """Return what no session of the last three months has, nothing at the first one.

    Sessions from before networks were noted say nothing of them.
    """
    seen = [
        (known, place)
        for known, place, last in Session.select(
            Session.device, Session.network, fn.MAX(Session.last_seen_at)
        )
        .where(Session.user == user)
        .group_by(Session.device, Session.network)
        .tuples()
        if last > now - KNOWN
    ]
    if not seen:
        has_been = Session.select().where(Session.user == user).exists()
        return New.BOTH if has_been else None
    places = {place for _, place in seen if place}
    is_new_device = device not in {known for known, _ in seen}
    is_new_network = bool(network and places) and network not in places
    if is_new_device and is_new_network:
        return New.BOTH
    if is_new_device:
        return New.DEVICE
    return New.NETWORK if is_new_network else None


def _hash_of(neighbourhood: str, user: User, pepper: str) -> str:
    """Return what is kept of a network: nobody else's hash of it is the same."""
    if not (neighbourhood and user.address_key):
        return ""
    text = f"network:{user.address_key}:{neighbourhood}".encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()


def _user_of(identity: str) -> User | None:
    """Find the user by e-mail, or by an account number linked to one cabinet only.

    Cabinets are counted by owners: relatives who were let in do not take the number
    away, nor does who has no password to sign in with. Of several cabinets the number
    is that of the one without e-mail, whose owner has nothing else to sign in with.
    """
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
            AccountAccess.granted_by.is_null(),
            AccountAccess.until.is_null(),
            User.password_hash.is_null(False),
        )
        .limit(_MOST_LINKED)
    )
    without_email = [user for user in users if user.email is None]
    found = users if len(users) == 1 else without_email
    return found[0] if len(found) == 1 else None


def _has_just_set(user: User, secret: str, now: datetime) -> bool:
    return bool(secret) and user.id == tokens.find_user_of_used(
        secret,
        *password_change.PURPOSES,
        since=now - password_change.SAVED_SHOWN,
    )


def _unchanged(user: User) -> Query:
    return User.select(User.id).where(
        User.id == user.id,
        User.password_hash == user.password_hash,
        User.disabled_at.is_null(),
    )


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())


def _id_of(user: User | None) -> str:
    return str(user.id) if user else "unknown"
