"""Asking for one's data, what became of it, and the file while it is kept."""

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import (
    AccessRemoval,
    Account,
    AccountAccess,
    Branch,
    Job,
    StoredFile,
    User,
)
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit, files, jobs, limits
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.jobs import Claimed, JobLostError

KIND = "export"
PURPOSE = "export"
KEPT = timedelta(days=7)
MEDIA_TYPE = "application/zip"


class ExportNotFoundError(NotFound):
    """The file is nobody's, somebody else's, or deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFile:
    """A file that can be downloaded until `expires_at`."""

    public_id: uuid.UUID
    size: int
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportState:
    """What became of the last wish; `done` of `total` parts are ready while it is on."""

    is_on: bool
    has_failed: bool
    asked_at: datetime | None
    done: int
    total: int
    file: ExportFile | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """The file piece by piece."""

    name: str
    size: int
    made_at: datetime
    pieces: Iterator[bytes]


def export_of(user_id: int, *, now: datetime) -> ExportState:
    """Return what became of the user's last wish, and the file there is."""
    with reading():
        job = _jobs(user_id).order_by(Job.id.desc()).first()
        file = _files(user_id, now).order_by(StoredFile.id.desc()).first()
    is_on = job is not None and job.done_at is None and job.failed_at is None
    progress = job.progress if is_on else {}
    return ExportState(
        is_on=is_on,
        has_failed=job is not None and job.failed_at is not None,
        asked_at=datetime.fromisoformat(job.context["asked_at"]) if job else None,
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        file=None
        if file is None
        else ExportFile(
            public_id=file.public_id,
            size=file.size,
            made_at=file.created_at,
            expires_at=file.expires_at,
        ),
    )


def ask(user_id: int, *, actor: Actor, pepper: str, now: datetime) -> bool:
    """Let the worker gather the user's data; False where it does already.

    Raises TooManyAttemptsError.
    """
    with writing():
        # One after another, or two at once would both see nothing going on.
        user = lock(
            User.select().where(
                User.id == user_id, User.role == Role.CUSTOMER, User.erased_at.is_null()
            )
        ).first()
        if user is None:
            raise ExportNotFoundError(user_id)
        if (
            _jobs(user_id)
            .where(Job.done_at.is_null(), Job.failed_at.is_null())
            .exists()
        ):
            return False
        limits.count(limits.EXPORT_DAY, f"user:{user_id}", pepper=pepper, now=now)
        jobs.put(
            KIND,
            key=f"{KIND}:{user_id}:{secrets.token_hex(8)}",
            context={"user": user_id, "asked_at": now.isoformat()},
            now=now,
        )
        audit.record(actor, "export.asked", now=now, subject=f"user:{user_id}")
    return True


def keep(held: Claimed, body: BinaryIO, *, name: str, now: datetime) -> None:
    """Keep what was gathered for a week, in place of an earlier one.

    Raises JobLostError where another did it, or the person was erased meanwhile.
    """
    user_id = held.context["user"]
    with writing():
        user = lock(User.select().where(User.id == user_id)).first()
        if user is None or user.erased_at is not None:
            raise JobLostError(held.key)
        jobs.finish(held, now=now)
        StoredFile.delete().where(
            StoredFile.owner == user_id, StoredFile.purpose == PURPOSE
        ).execute()
        file = files.store_stream(
            body,
            media_type=MEDIA_TYPE,
            purpose=PURPOSE,
            owner_id=user_id,
            name=name,
            expires_at=now + KEPT,
            now=now,
        )
        audit.record(
            SYSTEM, "export.made", now=now, subject=f"user:{user_id}", size=file.size
        )


def open_export(
    user_id: int, public_id: uuid.UUID, *, actor: Actor, now: datetime
) -> Download:
    """Return the file and note who took it; raises ExportNotFoundError.

    Each account in it whose owner let the user in has an entry for that owner.
    """
    with writing():
        file = _files(user_id, now).where(StoredFile.public_id == public_id).first()
        if file is None:
            raise ExportNotFoundError(public_id)
        audit.record(actor, "export.taken", now=now, subject=f"user:{user_id}")
        for account_id in _of_others(user_id, file.created_at):
            audit.record(
                actor,
                "export.taken",
                now=now,
                subject=f"user:{user_id}",
                account_id=account_id,
            )
    return Download(
        name=file.name,
        size=file.size,
        made_at=file.created_at,
        pieces=files.pieces_of(file.id),
    )


def sweep(*, now: datetime) -> int:
    """Delete the files whose week is over, inside the open transaction."""
    Job.delete().where(
        Job.kind == KIND,
        (Job.done_at <= now - KEPT) | (Job.failed_at <= now - KEPT),
    ).execute()
    return int(
        StoredFile.delete()
        .where(StoredFile.purpose == PURPOSE, StoredFile.expires_at <= now)
        .execute()
    )


def _of_others(user_id: int, at: datetime) -> list[int]:
    """Return the accounts that others let the user see at the moment."""
    rows = AccountAccess.select(AccountAccess.account).where(
        AccountAccess.user == user_id,
        AccountAccess.granted_by.is_null(False),
        AccountAccess.granted_at <= at,
        AccountAccess.ended_at.is_null() | (AccountAccess.ended_at > at),
    )
    return sorted(row.account_id for row in rows)


def _jobs(user_id: int) -> "Job":
    return Job.select().where(Job.key.startswith(f"{KIND}:{user_id}:"))


def _files(user_id: int, now: datetime) -> "StoredFile":
    """Return the query of the files that may be taken.

    One made while the user saw an account that was taken away since is not among them.
    """
    query = StoredFile.select().where(
        StoredFile.owner == user_id,
        StoredFile.purpose == PURPOSE,
        StoredFile.expires_at > now,
    )
    lost_at = _last_loss(user_id, now)
    return query if lost_at is None else query.where(StoredFile.created_at > lost_at)


def _last_loss(user_id: int, now: datetime) -> datetime | None:
    """Return when an access given by another, or ended by a specialist, last ended."""
    removed = AccessRemoval.select(AccessRemoval.access).where(
        AccessRemoval.undone_at.is_null()
    )
    rows = (
        AccountAccess.select(
            AccountAccess.ended_at, AccountAccess.until, Branch.time_zone
        )
        .join(Account)
        .join(Branch)
        .where(
            AccountAccess.user == user_id,
            AccountAccess.granted_by.is_null(False)
            | AccountAccess.until.is_null(False)
            | AccountAccess.id.in_(removed),
        )
        .tuples()
    )
    ends: list[datetime] = []
    for ended_at, until, zone in rows:
        over = until and datetime.combine(until, time.min, ZoneInfo(zone))
        ends.extend(end for end in (ended_at, over) if end is not None and end <= now)
    return max(ends, default=None)
