"""An owner lets relatives or colleagues see an account, and takes it back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cabinet.domain.errors import NotFound
from cabinet.domain.mailbox import masked
from cabinet.domain.people import AccessLevel, NoteKind
from cabinet.domain.period import local_day
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AccountAccess, Invitation, OutboxMessage, User
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit, granting, home_notes, limits, outbox, tokens
from cabinet.services.access import AccountCard, accounts_of, get_access, get_by_slug
from cabinet.services.audit import Actor

MAIL = "invitation"
MAIL_REVOKED = "delegation_revoked"

#: How long an invitation waits for an answer.
WAITS = tokens.LASTS[TokenPurpose.INVITATION]
MOST_PEOPLE = 20
LONGEST = timedelta(days=3660)
ONE_DAY = timedelta(days=1)


class DelegateNotFoundError(NotFound):
    """The access or the invitation was not given by this owner."""


class Refusal(StrEnum):
    """Why an invitation is not sent."""

    OWN_EMAIL = "own-email"
    DAY_IS_OVER = "day-is-over"
    DAY_IS_FAR = "day-is-far"
    TOO_MANY = "too-many"


class InvitationRefusedError(ValueError):
    """The invitation makes no sense; carries why."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody else who sees the account; `is_mine` was let in by this owner.

    The access works on `last_day` too.
    """

    access_id: int
    email: str
    level: AccessLevel
    last_day: date | None
    is_mine: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An invitation nobody has answered yet."""

    invitation_id: int
    email: str
    level: AccessLevel
    last_day: date | None
    answer_by: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """An account its user owns, who else sees it and who is invited."""

    account: AccountCard
    people: tuple[Person, ...]
    waiting: tuple[Waiting, ...]


def shared_accounts(user_id: int, *, now: datetime) -> tuple[Shared, ...]:
    """Return the accounts the user owns with everybody who sees them."""
    with reading():
        return tuple(
            Shared(
                account=card,
                people=_people(user_id, card, now),
                waiting=_waiting(user_id, card, now),
            )
            for card in accounts_of(user_id, now=now)
            if card.is_owner
        )


def invite(
    user_id: int,
    slug: str,
    email: str,
    *,
    level: AccessLevel,
    last_day: date | None,
    key: str,
    link: Callable[[str], str],
    actor: Actor,
    pepper: str,
    now: datetime,
) -> None:
    """Send somebody a one-time link to the account; the same `key` sends one mail.

    `link` makes the address of a secret. A newer invitation of the same person takes
    the place of the older. Raises AccountNotFoundError for who is no owner,
    InvitationRefusedError, limits.TooManyAttemptsError.
    """
    with writing():
        card = get_by_slug(user_id, slug, as_owner=True, now=now)
        granting.lock_access(user_id, card.account_id)
        mail_key = f"{MAIL}:{user_id}:{key}"
        if OutboxMessage.select().where(OutboxMessage.key == mail_key).exists():
            return
        _check(user_id, card, email, last_day, now)
        limits.count(limits.INVITATION_DAY, f"user:{user_id}", pepper=pepper, now=now)
        limits.count(limits.INVITATION_TO_DAY, email, pepper=pepper, now=now)
        Invitation.update(revoked_at=now).where(
            *_unanswered(user_id, card.account_id, now), Invitation.email == email
        ).execute()
        row = Invitation.create(
            account=card.account_id,
            invited_by=user_id,
            email=email,
            level=level,
            until=last_day and last_day + ONE_DAY,
            created_at=now,
        )
        secret = tokens.issue(
            TokenPurpose.INVITATION, context={"invitation": row.id}, now=now
        )
        outbox.put(
            MAIL,
            key=mail_key,
            recipient=email,
            context={
                **named(card),
                "level": str(level),
                "last_day": last_day and last_day.isoformat(),
                "days": WAITS.days,
                "link": link(secret),
            },
            is_secret=True,
            now=now,
        )
        audit.record(
            actor,
            "invitation.sent",
            now=now,
            subject=f"invitation:{row.id}",
            account_id=card.account_id,
            level=str(level),
        )


def revoke_invitation(
    user_id: int, invitation_id: int, *, actor: Actor, now: datetime
) -> None:
    """Make the link of an invitation useless; a second time changes nothing.

    Raises DelegateNotFoundError.
    """
    with writing():
        row = lock(
            Invitation.select().where(
                Invitation.id == invitation_id, Invitation.invited_by == user_id
            )
        ).first()
        if row is None or row.access_id is not None:
            raise DelegateNotFoundError(invitation_id)
        _own(user_id, row.account_id, now)
        if row.revoked_at is not None:
            return
        Invitation.update(revoked_at=now).where(Invitation.id == row.id).execute()
        audit.record(
            actor,
            "invitation.revoked",
            now=now,
            subject=f"invitation:{row.id}",
            account_id=row.account_id,
        )


