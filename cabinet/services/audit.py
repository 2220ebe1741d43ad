"""The audit log: who did what to whose data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cabinet.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, or the system itself, and the keyed hash of the address."""

    user_id: int | None = None
    address_hash: str = ""


SYSTEM = Actor()


def record(
    actor: Actor,
    action: str,
    *,
    now: datetime,
    subject: str = "",
    account_id: int | None = None,
    **details: object,
) -> None:
    """Write one entry inside the open transaction; ids and words, never names."""
    AuditEntry.create(
        at=now,
        actor_id=actor.user_id,
        action=action,
        subject=subject,
        account_id=account_id,
        address_hash=actor.address_hash,
        details=details,
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
            "details": details,
        }
        for account_id in ids or [None]
    ).execute()
