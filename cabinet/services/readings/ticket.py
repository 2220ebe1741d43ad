"""Signed words of the portal to itself, carried by the browser for half an hour."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from cabinet.domain.errors import NotFound

LASTS = timedelta(minutes=30)


class TicketNotFoundError(NotFound):
    """The ticket is not ours, for something else, or too old."""


def issue(purpose: str, about: UUID, *, pepper: str, now: datetime) -> str:
    """Return a ticket that says what was proved; it holds no secret and hides nothing."""
    until = int((now + LASTS).timestamp())
    return str(_serializer(purpose, pepper).dumps([about.hex, until]))


def read(purpose: str, ticket: str, *, pepper: str, now: datetime) -> UUID:
    """Return what the ticket is about; raises TicketNotFoundError."""
    try:
        about, until = _serializer(purpose, pepper).loads(ticket)
    except BadSignature as error:
        raise TicketNotFoundError(purpose) from error
    if now.timestamp() > until:
        raise TicketNotFoundError(purpose)
    return UUID(about)


def _serializer(purpose: str, pepper: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        pepper, salt=purpose, signer_kwargs={"digest_method": hashlib.sha256}
    )
