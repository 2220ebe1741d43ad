"""The invited side of delegation: a link is looked at, then accepted once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from peewee import IntegrityError

from cabinet.domain.mailbox import masked
from cabinet.domain.people import AccessLevel, NoteKind
from cabinet.domain.period import local_day
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AccountAccess, Invitation, OneTimeToken, User
from cabinet.models.base import database, reading, writing
from cabinet.services import (
    audit,
    consents,
    documents,
    granting,
    home_notes,
    outbox,
    tokens,
)
from cabinet.services.access import AccountCard, AccountNotFoundError, get_access
from cabinet.services.audit import Actor
from cabinet.services.delegation import ONE_DAY, named
from cabinet.services.tokens import TokenNotFoundError

MAIL_ACCEPTED = "delegation_accepted"
MAIL_PASSWORD = "set_password"  # noqa: S105 - a kind of mail


class CabinetExistsError(ValueError):
    """Somebody signs in with the invited e-mail already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What an invitation offers, told to whoever holds its link.

    `email` is masked; `has_cabinet`: somebody signs in with it. `sees_already` and
    `is_to_other` are about the signed-in user: the account is theirs anyway, the
    invitation was sent to another e-mail.
    """

    holder: str
    tail: str
    is_organisation: bool
    level: AccessLevel
    last_day: date | None
    email: str
    has_cabinet: bool
    sees_already: bool
    is_to_other: bool


def look(secret: str, *, user_id: int | None, now: datetime) -> Offer:
    """Return what the link offers; changes nothing. Raises TokenNotFoundError."""
    with reading():
        token = tokens.get_token(secret, TokenPurpose.INVITATION, now=now)
        invitation, owner = _open(token, now)
        user = User.get_or_none(User.id == user_id) if user_id else None
        holder, tail, is_organisation = named(owner).values()
        return Offer(
            holder=str(holder),
            tail=str(tail),
            is_organisation=bool(is_organisation),
            level=invitation.level,
            last_day=invitation.until and invitation.until - ONE_DAY,
            email=masked(invitation.email),
            has_cabinet=not _may_open(_user_of(invitation.email)),
            sees_already=user is not None and _sees(user.id, invitation, now),
            is_to_other=user is not None and user.email != invitation.email,
        )


def accept(secret: str, user_id: int, *, actor: Actor, now: datetime) -> str:
    """Give the signed-in user the access and return its slug.

    The same user a second time gets the same answer. Raises TokenNotFoundError,
    granting.AlreadyHasAccessError.
    """
    with writing():
        try:
            invitation, owner = _take(secret, now)
        except TokenNotFoundError:
            access = _accepted(secret)
            if access is None or access.user_id != user_id:
                raise
            return str(access.slug)
        return str(_grant(invitation, owner, user_id, actor=actor, now=now).slug)


def open_cabinet(
    secret: str, *, link: Callable[[str], str], actor: Actor, now: datetime
) -> None:
    """Make a cabinet of the invited e-mail, give it the access, mail a link to a password.

    The invitation has proved that the mailbox is theirs. A second time changes nothing.
    The
    consent the person gave is written down. Raises TokenNotFoundError,
    CabinetExistsError.
    """
    with writing():
        try:
            invitation, owner = _take(secret, now)
        except TokenNotFoundError:
            if _accepted(secret) is None:
                raise
            return
        user = _user_of(invitation.email) or _create(invitation.email, now)
        if not _may_open(user):
            raise CabinetExistsError(invitation.email)
        its_own = audit.acting_as(user.id, actor)
        _grant(invitation, owner, user.id, actor=its_own, now=now)
        consents.give(
            documents.PROCESSING,
            user_id=user.id,
            channel="invitation",
            day=local_day(now, owner.zone),
            actor=its_own,
            now=now,
        )
        password = tokens.issue(TokenPurpose.SET_PASSWORD, user_id=user.id, now=now)
        outbox.put(
            MAIL_PASSWORD,
            key=f"{MAIL_PASSWORD}:invitation:{invitation.id}",
            recipient=invitation.email,
            context={"link": link(password)},
            user_id=user.id,
            is_secret=True,
            now=now,
        )


def _take(secret: str, now: datetime) -> tuple[Invitation, AccountCard]:
    """Use the link up; what the owner does meanwhile comes before or after."""
    token = tokens.consume(secret, TokenPurpose.INVITATION, now=now)
    invitation, _ = _open(token, now)
    try:
        granting.lock_access(invitation.invited_by_id, invitation.account_id)
    except AccountNotFoundError as error:
        raise TokenNotFoundError(secret) from error
    return _open(token, now)


def _open(token: tokens.Token, now: datetime) -> tuple[Invitation, AccountCard]:
    """Return the invitation and its owner's card while both hold."""
    row = Invitation.get_or_none(
        Invitation.id == token.context["invitation"],
        Invitation.email != "",
        Invitation.revoked_at.is_null(),
        Invitation.access.is_null(),
    )
    if row is None:
        raise TokenNotFoundError(token.purpose)
    try:
        owner = get_access(
            row.invited_by_id, row.account_id, level=AccessLevel.FULL, now=now
        )
    except AccountNotFoundError as error:
        raise TokenNotFoundError(token.purpose) from error
    is_over = row.until is not None and row.until <= local_day(now, owner.zone)
    if is_over or not owner.is_owner:
        raise TokenNotFoundError(token.purpose)
    return row, owner


