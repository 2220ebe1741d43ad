"""What the links of a reminder open: the form of one meter, and the way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.people import LetterKind
from cabinet.domain.period import Month, local_day
from cabinet.domain.registration import TokenPurpose
from cabinet.models import Account, OneTimeToken
from cabinet.models.base import reading, writing
from cabinet.services import audit, consents, subscriptions, tokens
from cabinet.services.access import get_access
from cabinet.services.audit import Actor
from cabinet.services.readings.quiet import (
    QuietForm,
    QuietTaken,
    quiet_form,
    take_quietly,
    taken_of,
)
from cabinet.services.tokens import Token, TokenNotFoundError


@dataclass(frozen=True, slots=True)
class Opened:
    """What the link of a reminder shows: a form, or what it brought already."""

    form: QuietForm | None
    taken: QuietTaken | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Of which account one is reminded, and whether one still is."""

    account_number: str
    is_live: bool


def open_reminder(secret: str, *, now: datetime) -> Opened:
    """Return what the link shows; changes nothing.

    Raises TokenNotFoundError, and AccountNotFoundError once the access is gone.
    """
    with reading():
        try:
            token = tokens.get_token(secret, TokenPurpose.REMINDER, now=now)
        except TokenNotFoundError:
            used = tokens.get_used(secret, TokenPurpose.REMINDER, now=now)
            get_access(_user_of(used), used.context["account"], now=now)
            return Opened(None, taken_of(UUID(used.context["reading"])))
        card = get_access(_user_of(token), token.context["account"], now=now)
        meter_id = UUID(token.context["meter"])
        return Opened(quiet_form(card, meter_id, is_known=True, now=now), None)


def submit_by_reminder(
    secret: str,
    values: Sequence[str] | None,
    *,
    month: Month | None,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> None:
    """Take the values, without them the last ones again, and use the link up.

    A link that brought a reading already brings no other and says what it brought.
    Raises what `take_quietly` does, TokenNotFoundError and AccountNotFoundError.
    """
    with writing():
        try:
            token = tokens.consume(secret, TokenPurpose.REMINDER, now=now)
        except TokenNotFoundError:
            tokens.get_used(secret, TokenPurpose.REMINDER, now=now)
            return
        user_id = _user_of(token)
        row = take_quietly(
            get_access(user_id, token.context["account"], now=now),
            UUID(token.context["meter"]),
            values,
            key=tokens.hash_of(secret)[:32],
            month=month,
            user_id=user_id,
            actor=audit.acting_as(user_id, actor),
            pepper=pepper,
            now=now,
        )
        OneTimeToken.update(
            context=token.context | {"reading": str(row.public_id)}
        ).where(OneTimeToken.id == token.token_id).execute()


def open_stop(secret: str, *, now: datetime) -> Stop:
    """Return what the link would end; changes nothing. Raises TokenNotFoundError."""
    with reading():
        token = tokens.get_token(secret, TokenPurpose.STOP_REMINDERS, now=now)
        account_id = token.context["account"]
        number = Account.select(Account.number).where(Account.id == account_id).scalar()
        user_id = _user_of(token)
        return Stop(
            number, subscriptions.is_live(user_id, account_id, LetterKind.REMINDER)
        )


def stop_by_link(secret: str, *, actor: Actor, now: datetime) -> None:
    """End the reminders of the account, a withdrawal of its own; twice is once.

    The link is not used up: who begins anew may stop by an old letter too. Raises
    TokenNotFoundError.
    """
    with writing():
        token = tokens.get_token(secret, TokenPurpose.STOP_REMINDERS, now=now)
        user_id = _user_of(token)
        account = Account.get_by_id(token.context["account"])
        subscriptions.refuse(
            user_id,
            account.id,
            LetterKind.REMINDER,
            channel=consents.LETTER_LINK,
            day=local_day(now, ZoneInfo(account.branch.time_zone)),
            actor=audit.acting_as(user_id, actor),
            now=now,
        )


def _user_of(token: Token) -> int:
    if token.user_id is None:
        raise TokenNotFoundError(token.purpose)
    return token.user_id
