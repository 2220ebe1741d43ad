"""An account's requests as a customer sees them, and what the form offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.models import Branch, Meter, ServiceRequest, StoredFile
from cabinet.models.base import reading
from cabinet.services import files
from cabinet.services.access import AccountNotFoundError, get_access
from cabinet.services.requests import rows
from cabinet.services.requests.rows import RequestNotFoundError
from cabinet.services.requests.shown import Shown, shown, steps_of

#: Requests on an account's list.
MOST = 50


class PhotoNotFoundError(NotFound):
    """The request has no photo, or its term is over."""


@dataclass(frozen=True, slots=True)
class MeterChoice:
    """A meter a request may be about."""

    public_id: UUID
    serial: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """What an account asked for, the newest first, and the meters it has."""

    lines: tuple[Shown, ...]
    meters: tuple[MeterChoice, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo to be saved, piece by piece."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


def board(user_id: int, account_id: int, *, now: datetime) -> Board:
    """Return the account's requests since the user's time.

    Raises AccountNotFoundError for whoever does not see all of the account.
    """
    with reading():
        card = get_access(user_id, account_id, level=AccessLevel.FULL, now=now)
        query = (
            ServiceRequest.select(ServiceRequest, Branch, Meter)
            .join(Branch)
            .switch(ServiceRequest)
            .left_outer_join(Meter)
            .where(ServiceRequest.account == account_id)
            .order_by(ServiceRequest.id.desc())
            .limit(MOST)
        )
        found = [
            row
            for row in query
            if card.since is None or local_day(row.created_at, card.zone) >= card.since
        ]
        steps = steps_of(row.id for row in found)
        return Board(
            lines=tuple(
                shown(row, viewer_id=user_id, steps=steps[row.id], now=now)
                for row in found
            ),
            meters=meters_of(account_id),
        )


def meters_of(account_id: int) -> tuple[MeterChoice, ...]:
    """Return the meters that hang, the newest first, inside the open transaction."""
    query = Meter.select(Meter.public_id, Meter.serial).where(
        Meter.account == account_id, Meter.removed_on.is_null()
    )
    return tuple(
        MeterChoice(public_id, serial)
        for public_id, serial in query.order_by(Meter.id.desc()).tuples()
    )


def mine(user_id: int, public_id: UUID, *, now: datetime) -> Shown:
    """Return a request of an account of the user's; raises RequestNotFoundError."""
    with reading():
        return shown(own(user_id, public_id, now=now), viewer_id=user_id, now=now)


def own(
    user_id: int, public_id: UUID, *, locked: bool = False, now: datetime
) -> ServiceRequest:
    """Return the row of an account of the user's, inside the open transaction.

    Raises RequestNotFoundError for whoever does not see all of the account, or came
    to it later.
    """
    row = rows.find(public_id, locked=locked)
    try:
        card = get_access(user_id, row.account_id, level=AccessLevel.FULL, now=now)
    except AccountNotFoundError as error:
        raise RequestNotFoundError(public_id) from error
    if card.since is not None and local_day(row.created_at, card.zone) < card.since:
        raise RequestNotFoundError(public_id)
    return row


def photo_of_mine(user_id: int, public_id: UUID, *, now: datetime) -> Photo:
    """Return the photo of a request that the user wrote.

    Raises RequestNotFoundError and PhotoNotFoundError.
    """
    with reading():
        row = own(user_id, public_id, now=now)
        if row.asked_by_id != user_id:
            raise PhotoNotFoundError(public_id)
        return photo_of(row)


def photo_of(row: ServiceRequest) -> Photo:
    """Return the photo inside the open transaction; raises PhotoNotFoundError."""
    kept = StoredFile.get_or_none(StoredFile.id == row.photo_id)
    if kept is None:
        raise PhotoNotFoundError(row.public_id)
    return Photo(f"request-{row.id}.jpg", kept.media_type, files.pieces_of(kept.id))