def revoke_access(user_id: int, access_id: int, *, actor: Actor, now: datetime) -> None:
    """End at once an access this owner gave and tell who had it.

    A second time changes nothing. Raises DelegateNotFoundError.
    """
    with writing():
        row = AccountAccess.get_or_none(
            AccountAccess.id == access_id, AccountAccess.granted_by == user_id
        )
        if row is None:
            raise DelegateNotFoundError(access_id)
        card = _own(user_id, row.account_id, now)
        granting.lock_access(user_id, row.account_id)
        live = lock(
            AccountAccess.select().where(
                AccountAccess.id == access_id, AccountAccess.ended_at.is_null()
            )
        ).first()
        if live is None:
            return
        granting.end([live], why="revoked", actor=actor, now=now)
        tell_revoked([live], card, now=now)


def tell_revoked(
    rows: Iterable[AccountAccess],
    card: AccountCard,
    *,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Tell those whose access is over, inside the open transaction."""
    for row in rows:
        email = User.select(User.email).where(User.id == row.user_id).scalar()
        key = f"{MAIL_REVOKED}:{row.id}"
        home_notes.put(
            NoteKind.DELEGATION_REVOKED,
            key=key,
            user_id=row.user_id,
            context=named(card),
            not_before=not_before,
            now=now,
        )
        if email:
            outbox.put(
                MAIL_REVOKED,
                key=key,
                recipient=email,
                context=named(card),
                user_id=row.user_id,
                not_before=not_before,
                now=now,
            )


def count_delegates(user_id: int, account_id: int) -> int:
    """Return how many accesses the owner gave, inside the open transaction."""
    return int(
        AccountAccess.select()
        .where(
            AccountAccess.account == account_id,
            AccountAccess.granted_by == user_id,
            AccountAccess.ended_at.is_null(),
        )
        .count()
    )


def named(card: AccountCard) -> dict[str, object]:
    """Return what may be told of the account before somebody is let in.

    The name comes from the contract, not from what a user typed; a letter that went
    astray tells neither the number nor the address.
    """
    surname, *names = card.holder.split() or [""]
    short = " ".join([surname, *(f"{name[0]}." for name in names)])
    return {
        "holder": card.holder if card.is_organisation else short,
        "tail": card.number[-4:],
        "is_organisation": card.is_organisation,
    }


def _own(user_id: int, account_id: int, now: datetime) -> AccountCard:
    """Return the owner's card; who owns the account no more gave nothing."""
    card = get_access(user_id, account_id, level=AccessLevel.FULL, now=now)
    if not card.is_owner:
        raise DelegateNotFoundError(account_id)
    return card


def _check(
    user_id: int, card: AccountCard, email: str, last_day: date | None, now: datetime
) -> None:
    today = local_day(now, card.zone)
    people = [p for p in _people(user_id, card, now) if p.is_mine]
    waiting = [w for w in _waiting(user_id, card, now) if w.email != email]
    own = User.select(User.email).where(User.id == user_id).scalar()
    if email == own:
        raise InvitationRefusedError(Refusal.OWN_EMAIL)
    if last_day is not None and last_day < today:
        raise InvitationRefusedError(Refusal.DAY_IS_OVER)
    if last_day is not None and last_day - today > LONGEST:
        raise InvitationRefusedError(Refusal.DAY_IS_FAR)
    if len(people) + len(waiting) >= MOST_PEOPLE:
        raise InvitationRefusedError(Refusal.TOO_MANY)


def _people(user_id: int, card: AccountCard, now: datetime) -> tuple[Person, ...]:
    """Return who else sees the account.

    An e-mail is shown whole to who typed it into an invitation, else masked.
    """
    today = local_day(now, card.zone)
    rows = (
        AccountAccess.select(AccountAccess, User.email.alias("email"))
        .join(User, on=AccountAccess.user == User.id)
        .where(
            AccountAccess.account == card.account_id,
            AccountAccess.user != user_id,
            AccountAccess.ended_at.is_null(),
            AccountAccess.until.is_null() | (AccountAccess.until > today),
        )
        .order_by(AccountAccess.granted_at, AccountAccess.id)
        .objects()
    )
    invited = {
        email
        for (email,) in Invitation.select(Invitation.email)
        .where(Invitation.account == card.account_id, Invitation.invited_by == user_id)
        .tuples()
    }
    return tuple(
        Person(
            access_id=row.id,
            email=row.email if row.email in invited else masked(row.email or ""),
            level=row.level,
            last_day=row.until and row.until - ONE_DAY,
            is_mine=row.granted_by_id == user_id,
        )
        for row in rows
    )


def _waiting(user_id: int, card: AccountCard, now: datetime) -> tuple[Waiting, ...]:
    rows = (
        Invitation.select()
        .where(*_unanswered(user_id, card.account_id, now))
        .order_by(Invitation.id)
    )
    return tuple(
        Waiting(
            invitation_id=row.id,
            email=row.email,
            level=row.level,
            last_day=row.until and row.until - ONE_DAY,
            answer_by=row.created_at + WAITS,
        )
        for row in rows
    )


def _unanswered(user_id: int, account_id: int, now: datetime) -> tuple[object, ...]:
    return (
        Invitation.account == account_id,
        Invitation.invited_by == user_id,
        Invitation.email != "",
        Invitation.access.is_null(),
        Invitation.revoked_at.is_null(),
        Invitation.created_at > now - WAITS,
    )
