"""Another e-mail to sign in with.

It is asked for with the password, confirmed by a link sent to the new address, and can
be undone for three days by a link sent to the old one. Whether an address belongs to
another cabinet is told to nobody but its owner.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import IntegrityError

from cabinet.domain.people import Role
from cabinet.domain.registration import TokenPurpose
from cabinet.models import OneTimeToken, User
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit, limits, outbox, personal_keys, sessions, tokens
from cabinet.services.access import accounts_of
from cabinet.services.audit import Actor
from cabinet.services.password_change import check_current
from cabinet.services.sessions import SignedIn
from cabinet.services.tokens import TokenNotFoundError

CONFIRM_MAIL = "email_change_confirm"
TAKEN_MAIL = "email_taken"
CHANGED_MAIL = "email_changed"
UNDONE_MAIL = "email_undone"

#: The same address asked for again within it is the same wish, sent twice.
SAME_WISH = timedelta(minutes=1)


class SameEmailError(Exception):
    """The address is the one the person signs in with already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AwaitedEmail:
    """An address whose owner is still to confirm it."""

    email: str
    asked_at: datetime
    expires_at: datetime


def awaited_email(user_id: int, *, now: datetime) -> AwaitedEmail | None:
    """Return the address that waits to be confirmed."""
    with reading():
        return _awaited(user_id, now)


def ask_email(
    signed_in: SignedIn,
    password: str,
    email: str,
    *,
    link_of: Callable[[str], str],
    actor: Actor,
    pepper: str,
    now: datetime,
) -> None:
    """Send a link to the new address; one that is taken gets a word to its owner.

    Who asks cannot tell the two apart. One that letters did not reach may be confirmed
    again. Raises password_change.WrongPasswordError,
    SameEmailError or limits.TooManyAttemptsError.
    """
    check_current(signed_in.user_id, password, actor=actor, pepper=pepper, now=now)
    email = email.strip().casefold()
    with writing():
        user = _locked(signed_in.user_id)
        if email == user.email and user.email_failed_at is None:
            raise SameEmailError
        awaited = _awaited(user.id, now)
        if awaited and awaited.email == email and now - awaited.asked_at < SAME_WISH:
            return
        limits.count(limits.EMAIL_DAY, str(user.id), pepper=pepper, now=now)
        # For a taken address as well: as much is written either way.
        secret = tokens.issue(
            TokenPurpose.CHANGE_EMAIL,
            user_id=user.id,
            context={"email": email},
            now=now,
        )
        owner_id = User.select(User.id).where(User.email == email).scalar()
        if owner_id == user.id:
            owner_id = None
        kind = TAKEN_MAIL if owner_id else CONFIRM_MAIL
        outbox.put(
            kind,
            key=f"{kind}:{tokens.hash_of(secret)}",
            recipient=email,
            context={} if owner_id else {"link": link_of(secret)},
            user_id=owner_id or user.id,
            is_secret=True,
            now=now,
        )
        audit.record(
            actor,
            "email.change_asked",
            now=now,
            subject=f"user:{user.id}",
            email=_hash_of(email, pepper),
        )


def email_of_link(secret: str, purpose: TokenPurpose, *, now: datetime) -> str:
    """Return the address a link would put in place; raises TokenNotFoundError."""
    with reading():
        token = tokens.get_token(secret, purpose, now=now)
        if not _customers(token.user_id).exists():
            raise TokenNotFoundError(purpose)
        email: str = token.context["email"]
        return email


def was_just_used(secret: str, purpose: TokenPurpose, *, now: datetime) -> bool:
    """Tell whether the link has done its work a moment ago."""
    with reading():
        return tokens.was_just_used(secret, purpose, now=now)


