"""Signed words of the portal to itself, carried by the browser for half an hour."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, Signer

from cabinet.domain.errors import NotFound

LASTS = timedelta(minutes=30)


class TicketNotFoundError(NotFound):
    """The ticket is not ours, for something else, or too old."""


def issue(purpose: str, about: UUID, *, pepper: str, now: datetime) -> str:
    """Return a ticket that says what was proved; it holds no secret and hides nothing."""
    until = int((now + LASTS).timestamp())
    return _signer(purpose, pepper).sign(f"{about.hex}-{until}").decode()


def read(purpose: str, ticket: str, *, pepper: str, now: datetime) -> UUID:
    """Return what the ticket is about; raises TicketNotFoundError."""
    try:
        about, _, until = (
            _signer(purpose, pepper).unsign(ticket).decode().partition("-")
        )
    except BadSignature as error:
        raise TicketNotFoundError(purpose) from error
    if now.timestamp() > int(until):
        raise TicketNotFoundError(purpose)
    return UUID(about)


def _signer(purpose: str, pepper: str) -> Signer:
    return Signer(
        pepper, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256
    )
