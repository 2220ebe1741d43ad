"""The audit log: who did what to whose data.

Of the address somebody acts from a keyed hash is written down. Of a user it is made
with a key of their own, which goes with their data: then nobody can find out any more
which address it was, nor whether two entries are of one. Of a visitor there is nobody
whose key it could be, so only so much of the hash is kept that tens of thousands of
addresses share it: it tells that tries come from one place, and not from which.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cabinet.models import AuditEntry, User
from cabinet.models.hot import Added

#: Digits kept of a visitor's hash: each value is that of 65 536 addresses of version 4.
OF_VISITORS = 4

#: In a remark of staff what would name somebody: an e-mail, a telephone or the number of
#: an account, however it is spaced. Not in an identifier or a hash.
NAMING = re.compile(
    r"[^\s<>(),;:]+@[^\s<>(),;:]+"
    r"|(?<![\w-])(?![0-9a-f]{8}-[0-9a-f]{4}-)\+?\d(?:[ ()-]{0,2}\d){9,}(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, or the system itself, and what is kept of the address.

    `mark` is the whole hash of the address, keyed by the installation's secret. It is
    never written down.
    """

    user_id: int | None = None
    address_hash: str = ""
    mark: str = field(default="", repr=False)


SYSTEM = Actor()


def visitor(mark: str) -> Actor:
    """Return who acts without having signed in."""
    return Actor(None, mark[:OF_VISITORS], mark)


def user(user_id: int, address_key: str, mark: str) -> Actor:
    """Return the user who acts; `address_key` is their own, empty of who was erased."""
    if not (address_key and mark):
        return Actor(user_id, "", mark)
    made = hmac.digest(address_key.encode(), mark.encode(), "sha256")
    return Actor(user_id, made.hex(), mark)


def acting_as(user_id: int, actor: Actor) -> Actor:
    """Return the user at the address of whoever acts, inside the open transaction."""
    key = User.select(User.address_key).where(User.id == user_id).scalar()
    return user(user_id, key or "", actor.mark)


def record(
    actor: Actor,
    action: str,
    *,
    now: datetime,
    subject: str = "",
    account_id: int | None = None,
    **details: object,
) -> None:
    """Write one entry inside the open transaction; ids and words, never names.

    Entries are never changed, so what somebody typed is kept without what names people.
    """
    _ADD(
        at=now,
        actor_id=actor.user_id,
        action=action,
        subject=subject,
        account_id=account_id,
        address_hash=actor.address_hash,
        details=_nameless(details),
    )


def record_each(
    actor: Actor,
    action: str,
    accounts: Iterable[int],
    *,
    now: datetime,
    subject: str = "",
    **details: object,
) -> None:
    """Write one entry for each account inside the open transaction, at one stroke.

    An act that shows no account has one entry all the same.
    """
    ids: list[int | None] = [*sorted(set(accounts))]
    AuditEntry.insert_many(
        {
            "at": now,
            "actor_id": actor.user_id,
            "action": action,
            "subject": subject,
            "account_id": account_id,
            "address_hash": actor.address_hash,
            "details": _nameless(details),
        }
        for account_id in ids or [None]
    ).execute()


_ADD = Added(AuditEntry)


def _nameless(details: dict[str, object]) -> dict[str, object]:
    return {
        name: NAMING.sub("…", value) if isinstance(value, str) else value
        for name, value in details.items()
    }
