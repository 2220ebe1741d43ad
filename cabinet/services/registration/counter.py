"""Registration at the counter: no e-mail, a card with a code that works once."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.period import local_day
from cabinet.domain.registration import RegistrationState, TokenPurpose
from cabinet.models import Account, AccountAccess, RegistrationRequest, User
from cabinet.models.base import lock, writing
from cabinet.services import audit, consents, documents, granting, limits, tokens
from cabinet.services.audit import Actor
from cabinet.services.registration.decide import AlreadyDecidedError
from cabinet.services.registration.letters import (
    Links,
    tell_linked,
    tell_of_card,
)
from cabinet.services.registration.state import RequestNotFoundError
from cabinet.services.staff import Member, branches_of

CODE_DIGITS = 12
GROUP = 4
_COUNTER = "counter"


class CounterAccountNotFoundError(NotFound):
    """No account of the branches has the number."""


class HasCardlessOwnerError(ValueError):
    """Somebody without e-mail owns the account already.

    The account number signs in one such person only: a second one would shut both out.
    """


class WrongCardError(ValueError):
    """The number and the code of a card do not fit, or the card is used or too old."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A card to print: shown once, only a hash of its code is kept."""

    public_id: UUID
    account_number: str
    address: str
    code: str
    expires_at: datetime
    is_replacement: bool = False


def open_at_counter(
    member: Member,
    account_number: str,
    *,
    key: str,
    links: Links,
    actor: Actor,
    now: datetime,
) -> Card:
    """Open a cabinet without e-mail to whoever stands there with a passport.

    The consent is on paper, signed; a row says so. The same `key` again prints a new
    card for the same person, which voids the older. Raises CounterAccountNotFoundError,
    or HasCardlessOwnerError where `replace_card` is meant.
    """
    with writing():
        known = RegistrationRequest.get_or_none(RegistrationRequest.key == key)
        if known is not None:
            return _card(known, actor, now)
        account = _lock_account(member, account_number)
        if _find_cardless(account) is not None:
            raise HasCardlessOwnerError(account_number)
        user = User.create(email=None, name="", created_at=now)
        access = granting.give_whole(
            user.id, account, evidence=_COUNTER, actor=actor, now=now
        )
        row = RegistrationRequest.create(
            public_id=uuid.uuid4(),
            key=key,
            state=RegistrationState.OPENED,
            branch=account.branch,
            account_number=account.number,
            account=account,
            email="",
            user=user,
            access=access,
            created_at=now,
            confirmed_at=now,
            decided_at=now,
            decided_by=member.user_id,
            reason=_COUNTER,
        )
        consents.give(
            documents.PROCESSING,
            user_id=user.id,
            registration_id=row.id,
            channel=_COUNTER,
            note=f"staff:{member.user_id}",
            day=local_day(now, ZoneInfo(account.branch.time_zone)),
            actor=actor,
            now=now,
        )
        tell_linked(row, user, links=links, letters_at=now, now=now)
        audit.record(
            actor,
            "registration.counter",
            now=now,
            subject=f"registration:{row.id}",
            account_id=account.id,
            user=user.id,
        )
        return _card(row, actor, now)


def replace_card(
    member: Member,
    account_number: str,
    *,
    links: Links,
    actor: Actor,
    now: datetime,
) -> Card:
    """Print a card for who owns the account without e-mail and cannot get in.

    The card was lost, or the password forgotten: the old password works until the new
    one is set by the card. Everyone else who sees the account is told. Raises
    CounterAccountNotFoundError, also where nobody owns it so.
    """
    with writing():
        row = _find_cardless(_lock_account(member, account_number))
        if row is None:
            raise CounterAccountNotFoundError(account_number)
        # Letters of this card are not those of the last.
        row.version += 1
        row.save()
        tell_of_card(row, row.user, links=links, now=now)
        return _print(row, actor, now, is_replacement=True)


def new_card(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> Card:
    """Print another card for a cabinet opened at the counter; the older one is void.

    Raises RequestNotFoundError, AlreadyDecidedError where a password is set already.
    """
    with writing():
        row = RegistrationRequest.get_or_none(
            RegistrationRequest.public_id == public_id,
            RegistrationRequest.reason == _COUNTER,
            RegistrationRequest.branch.in_(branches_of(member)),
        )
        if row is None:
            raise RequestNotFoundError(public_id)
        return _card(row, actor, now)


def use_card(
    account_number: str,
    code: str,
    *,
    address: str,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> str:
    """Use the card up and return the secret of a link to set a password.

    Raises WrongCardError, the same for every reason, and limits.TooManyAttemptsError.
    """
    tries = (
        (limits.CARD_ADDRESS, address),
        (limits.CARD_DAY, account_number),
    )
    with writing():
        for limit, who in tries:
            limits.count(limit, who, pepper=pepper, now=now)
    try:
        with writing():
            token = tokens.consume(
                _secret(account_number, code), TokenPurpose.CARD, now=now
            )
            for limit, who in tries:
                limits.give_back(limit, who, pepper=pepper, now=now)
            audit.record(actor, "card.used", now=now, subject=f"user:{token.user_id}")
            return tokens.issue(
                TokenPurpose.SET_PASSWORD, user_id=token.user_id, now=now
            )
    except tokens.TokenNotFoundError as error:
        raise WrongCardError(account_number) from error


def _card(row: RegistrationRequest, actor: Actor, now: datetime) -> Card:
    if row.user is None or row.user.password_hash is not None:
        raise AlreadyDecidedError(row.public_id)
    return _print(row, actor, now)


def _lock_account(member: Member, number: str) -> Account:
    account = lock(
        Account.select().where(
            Account.number == number, Account.branch.in_(branches_of(member))
        )
    ).first()
    if account is None:
        raise CounterAccountNotFoundError(number)
    return account


def _find_cardless(account: Account) -> RegistrationRequest | None:
    """Find by which request somebody without e-mail came to own the account."""
    return (
        RegistrationRequest.select(RegistrationRequest, User)
        .join(User, on=RegistrationRequest.user == User.id)
        .join(AccountAccess, on=AccountAccess.user == User.id)
        .where(
            RegistrationRequest.account == account.id,
            RegistrationRequest.state == RegistrationState.OPENED,
            RegistrationRequest.email == "",
            User.email.is_null(),
            User.disabled_at.is_null(),
            AccountAccess.account == account.id,
            AccountAccess.ended_at.is_null(),
            AccountAccess.granted_by.is_null(),
            AccountAccess.until.is_null(),
        )
        .order_by(RegistrationRequest.id.desc())
        .first()
    )


def _print(
    row: RegistrationRequest,
    actor: Actor,
    now: datetime,
    *,
    is_replacement: bool = False,
) -> Card:
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    tokens.issue(
        TokenPurpose.CARD,
        user_id=row.user_id,
        secret=_secret(row.account_number, code),
        now=now,
    )
    audit.record(
        actor,
        "card.printed",
        now=now,
        subject=f"registration:{row.id}",
        account_id=row.account_id,
        user=row.user_id,
        **({"reason": "lost"} if is_replacement else {}),
    )
    return Card(
        public_id=row.public_id,
        account_number=row.account_number,
        address=row.account.address,
        code=" ".join(
            code[start : start + GROUP] for start in range(0, CODE_DIGITS, GROUP)
        ),
        expires_at=now + tokens.LASTS[TokenPurpose.CARD],
        is_replacement=is_replacement,
    )


def _secret(account_number: str, code: str) -> str:
    return f"card:{account_number}:{code}"