def confirm_email(
    secret: str,
    *,
    signed_in: SignedIn | None,
    link_of: Callable[[str], str],
    zone: ZoneInfo,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> None:
    """Put the new address in place and tell the old one how to undo it.

    Every session of the person ends but the one that confirms, and every other link is
    void. Raises TokenNotFoundError, also where the address was taken meanwhile.
    """
    with writing():
        token = tokens.consume(secret, TokenPurpose.CHANGE_EMAIL, now=now)
        user = _locked(token.user_id)
        before, email = user.email, token.context["email"]
        _put(user, email)
        stays = None
        if signed_in is not None and signed_in.user_id == user.id:
            stays = signed_in.session_id
        sessions.end_all(user.id, but=stays, now=now)
        tokens.void(user.id, now=now)
        # Somebody who came by a card had none before: nobody to tell, nothing to undo.
        if before and before != email:
            # Earlier ones stay: whoever changes it twice does not get rid of its owner.
            undo = tokens.issue(
                TokenPurpose.UNDO_EMAIL,
                user_id=user.id,
                context={"email": before},
                voids_older=False,
                now=now,
            )
            _tell(CHANGED_MAIL, user, before, zone=zone, now=now, link=link_of(undo))
        audit.record(
            audit.acting_as(user.id, actor),
            "email.changed",
            now=now,
            subject=f"user:{user.id}",
            before=_hash_of(before or "", pepper),
            email=_hash_of(email, pepper),
        )


def undo_email(
    secret: str, *, zone: ZoneInfo, actor: Actor, pepper: str, now: datetime
) -> None:
    """Put the earlier address back, end every session and void the links.

    Whatever was changed after it is undone too. Raises TokenNotFoundError.
    """
    with writing():
        token = tokens.consume(secret, TokenPurpose.UNDO_EMAIL, now=now)
        user = _locked(token.user_id)
        before, email = user.email, token.context["email"]
        _put(user, email)
        sessions.end_all(user.id, now=now)
        personal_keys.revoke_all(user.id, now=now)
        tokens.void(user.id, now=now)
        tokens.void_newer(token, now=now)
        if before != email:
            _tell(UNDONE_MAIL, user, before, zone=zone, now=now)
        audit.record(
            audit.acting_as(user.id, actor),
            "email.undone",
            now=now,
            subject=f"user:{user.id}",
            before=_hash_of(before, pepper),
            email=_hash_of(email, pepper),
        )


def _awaited(user_id: int, now: datetime) -> AwaitedEmail | None:
    row = (
        OneTimeToken.select()
        .where(
            OneTimeToken.user == user_id,
            OneTimeToken.purpose == TokenPurpose.CHANGE_EMAIL,
            OneTimeToken.used_at.is_null(),
            OneTimeToken.voided_at.is_null(),
            OneTimeToken.expires_at > now,
        )
        .order_by(OneTimeToken.id.desc())
        .first()
    )
    if row is None:
        return None
    return AwaitedEmail(
        email=row.context["email"], asked_at=row.created_at, expires_at=row.expires_at
    )


def _locked(user_id: int | None) -> User:
    """Lock the customer, so that two changes come one after another."""
    user = lock(_customers(user_id)).first()
    if user is None:
        raise TokenNotFoundError(user_id)
    return user


def _customers(user_id: int | None) -> "User":
    return User.select().where(
        User.id == user_id,
        User.role == Role.CUSTOMER,
        User.disabled_at.is_null(),
        User.erased_at.is_null(),
    )


def _put(user: User, email: str) -> None:
    try:
        with database.savepoint():
            User.update(email=email, email_failed_at=None).where(
                User.id == user.id
            ).execute()
    except IntegrityError as error:
        raise TokenNotFoundError(user.id) from error


def _tell(
    kind: str,
    user: User,
    recipient: str,
    *,
    zone: ZoneInfo,
    now: datetime,
    **words: str,
) -> None:
    cards = accounts_of(user.id, now=now)
    outbox.put(
        kind,
        key=f"{kind}:{user.id}:{secrets.token_hex(8)}",
        recipient=recipient,
        context={
            "at": now.isoformat(),
            "zone": str(cards[0].zone if cards else zone),
            **words,
        },
        user_id=user.id,
        is_secret=bool(words),
        now=now,
    )


def _hash_of(email: str, pepper: str) -> str:
    """Return what the audit log keeps of an address."""
    return hmac.new(
        pepper.encode(), f"email:{email}".encode(), hashlib.sha256
    ).hexdigest()
