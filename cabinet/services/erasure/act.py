"""The act of destruction and the extract of the log (Roskomnadzor's order No. 179)."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from peewee import Query

from cabinet.domain.errors import NotFound
from cabinet.models import AuditEntry, Leaving
from cabinet.models.base import reading


class ActNotFoundError(NotFound):
    """There is no such leaving, or it is not done yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """An entry of the audit log about the person."""

    entry_id: int
    at: datetime
    action: str
    actor_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureAct:
    """What was destroyed, why and when, without whose it was."""

    public_id: uuid.UUID
    user_id: int
    requested_at: datetime
    done_at: datetime
    why: str
    destroyed: dict[str, int]
    log: tuple[LogEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeavingRow:
    """A wish to leave as the administrator sees it."""

    public_id: uuid.UUID
    user_id: int
    requested_at: datetime
    due_at: datetime
    undone_at: datetime | None
    done_at: datetime | None


def get_act(public_id: uuid.UUID) -> ErasureAct:
    """Return the act with its extract of the log; raises ActNotFoundError."""
    with reading():
        row = Leaving.get_or_none(
            Leaving.public_id == public_id, Leaving.done_at.is_null(False)
        )
        if row is None:
            raise ActNotFoundError(public_id)
        return ErasureAct(
            public_id=public_id,
            user_id=row.user_id,
            requested_at=row.requested_at,
            done_at=row.done_at,
            why=row.act["why"],
            destroyed=row.act["destroyed"],
            log=tuple(
                LogEntry(
                    entry_id=entry.id,
                    at=entry.at,
                    action=entry.action,
                    actor_id=entry.actor_id,
                )
                for entry in _log(row)
            ),
        )


def leavings() -> tuple[LeavingRow, ...]:
    """Return all wishes to leave, the newest first."""
    with reading():
        return tuple(
            LeavingRow(
                public_id=row.public_id,
                user_id=row.user_id,
                requested_at=row.requested_at,
                due_at=row.due_at,
                undone_at=row.undone_at,
                done_at=row.done_at,
            )
            for row in Leaving.select().order_by(Leaving.requested_at.desc())
        )


def _log(row: Leaving) -> Query:
    """Return the query of what the log says of the leaving, the oldest first."""
    return (
        AuditEntry.select()
        .where(
            AuditEntry.at.between(row.requested_at, row.done_at),
            AuditEntry.subject == f"user:{row.user_id}",
            AuditEntry.action.in_(("leaving.started", "leaving.undone", "user.erased")),
        )
        .order_by(AuditEntry.id)
    )
