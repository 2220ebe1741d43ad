"""Mail waits in the outbox, written in the transaction of its act."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import IntegrityError

from cabinet.models import OutboxMessage
from cabinet.models.base import database, lock, writing

#: Longer than a batch takes at a server that answers each word at the last moment, or
#: another worker would send its mails once more.
LEASE = timedelta(minutes=6)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
#: Letters that come to all who asked for them, at once: nobody waits for one of them.
ASKED_FOR = ("bill_ready", "reading_reminder", "verification_ends")
GIVE_UP_AFTER = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A message to be composed and sent."""

    message_id: int
    kind: str
    recipient: str
    context: dict[str, object]
    created_at: datetime


def put(
    kind: str,
    *,
    key: str,
    recipient: str,
    context: dict[str, object],
    now: datetime,
    user_id: int | None = None,
    not_before: datetime | None = None,
    is_secret: bool = False,
    is_for_nobody: bool = False,
) -> bool:
    """Put a mail into the outbox inside the open transaction.

    The same key again is the same mail: returns False and writes nothing. What a
    secret one says is forgotten once it has left. One for nobody is written, so that
    an answer costs the same, and never sent.
    """
    try:
        with database.savepoint():
            OutboxMessage.create(
                kind=kind,
                key=key,
                user=user_id,
                recipient=recipient,
                context=context,
                created_at=now,
                not_before=not_before or now,
                sent_at=now if is_for_nobody else None,
                is_secret=is_secret,
            )
    except IntegrityError:
        return False
    return True


def written(keys: list[str]) -> set[str]:
    """Return those of the keys that have a mail, inside the open transaction."""
    found = OutboxMessage.select(OutboxMessage.key).where(OutboxMessage.key.in_(keys))
    return {key for (key,) in found.tuples()}


def claim(
    *, most: int, now: datetime, per_minute: int | None = None
) -> tuple[Mail, ...]:
    """Take up to `most` mails that are due; nobody else gets them while leased.

    Of the letters that go to many at once only so many leave in a minute, and those
    that somebody waits for go before them.
    """
    with writing():
        is_many = OutboxMessage.kind.in_(ASKED_FOR)
        room = True
        if per_minute is not None:
            gone = OutboxMessage.select().where(
                is_many, OutboxMessage.sent_at > now - timedelta(minutes=1)
            )
            room = gone.count() < per_minute
        due = (
            OutboxMessage.select()
            .where(
                OutboxMessage.sent_at.is_null(),
                OutboxMessage.failed_at.is_null(),
                OutboxMessage.not_before <= now,
                OutboxMessage.lease_until.is_null()
                | (OutboxMessage.lease_until <= now),
                *(() if room else (~is_many,)),
            )
            .order_by(is_many, OutboxMessage.not_before, OutboxMessage.id)
            .limit(most)
        )
        rows = list(lock(due))
        OutboxMessage.update(
            lease_until=now + LEASE, tries=OutboxMessage.tries + 1
        ).where(OutboxMessage.id.in_([row.id for row in rows])).execute()
    return tuple(
        Mail(
            message_id=row.id,
            kind=row.kind,
            recipient=row.recipient,
            context=row.context,
            created_at=row.created_at,
        )
        for row in rows
    )


def mark_sent(message_id: int, *, now: datetime) -> None:
    """Note that the mail has left."""
    with writing():
        OutboxMessage.update(sent_at=now, lease_until=None).where(
            OutboxMessage.id == message_id
        ).execute()
        OutboxMessage.update(context={}).where(
            OutboxMessage.id == message_id, OutboxMessage.is_secret
        ).execute()


def drop_asked_for(recipient: str, *, now: datetime) -> None:
    """Give up what waits for an address that takes no mail, inside the open transaction.

    Only letters that come by themselves: a way back in is still sent.
    """
    OutboxMessage.update(failed_at=now, error="bounced").where(
        OutboxMessage.recipient == recipient,
        OutboxMessage.kind.in_(ASKED_FOR),
        OutboxMessage.sent_at.is_null(),
        OutboxMessage.failed_at.is_null(),
    ).execute()


def take_back(key: str) -> bool:
    """Delete a mail that has not left, inside the open transaction."""
    return bool(
        OutboxMessage.delete()
        .where(
            OutboxMessage.key == key,
            OutboxMessage.sent_at.is_null(),
            OutboxMessage.lease_until.is_null(),
        )
        .execute()
    )


def mark_failed(message_id: int, error: str, *, now: datetime) -> None:
    """Try the mail again later, with growing pauses, and give up after three days."""
    with writing():
        row = OutboxMessage.get_by_id(message_id)
        pause = min(FIRST_PAUSE * 2 ** min(row.tries, 10), LONGEST_PAUSE)
        row.error = error[:240]
        row.lease_until = None
        row.not_before = now + pause
        if now - row.created_at > GIVE_UP_AFTER:
            row.failed_at = now
            row.context = {} if row.is_secret else row.context
        row.save()


def put_back(message_ids: list[int], error: str, *, now: datetime) -> None:
    """Let mails wait as if nobody had taken them: no try of theirs is over.

    What has waited for three days is given up, as everywhere.
    """
    with writing():
        rows = OutboxMessage.id.in_(message_ids)
        OutboxMessage.update(
            error=error[:240], lease_until=None, tries=OutboxMessage.tries - 1
        ).where(rows).execute()
        old = rows & (OutboxMessage.created_at < now - GIVE_UP_AFTER)
        OutboxMessage.update(failed_at=now).where(old).execute()
        OutboxMessage.update(context={}).where(old, OutboxMessage.is_secret).execute()