def _grant(
    invitation: Invitation,
    owner: AccountCard,
    user_id: int,
    *,
    actor: Actor,
    now: datetime,
) -> AccountAccess:
    access = granting.grant(
        user_id,
        owner,
        invitation.invited_by_id,
        level=invitation.level,
        until=invitation.until,
        evidence=f"invitation:{invitation.id}",
        actor=actor,
        now=now,
    )
    Invitation.update(access=access.id).where(Invitation.id == invitation.id).execute()
    mailbox = User.select(User.email).where(User.id == invitation.invited_by_id)
    who = User.select(User.email).where(User.id == user_id).scalar()
    key = f"{MAIL_ACCEPTED}:{invitation.id}"
    context = {
        **named(owner),
        "who": masked(who or ""),
        "level": str(invitation.level),
        "last_day": invitation.until and (invitation.until - ONE_DAY).isoformat(),
    }
    home_notes.put(
        NoteKind.DELEGATION_ACCEPTED,
        key=key,
        user_id=invitation.invited_by_id,
        context=context,
        now=now,
    )
    if email := mailbox.scalar():
        outbox.put(
            MAIL_ACCEPTED,
            key=key,
            recipient=email,
            context=context,
            user_id=invitation.invited_by_id,
            now=now,
        )
    return access


def _accepted(secret: str) -> AccountAccess | None:
    """Return the access that came of a link already used."""
    token = OneTimeToken.get_or_none(
        OneTimeToken.token_hash == tokens.hash_of(secret),
        OneTimeToken.purpose == TokenPurpose.INVITATION,
        OneTimeToken.used_at.is_null(False),
    )
    if token is None:
        return None
    row = Invitation.get_by_id(token.context["invitation"])
    return None if row.access_id is None else row.access


def _user_of(email: str) -> User | None:
    found: User | None = User.get_or_none(User.email == email)
    return found


def _may_open(user: User | None) -> bool:
    """Tell whether the e-mail has no cabinet, or one nobody has chosen a password for."""
    return user is None or (
        user.password_hash is None
        and user.disabled_at is None
        and not user.role.is_staff
    )


def _create(email: str, now: datetime) -> User:
    try:
        with database.savepoint():
            return User.create(email=email, name="", created_at=now)
    except IntegrityError as error:
        raise CabinetExistsError(email) from error


def _sees(user_id: int, invitation: Invitation, now: datetime) -> bool:
    """Tell whether the user sees the account by another right than this owner's."""
    try:
        get_access(user_id, invitation.account_id, now=now)
    except AccountNotFoundError:
        return False
    return (
        not AccountAccess.select()
        .where(
            AccountAccess.user == user_id,
            AccountAccess.account == invitation.account_id,
            AccountAccess.ended_at.is_null(),
            AccountAccess.granted_by == invitation.invited_by_id,
        )
        .exists()
    )
