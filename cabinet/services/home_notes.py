"""What is told on the home page to whom letters do not reach.

Whoever came to the counter may have no e-mail, and an address may take no mail any more.
What others linked to an account are told by a letter they read when they come next.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from cabinet.domain.errors import NotFound
from cabinet.domain.people import NoteKind
from cabinet.domain.registration import RegistrationState, TokenPurpose
from cabinet.models import HomeNote, RegistrationRequest, User
from cabinet.models.base import database, reading, writing
from cabinet.services import audit, tokens
from cabinet.services.access import sees
from cabinet.services.audit import Actor

#: How many stand on a page at once; the others follow when these are closed.
MOST = 5
#: What may be answered with «это не я».
DISPUTABLE = frozenset({NoteKind.ACCESS_ADDED, NoteKind.CARD_REPLACED})


class NoteNotFoundError(NotFound):
    """The note is somebody else's, closed, or cannot be answered so any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A note as it is read; `may_dispute` those about a newcomer."""

    note_id: int
    kind: NoteKind
    context: dict[str, Any]
    at: datetime
    may_dispute: bool


def put(
    kind: NoteKind,
    *,
    key: str,
    user_id: int | None,
    context: dict[str, object],
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Tell the user, if no letter reaches them, inside the open transaction.

    The same key again is the same note. Returns whether one was written.
    """
    user = User.get_or_none(User.id == user_id) if user_id is not None else None
    if user is None or user.erased_at is not None or is_reached(user):
        return False
    try:
        with database.savepoint():
            HomeNote.create(
                kind=kind,
                key=key,
                user=user.id,
                context=context,
                created_at=now,
                not_before=not_before or now,
            )
    except IntegrityError:
        return False
    return True


def is_reached(user: User) -> bool:
    """Tell whether letters come to the user."""
    return user.email is not None and user.email_failed_at is None


def take_back(key: str) -> None:
    """Delete a note nobody has seen, inside the open transaction."""
    HomeNote.delete().where(HomeNote.key == key).execute()


def notes_of(user_id: int, *, now: datetime) -> tuple[Note, ...]:
    """Return what the user has not closed, the oldest first."""
    with reading():
        query = (
            HomeNote.select()
            .where(
                HomeNote.user == user_id,
                HomeNote.closed_at.is_null(),
                HomeNote.not_before <= now,
            )
            .order_by(HomeNote.not_before, HomeNote.id)
            .limit(MOST)
        )
        return tuple(
            Note(
                note_id=row.id,
                kind=row.kind,
                context=row.context,
                at=row.not_before,
                may_dispute=row.kind in DISPUTABLE,
            )
            for row in query
        )


def close(user_id: int, note_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a note off the home page; a second time changes nothing.

    Raises NoteNotFoundError.
    """
    with writing():
        row = _note(user_id, note_id, now)
        changed = (
            HomeNote.update(closed_at=now)
            .where(HomeNote.id == row.id, HomeNote.closed_at.is_null())
            .execute()
        )
        if changed:
            audit.record(
                actor,
                "note.closed",
                now=now,
                subject=f"note:{row.id}",
                kind=str(row.kind),
            )


def dispute(user_id: int, note_id: int, *, actor: Actor, now: datetime) -> str:
    """Return the secret of a link «это не я» about what the note tells.

    Raises NoteNotFoundError, also where the access is not open any more, or the
    account is not open to the user.
    """
    with writing():
        row = _note(user_id, note_id, now)
        request = RegistrationRequest.get_or_none(
            RegistrationRequest.id == row.context.get("registration"),
            RegistrationRequest.state == RegistrationState.OPENED,
        )
        is_fit = row.kind in DISPUTABLE and request is not None
        if not is_fit or not sees(user_id, request.account_id, now=now):
            raise NoteNotFoundError(note_id)
        audit.record(
            actor,
            "note.disputed",
            now=now,
            subject=f"note:{row.id}",
            account_id=request.account_id,
        )
        return tokens.issue(
            TokenPurpose.NOT_ME,
            user_id=user_id,
            context={"registration": request.id},
            voids_older=False,
            now=now,
        )


def _note(user_id: int, note_id: int, now: datetime) -> HomeNote:
    row = HomeNote.get_or_none(
        HomeNote.id == note_id, HomeNote.user == user_id, HomeNote.not_before <= now
    )
    if row is None:
        raise NoteNotFoundError(note_id)
    return row
