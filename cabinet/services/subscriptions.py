"""Letters about an account that were asked for: beginning and ending each.

One row a person, an account and a kind of letter says whether it is sent. A switch of
one letter is an act of consent of its own (152-FZ, article 9), written down beside it.
"""

from datetime import date, datetime

from peewee import Expression, Query

from cabinet.domain.errors import NotFound
from cabinet.domain.people import LetterKind
from cabinet.models import Subscription, User
from cabinet.models.base import lock
from cabinet.services import audit, consents, documents
from cabinet.services.access import get_access
from cabinet.services.audit import Actor


class SubscriptionNotFoundError(NotFound):
    """The user never asked for the letter about the account."""


def agree(
    user_id: int,
    account_id: int,
    kind: LetterKind,
    *,
    day: date,
    actor: Actor,
    now: datetime,
) -> bool:
    """Begin a letter by an act of its own, inside the open transaction.

    Returns False, and writes nothing, for one that is sent already. Raises
    AccountNotFoundError, and DocumentNotFoundError without words to agree to.
    """
    if not begin(user_id, account_id, kind, actor=actor, now=now):
        return False
    consents.give(
        documents.LETTERS,
        user_id=user_id,
        channel=consents.LETTER,
        note=consents.about(kind, account_id),
        day=day,
        actor=actor,
        now=now,
    )
    return True


def refuse(
    user_id: int,
    account_id: int,
    kind: LetterKind,
    *,
    channel: str = consents.LETTER,
    day: date,
    actor: Actor,
    now: datetime,
) -> bool:
    """End a letter by an act of its own, inside the open transaction.

    Who has lost the access may still do it. Returns False, and writes nothing, for one
    that has ended. Raises SubscriptionNotFoundError.
    """
    if not end(user_id, account_id, kind, actor=actor, now=now):
        return False
    consents.take_back(
        documents.LETTERS,
        user_id=user_id,
        channel=channel,
        note=consents.about(kind, account_id),
        day=day,
        actor=actor,
        now=now,
    )
    return True


def begin(
    user_id: int, account_id: int, kind: LetterKind, *, actor: Actor, now: datetime
) -> bool:
    """Send a letter that was consented to elsewhere, inside the open transaction.

    Returns False for one that is sent already. Raises AccountNotFoundError.
    """
    get_access(user_id, account_id, now=now)
    if is_live(user_id, account_id, kind):
        return False
    Subscription.insert(
        user=user_id, account=account_id, kind=kind, since=now, ended_at=None
    ).on_conflict(
        conflict_target=(Subscription.user, Subscription.account, Subscription.kind),
        update={Subscription.since: now, Subscription.ended_at: None},
    ).execute()
    _trace("letters.on", user_id, account_id, kind, actor=actor, now=now)
    return True


def end(
    user_id: int, account_id: int, kind: LetterKind, *, actor: Actor, now: datetime
) -> bool:
    """Send a letter no more, inside the open transaction; False for an ended one.

    The consent is the caller's. Raises SubscriptionNotFoundError.
    """
    row = lock(_row(user_id, account_id, kind)).first()
    if row is None:
        raise SubscriptionNotFoundError(account_id)
    if row.ended_at is not None:
        return False
    Subscription.update(ended_at=now).where(Subscription.id == row.id).execute()
    _trace("letters.off", user_id, account_id, kind, actor=actor, now=now)
    return True


def is_live(user_id: int, account_id: int, kind: LetterKind) -> bool:
    """Tell whether the letter is sent, inside the open transaction."""
    row = _row(user_id, account_id, kind).first()
    return row is not None and row.ended_at is None


def live_of(user_id: int) -> list[Subscription]:
    """Return the user's letters that are sent, inside the open transaction."""
    return list(
        Subscription.select().where(
            Subscription.user == user_id, Subscription.ended_at.is_null()
        )
    )


def are_reached() -> Expression:
    """Match users whom letters reach: their address takes mail, their cabinet is open."""
    found: Expression = (
        User.email.is_null(False)
        & User.email_failed_at.is_null()
        & User.disabled_at.is_null()
        & User.erased_at.is_null()
    )
    return found


def ids_after(last_id: int, kind: LetterKind, *, most: int) -> list[int]:
    """Return the next live subscriptions to the letter, inside the open transaction."""
    rows = (
        Subscription.select(Subscription.id)
        .where(
            Subscription.id > last_id,
            Subscription.kind == kind,
            Subscription.ended_at.is_null(),
        )
        .order_by(Subscription.id)
        .limit(most)
        .tuples()
    )
    return [subscription_id for (subscription_id,) in rows]


def _row(user_id: int, account_id: int, kind: LetterKind) -> Query:
    return Subscription.select().where(
        Subscription.user == user_id,
        Subscription.account == account_id,
        Subscription.kind == kind,
    )


def _trace(
    action: str,
    user_id: int,
    account_id: int,
    kind: LetterKind,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        actor,
        action,
        now=now,
        subject=f"user:{user_id}",
        account_id=account_id,
        kind=str(kind),
    )
