"""Who wants to be reminded of which account.

The row and its entry in the audit log are the record of the wish: nobody is reminded
who did not ask for it.
"""

from datetime import datetime

from peewee import Query

from cabinet.domain.errors import NotFound
from cabinet.models import Subscription
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit
from cabinet.services.access import get_access
from cabinet.services.audit import Actor

KIND = "reminder"


class SubscriptionNotFoundError(NotFound):
    """The user never asked to be reminded of the account."""


def subscribe(
    user_id: int, account_id: int, *, actor: Actor | None = None, now: datetime
) -> None:
    """Remind the user of the account from now on; twice is once.

    Without an actor it is the user. Raises AccountNotFoundError.
    """
    with writing():
        begin_subscription(user_id, account_id, actor=actor, now=now)


def begin_subscription(
    user_id: int, account_id: int, *, actor: Actor | None = None, now: datetime
) -> None:
    """Do what `subscribe` does, inside the open transaction."""
    get_access(user_id, account_id, now=now)
    if subscription_is_live(user_id, account_id):
        return
    Subscription.insert(
        user=user_id, account=account_id, kind=KIND, since=now, ended_at=None
    ).on_conflict(
        conflict_target=(
            Subscription.user,
            Subscription.account,
            Subscription.kind,
        ),
        update={Subscription.since: now, Subscription.ended_at: None},
    ).execute()
    _trace("reminders.on", user_id, account_id, actor, now)


def unsubscribe(
    user_id: int, account_id: int, *, actor: Actor | None = None, now: datetime
) -> None:
    """Remind the user of the account no more; twice is once.

    Who has lost the access may still end it. Raises SubscriptionNotFoundError when
    there never was one.
    """
    with writing():
        end_subscription(user_id, account_id, actor=actor, now=now)


def subscriptions_of(user_id: int) -> frozenset[int]:
    """Return the ids of the accounts the user is reminded of."""
    with reading():
        rows = (
            Subscription.select(Subscription.account)
            .where(
                Subscription.user == user_id,
                Subscription.kind == KIND,
                Subscription.ended_at.is_null(),
            )
            .tuples()
        )
        return frozenset(account_id for (account_id,) in rows)


def subscription_is_live(user_id: int, account_id: int) -> bool:
    """Tell whether the user is reminded, inside the open transaction."""
    row = _row(user_id, account_id).first()
    return row is not None and row.ended_at is None


def end_subscription(
    user_id: int, account_id: int, *, actor: Actor | None, now: datetime
) -> None:
    """End the reminders inside the open transaction."""
    row = lock(_row(user_id, account_id)).first()
    if row is None:
        raise SubscriptionNotFoundError(account_id)
    if row.ended_at is not None:
        return
    Subscription.update(ended_at=now).where(Subscription.id == row.id).execute()
    _trace("reminders.off", user_id, account_id, actor, now)


def _row(user_id: int, account_id: int) -> Query:
    return Subscription.select().where(
        Subscription.user == user_id,
        Subscription.account == account_id,
        Subscription.kind == KIND,
    )


def _trace(
    action: str, user_id: int, account_id: int, actor: Actor | None, now: datetime
) -> None:
    audit.record(
        actor or Actor(user_id),
        action,
        now=now,
        subject=f"user:{user_id}",
        account_id=account_id,
    )
