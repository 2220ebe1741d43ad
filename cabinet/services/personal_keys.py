"""Keys that let programs in under a person's name: made, listed, used, revoked.

A secret is shown once and only its hash is kept, so it can be replaced and not looked up.
"""

import logging
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import OperationalError

from cabinet.domain.errors import NotFound
from cabinet.domain.keys import KeyScope
from cabinet.models import PersonalKey, User
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit, outbox, tokens
from cabinet.services.audit import SYSTEM, Actor

log = logging.getLogger(__name__)

#: Live keys of one person.
MOST = 20
#: How exactly the last use is known.
_USED_EVERY = timedelta(hours=1)
MADE_MAIL = "key_made"
_IS_CALENDAR = PersonalKey.scope == KeyScope.CALENDAR


class KeyNotFoundError(NotFound):
    """The key is wrong, revoked, somebody else's, or of another scope."""


class TooManyKeysError(ValueError):
    """The person has as many keys as anybody may have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyCard:
    """A key as its owner sees it: never the secret."""

    key_id: int
    scope: KeyScope
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who comes with a key, and what it lets them do.

    With `address_key` the audit log hashes where they come from.
    """

    user_id: int
    key_id: int
    scope: KeyScope
    address_key: str = field(repr=False)


def make(
    user_id: int,
    scope: KeyScope,
    name: str,
    *,
    form_key: str,
    link_of: Callable[[], str],
    zone: ZoneInfo,
    actor: Actor,
    now: datetime,
) -> str | None:
    """Make a key and return its secret; None where the form has made one already.

    A new address of the calendar replaces the one before. The person is told of a key by
    letter, for a thief would make one to stay: `link_of` is where it is revoked. Raises
    TooManyKeysError.
    """
    secret = secrets.token_urlsafe(32)
    with writing():
        # Two forms at once would both see room for one more.
        user = lock(User.select().where(User.id == user_id)).get()
        if PersonalKey.select().where(PersonalKey.form_key == form_key).exists():
            return None
        if scope is KeyScope.CALENDAR:
            _revoke(_live(user_id).where(PersonalKey.scope == scope), actor, now)
        elif _live(user_id).where(~_IS_CALENDAR).count() >= MOST:
            raise TooManyKeysError(user_id)
        row = PersonalKey.create(
            user=user_id,
            scope=scope,
            name=name,
            secret_hash=tokens.hash_of(secret),
            form_key=form_key,
            created_at=now,
        )
        audit.record(
            actor,
            "key.made",
            now=now,
            subject=f"user:{user_id}",
            key=row.id,
            scope=str(scope),
        )
        if user.email and scope is not KeyScope.CALENDAR:
            outbox.put(
                MADE_MAIL,
                key=f"{MADE_MAIL}:{row.id}",
                recipient=user.email,
                context={
                    "at": now.isoformat(),
                    "zone": str(zone),
                    "name": name,
                    "sends": scope is KeyScope.SUBMIT,
                    "link": link_of(),
                },
                user_id=user_id,
                now=now,
            )
    return secret


def keys_of(user_id: int) -> tuple[KeyCard, ...]:
    """Return the person's live keys, the newest first."""
    with reading():
        rows = list(_live(user_id).order_by(PersonalKey.id.desc()))
    return tuple(
        KeyCard(
            key_id=row.id,
            scope=row.scope,
            name=row.name,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


def revoke(user_id: int, key_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the key work no more; one that is revoked stays so.

    Raises KeyNotFoundError for a key that is not the person's.
    """
    with writing():
        mine = PersonalKey.select().where(
            PersonalKey.id == key_id, PersonalKey.user == user_id
        )
        row = lock(mine).first()
        if row is None:
            raise KeyNotFoundError(key_id)
        if row.revoked_at is None:
            _revoke([row], actor, now)


def revoke_all(user_id: int, *, now: datetime) -> None:
    """Revoke every key of the person inside the open transaction."""
    _revoke(list(_live(user_id)), SYSTEM, now)


def find(secret: str, scopes: Iterable[KeyScope], *, now: datetime) -> Holder:
    """Return who comes with the secret, and note that the key is used.

    Raises KeyNotFoundError, the same for every reason.
    """
    with reading():
        row = (
            PersonalKey.select(PersonalKey, User)
            .join(User)
            .where(
                PersonalKey.secret_hash == tokens.hash_of(secret),
                PersonalKey.scope.in_(list(scopes)),
                PersonalKey.revoked_at.is_null(),
                User.disabled_at.is_null(),
                User.erased_at.is_null(),
            )
            .first()
        )
    if row is None:
        raise KeyNotFoundError
    if row.last_used_at is None or now - row.last_used_at >= _USED_EVERY:
        _note_use(row.id, now)
    return Holder(
        user_id=row.user_id,
        key_id=row.id,
        scope=row.scope,
        address_key=row.user.address_key,
    )


def _note_use(key_id: int, now: datetime) -> None:
    """Keep when the key was used last; while nothing can be written, nothing is."""
    try:
        with writing():
            PersonalKey.update(last_used_at=now).where(
                PersonalKey.id == key_id
            ).execute()
    except OperationalError:
        log.warning("the use of a key is not noted")


def _live(user_id: int) -> PersonalKey:
    return PersonalKey.select().where(
        PersonalKey.user == user_id, PersonalKey.revoked_at.is_null()
    )


def _revoke(rows: Iterable[PersonalKey], actor: Actor, now: datetime) -> None:
    for row in rows:
        PersonalKey.update(revoked_at=now).where(PersonalKey.id == row.id).execute()
        audit.record(
            actor,
            "key.revoked",
            now=now,
            subject=f"user:{row.user_id}",
            key=row.id,
            scope=str(row.scope),
        )
