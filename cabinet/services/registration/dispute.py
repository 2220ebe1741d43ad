"""«Это не я»: somebody who sees the account does not know the newcomer."""

from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.registration import RegistrationState, TokenPurpose
from cabinet.models import RegistrationRequest
from cabinet.models.base import reading, writing
from cabinet.services import tokens
from cabinet.services.access import sees
from cabinet.services.audit import Actor
from cabinet.services.registration import letters
from cabinet.services.registration.decide import back_to_queue, close_access, note


@dataclass(frozen=True, kw_only=True, slots=True)
class Disputed:
    """What a person told «это не я» was about."""

    account_number: str
    email: str


def look_at_dispute(secret: str, *, now: datetime) -> Disputed:
    """Return what a link «это не я» is about; raises tokens.TokenNotFoundError."""
    with reading():
        token = tokens.get_token(secret, TokenPurpose.NOT_ME, now=now)
        row = _told_of(token, now)
        return Disputed(account_number=row.account_number, email=row.email)


def dispute(secret: str, *, actor: Actor, now: datetime) -> Disputed:
    """Close the access at once and let a specialist look again.

    Raises tokens.TokenNotFoundError, also for who sees the account no more: then it is
    not theirs to say. Where the access is closed already, the link is used up and
    nothing else happens.
    """
    with writing():
        token = tokens.consume(secret, TokenPurpose.NOT_ME, now=now)
        row = _told_of(token, now)
        told = Disputed(account_number=row.account_number, email=row.email)
        if row.state is not RegistrationState.OPENED:
            return told
        letters.take_back(row)
        close_access(row, actor=actor, now=now)
        back_to_queue(row, is_disputed=True)
        letters.write(
            row,
            "access_disputed",
            "disputed",
            {"account": row.account_number},
            letters_at=now,
            now=now,
        )
        note(row, "registration.disputed", actor, now, by=token.user_id)
        return told


def _told_of(token: tokens.Token, now: datetime) -> RegistrationRequest:
    row: RegistrationRequest = RegistrationRequest.get_by_id(
        token.context["registration"]
    )
    if not sees(token.user_id, row.account_id, now=now):
        raise tokens.TokenNotFoundError(token.purpose)
    return row
