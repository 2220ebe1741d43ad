"""Letters about a request: who is told what, and when it may leave."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.people import NoteKind
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AccountAccess, RegistrationRequest, User
from cabinet.services import home_notes, outbox, tokens
from cabinet.services.access import sees

#: What of a letter's words a note repeats: no link and no secret.
_TOLD = ("number", "account", "reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """How addresses of pages are made for letters: from a one-time secret, or fixed."""

    password: Callable[[str], str]
    not_me: Callable[[str], str]
    sign_in: str
    again: str


def tell_opened(
    row: RegistrationRequest,
    user: User,
    *,
    links: Links,
    letters_at: datetime,
    now: datetime,
) -> None:
    """Tell whoever asked; who has no password yet gets a link to set one."""
    has_password = user.password_hash is not None
    link = links.sign_in
    if not has_password:
        link = links.password(
            tokens.issue(TokenPurpose.SET_PASSWORD, user_id=user.id, now=letters_at)
        )
    write(
        row,
        "registration_opened",
        "opened",
        {
            "number": row.id,
            "account": row.account_number,
            "has_password": has_password,
            "link": link,
        },
        letters_at=letters_at,
        now=now,
        is_secret=not has_password,
    )


def tell_linked(
    row: RegistrationRequest,
    newcomer: User,
    *,
    links: Links,
    letters_at: datetime,
    now: datetime,
) -> None:
    """Tell everyone else who sees the account, with «это не я»."""
    _tell_others(
        row, newcomer, "access_added", links=links, letters_at=letters_at, now=now
    )


def tell_of_card(
    row: RegistrationRequest, owner: User, *, links: Links, now: datetime
) -> None:
    """Tell everyone else that the owner without e-mail got another card."""
    _tell_others(row, owner, "card_replaced", links=links, letters_at=now, now=now)


def _tell_others(
    row: RegistrationRequest,
    owner: User,
    kind: str,
    *,
    links: Links,
    letters_at: datetime,
    now: datetime,
) -> None:
    for other in linked_to(row.account_id, now=now):
        if other.id == owner.id:
            continue
        key = _key(row, f"added:{other.id}")
        home_notes.put(
            NoteKind(kind),
            key=key,
            user_id=other.id,
            context={"account": row.account_number, "registration": row.id},
            now=now,
            not_before=letters_at,
        )
        if other.email is None:
            continue
        secret = tokens.issue(
            TokenPurpose.NOT_ME,
            user_id=other.id,
            context={"registration": row.id},
            voids_older=False,
            now=letters_at,
        )
        outbox.put(
            kind,
            key=key,
            recipient=other.email,
            context={"account": row.account_number, "link": links.not_me(secret)},
            user_id=other.id,
            now=now,
            not_before=letters_at,
            is_secret=True,
        )


def linked_to(account_id: int | None, *, now: datetime) -> list[User]:
    """Return who sees the account now; whose term is over does not."""
    users = (
        User.select()
        .join(AccountAccess, on=AccountAccess.user == User.id)
        .where(AccountAccess.account == account_id, AccountAccess.ended_at.is_null())
        .order_by(User.id)
    )
    return [user for user in users if sees(user.id, account_id, now=now)]


def take_back(row: RegistrationRequest) -> None:
    """Delete what has not left of the last decision's letters."""
    ever = AccountAccess.select(AccountAccess.user).where(
        AccountAccess.account == row.account_id
    )
    added = {f"added:{access.user_id}" for access in ever}
    for what in ("opened", "refused", *sorted(added)):
        outbox.take_back(_key(row, what))
        home_notes.take_back(_key(row, what))


def write(
    row: RegistrationRequest,
    kind: str,
    what: str,
    context: dict[str, object],
    *,
    letters_at: datetime,
    now: datetime,
    is_secret: bool = False,
) -> None:
    """Write to whoever asked; who came to the counter reads it in the cabinet."""
    home_notes.put(
        NoteKind(kind),
        key=_key(row, what),
        user_id=row.user_id,
        context={name: context[name] for name in _TOLD if name in context},
        now=now,
        not_before=letters_at,
    )
    if row.email:
        outbox.put(
            kind,
            key=_key(row, what),
            recipient=row.email,
            context=context,
            user_id=row.user_id,
            now=now,
            not_before=letters_at,
            is_secret=is_secret,
        )


def _key(row: RegistrationRequest, what: str) -> str:
    return f"registration:{row.id}:{row.version}:{what}"
