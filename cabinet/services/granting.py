"""Giving and ending accesses to an account, inside the transaction of the act."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime

from peewee import IntegrityError

from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.models import (
    Account,
    AccountAccess,
    Invitation,
    Session,
    Subscription,
    User,
)
from cabinet.models.base import database, lock
from cabinet.services import audit
from cabinet.services.access import AccountCard, AccountNotFoundError
from cabinet.services.audit import Actor


class AlreadyHasAccessError(ValueError):
    """The person sees the account by a right of their own."""


def lock_access(user_id: int, account_id: int) -> AccountAccess:
    """Lock the user's access to the account; raises AccountNotFoundError.

    Whatever an owner does to who sees the account begins with it, so that two acts
    about one account come one after the other.
    """
    row = lock(_live(user_id, account_id)).first()
    if row is None:
        raise AccountNotFoundError(account_id)
    return row


def grant(
    user_id: int,
    owner: AccountCard,
    owner_id: int,
    *,
    level: AccessLevel,
    until: date | None,
    evidence: str,
    actor: Actor,
    now: datetime,
) -> AccountAccess:
    """Let a user see the owner's account, never more of it than the owner sees.

    Who was let in by the same owner before gets the new level and term. Raises
    AlreadyHasAccessError for who sees the account otherwise.
    """
    terms = {
        "level": level,
        "since": owner.since,
        "until": min(filter(None, (until, owner.until)), default=None),
        "evidence": evidence,
    }
    row = lock(_live(user_id, owner.account_id)).first()
    if row and row.until and row.until <= local_day(now, owner.zone):
        end([row], why="lapsed", actor=audit.SYSTEM, now=now)
        row = None
    if row is None:
        row = _create(user_id, owner, owner_id, now=now, **terms)
    elif row.granted_by_id != owner_id:
        raise AlreadyHasAccessError(owner.account_id)
    else:
        AccountAccess.update(granted_at=now, **terms).where(
            AccountAccess.id == row.id
        ).execute()
    audit.record(
        actor,
        "access.given",
        now=now,
        subject=f"access:{row.id}",
        account_id=owner.account_id,
        user=user_id,
        level=str(level),
    )
    return row


def give_whole(
    user_id: int,
    account: Account,
    *,
    evidence: str,
    actor: Actor,
    now: datetime,
) -> AccountAccess | None:
    """Give the user the account as its owner, from the first day of the contract.

    Returns None where the user owns it already; a relative's access becomes an own one.
    """
    row = lock(_live(user_id, account.id)).first()
    if row is not None:
        if row.granted_by_id is None and row.until is None:
            return None
        end([row], why="replaced", actor=actor, now=now)
    row = _add(
        user_id,
        account.id,
        level=AccessLevel.FULL,
        since=account.opened_on,
        evidence=evidence,
        granted_at=now,
    )
    audit.record(
        actor,
        "access.given",
        now=now,
        subject=f"access:{row.id}",
        account_id=account.id,
        user=user_id,
        level=str(AccessLevel.FULL),
    )
    return row


def end(
    rows: Iterable[AccountAccess], *, why: str, actor: Actor, now: datetime
) -> None:
    """End live accesses: open pages fall back and letters about the account stop."""
    for row in rows:
        AccountAccess.update(ended_at=now).where(AccountAccess.id == row.id).execute()
        Session.update(account_id=None).where(
            Session.user == row.user_id, Session.account_id == row.account_id
        ).execute()
        Subscription.update(ended_at=now).where(
            Subscription.user == row.user_id,
            Subscription.account == row.account_id,
            Subscription.ended_at.is_null(),
        ).execute()
        audit.record(
            actor,
            "access.ended",
            now=now,
            subject=f"access:{row.id}",
            account_id=row.account_id,
            user=row.user_id,
            why=why,
        )


def end_with_delegates(
    row: AccountAccess, *, why: str, actor: Actor, now: datetime
) -> tuple[AccountAccess, ...]:
    """End an access and those its user gave to others; returns the others.

    Invitations that wait for an answer are taken back.
    """
    others = tuple(
        lock(
            AccountAccess.select()
            .where(
                AccountAccess.account == row.account_id,
                AccountAccess.granted_by == row.user_id,
                AccountAccess.ended_at.is_null(),
            )
            .order_by(AccountAccess.id)
        )
    )
    end([row], why=why, actor=actor, now=now)
    end(others, why="owner_left", actor=actor, now=now)
    Invitation.update(revoked_at=now).where(
        Invitation.account == row.account_id,
        Invitation.invited_by == row.user_id,
        Invitation.access.is_null(),
        Invitation.revoked_at.is_null(),
    ).execute()
    return others


def give_back(
    row: AccountAccess, ended_at: datetime, actor: Actor, now: datetime
) -> tuple[AccountAccess, ...]:
    """Undo what `end_with_delegates` did at a moment; returns the others' accesses.

    Raises AlreadyHasAccessError for who got the account again meanwhile.
    """
    mine = (AccountAccess.account == row.account_id) & (
        AccountAccess.ended_at == ended_at
    )
    others = tuple(
        AccountAccess.select()
        .join(User, on=AccountAccess.user == User.id)
        .where(mine, AccountAccess.granted_by == row.user_id, User.erased_at.is_null())
        .order_by(AccountAccess.id)
    )
    for each in (row, *others):
        try:
            with database.savepoint():
                AccountAccess.update(ended_at=None).where(
                    AccountAccess.id == each.id
                ).execute()
        except IntegrityError as error:
            raise AlreadyHasAccessError(row.account_id) from error
        Subscription.update(ended_at=None).where(
            Subscription.user == each.user_id,
            Subscription.account == row.account_id,
            Subscription.ended_at == ended_at,
        ).execute()
        audit.record(
            actor,
            "access.given",
            now=now,
            subject=f"access:{each.id}",
            account_id=row.account_id,
            user=each.user_id,
            level=str(each.level),
        )
    Invitation.update(revoked_at=None).where(
        Invitation.account == row.account_id,
        Invitation.invited_by == row.user_id,
        Invitation.access.is_null(),
        Invitation.revoked_at == ended_at,
    ).execute()
    return others


def _live(user_id: int, account_id: int) -> "AccountAccess":
    return AccountAccess.select().where(
        AccountAccess.user == user_id,
        AccountAccess.account == account_id,
        AccountAccess.ended_at.is_null(),
    )


def _create(
    user_id: int, owner: AccountCard, owner_id: int, *, now: datetime, **terms: object
) -> AccountAccess:
    """Add the owner's account after the user's others; two owners at once give one."""
    return _add(user_id, owner.account_id, granted_at=now, granted_by=owner_id, **terms)


def _add(user_id: int, account_id: int, **terms: object) -> AccountAccess:
    """Add an access after the user's others; raises AlreadyHasAccessError."""
    last = (
        AccountAccess.select(AccountAccess.position)
        .where(AccountAccess.user == user_id)
        .order_by(AccountAccess.position.desc())
        .limit(1)
        .scalar()
    )
    try:
        with database.savepoint():
            return AccountAccess.create(
                user=user_id,
                account=account_id,
                slug=secrets.token_hex(4),
                position=0 if last is None else last + 1,
                **terms,
            )
    except IntegrityError as error:
        raise AlreadyHasAccessError(account_id) from error
