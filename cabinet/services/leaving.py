"""Closing a cabinet: asked for with the password, done a week later, until then undone."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.people import OpenLeaving, Role
from cabinet.domain.period import local_day
from cabinet.models import AccountAccess, Leaving, User
from cabinet.models.base import lock, reading, writing
from cabinet.models.hot import Hot
from cabinet.services import audit, outbox, password_change
from cabinet.services.access import AccountCard, accounts_of
from cabinet.services.audit import Actor

#: How long there is to change one's mind.
REGRET = timedelta(days=7)


class UserNotFoundError(NotFound):
    """Nobody, staff, or somebody whose cabinet is closed already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIsLost:
    """What goes with the cabinet; `guests` are people let in by its owner."""

    accounts: tuple[AccountCard, ...]
    guests: int
    leaving: OpenLeaving | None


_OPEN = Hot(
    lambda user_id: (
        Leaving.select(Leaving.public_id, Leaving.requested_at, Leaving.due_at)
        .where(
            Leaving.user == user_id,
            Leaving.undone_at.is_null(),
            Leaving.done_at.is_null(),
        )
        .tuples()
    ),
    Leaving.user,
)


def leaving_of(user_id: int) -> OpenLeaving | None:
    """Return when the user's cabinet closes, None while nobody asked for it."""
    row = _OPEN.first(user_id)
    if row is None:
        return None
    public_id, requested_at, due_at = row
    return OpenLeaving(public_id=public_id, requested_at=requested_at, due_at=due_at)


def what_is_lost(user_id: int, *, now: datetime) -> WhatIsLost:
    """Return what closing the cabinet would take away."""
    with reading():
        return WhatIsLost(
            accounts=accounts_of(user_id, now=now),
            guests=AccountAccess.select()
            .where(
                AccountAccess.granted_by == user_id, AccountAccess.ended_at.is_null()
            )
            .count(),
            leaving=leaving_of(user_id),
        )


def start_leaving(
    user_id: int,
    password: str,
    *,
    link: str,
    zone: ZoneInfo,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> OpenLeaving:
    """Let the cabinet close in a week and tell its owner by mail how to undo it.

    Asked again while it is open it changes nothing and sends nothing. Raises
    password_change.WrongPasswordError, limits.TooManyAttemptsError.
    """
    password_change.check_current(
        user_id, password, actor=actor, pepper=pepper, now=now
    )
    with writing():
        user = lock_customer(user_id)
        standing = leaving_of(user_id)
        if standing is not None:
            return standing
        row = Leaving.create(
            public_id=uuid.uuid4(),
            user=user_id,
            requested_at=now,
            due_at=now + REGRET,
        )
        audit.record(
            actor,
            "leaving.started",
            now=now,
            subject=f"user:{user_id}",
            leaving=str(row.public_id),
        )
        if user.email:
            outbox.put(
                "leaving_started",
                key=f"leaving:{row.public_id}",
                recipient=user.email,
                user_id=user_id,
                context={
                    "closes_on": local_day(row.due_at, zone).isoformat(),
                    "link": link,
                },
                now=now,
            )
        return OpenLeaving(public_id=row.public_id, requested_at=now, due_at=row.due_at)


def undo_leaving(user_id: int, *, actor: Actor, now: datetime) -> bool:
    """Keep the cabinet; False where nobody was about to close it.

    Works until the cabinet is closed, also when that is late.
    """
    with writing():
        lock_customer(user_id)
        undone = (
            Leaving.update(undone_at=now)
            .where(
                Leaving.user == user_id,
                Leaving.undone_at.is_null(),
                Leaving.done_at.is_null(),
            )
            .execute()
        )
        if undone:
            audit.record(actor, "leaving.undone", now=now, subject=f"user:{user_id}")
    return bool(undone)


def lock_customer(user_id: int) -> User:
    """Lock the user, so that asking, undoing and closing come one after another."""
    user = lock(
        User.select().where(
            User.id == user_id, User.role == Role.CUSTOMER, User.erased_at.is_null()
        )
    ).first()
    if user is None:
        raise UserNotFoundError(user_id)
    return user
