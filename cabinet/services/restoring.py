"""What a copy of the database must forget before anybody uses it again.

Between the copy and now people signed out, links were used and letters left: what the
copy says of all that is no longer so.
"""

from dataclasses import dataclass
from datetime import datetime

from cabinet.models import (
    Job,
    OneTimeToken,
    OutboxMessage,
    SecondFactor,
    Session,
)
from cabinet.models.base import writing
from cabinet.services import audit, factors


@dataclass(frozen=True, slots=True)
class Voided:
    """How many of each kind were ended."""

    sessions: int
    links: int
    letters: int


def void(*, taken_at: datetime, now: datetime) -> Voided:
    """End sessions, one-time links and leases; no code shown until now counts again.

    A letter that waited in the copy may have left since: it leaves again, rather twice
    than never, unless it holds a link or a code, which no longer work. Noted in the log
    with the moment of the copy.
    """
    with writing():
        made = Voided(
            sessions=Session.update(revoked_at=now)
            .where(Session.revoked_at.is_null())
            .execute(),
            links=OneTimeToken.update(used_at=now)
            .where(OneTimeToken.used_at.is_null())
            .execute(),
            letters=OutboxMessage.update(failed_at=now, error="restored")
            .where(
                OutboxMessage.sent_at.is_null(),
                OutboxMessage.failed_at.is_null(),
                OutboxMessage.is_secret,
            )
            .execute(),
        )
        OutboxMessage.update(lease_until=None).execute()
        Job.update(lease_until=None).where(Job.done_at.is_null()).execute()
        SecondFactor.update(last_step=factors.step_at(now)).execute()
        audit.record(
            audit.SYSTEM,
            "database.restored",
            now=now,
            taken_at=taken_at.isoformat(),
            sessions=made.sessions,
            links=made.links,
            letters=made.letters,
        )
    return made
