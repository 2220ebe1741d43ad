"""Asking for a file, the list of what was made, and taking one."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from peewee import Query, fn

from cabinet.domain.errors import NotFound
from cabinet.domain.outgoing import (
    DECIMALS,
    ENCODINGS,
    FORMATS,
    Encoding,
    OutFormat,
    OutKind,
    OutState,
)
from cabinet.domain.period import Month
from cabinet.models import Branch, OutFile, StoredFile, User
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit, files, jobs
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of, offices_of

JOB = "out"
#: Files a page lists.
PAGE = 40


class OutNotFoundError(NotFound):
    """There is no such file or branch, or not for this member of staff."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A file that is asked for: the month it is of, and the days of payments.

    `key` makes a form that is sent twice one file. An `encoding` and a `decimal` sign are
    of this file only, in place of those the branch has settled.
    """

    branch: str
    kind: OutKind
    format: OutFormat
    month: Month
    first: date | None = None
    last: date | None = None
    encoding: Encoding | None = None
    decimal: str | None = None
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutCard:
    """A file in the list: what it is, who asked for it, what is in it.

    One that is not `is_kept` any more was deleted at its term.
    """

    public_id: UUID
    branch: str
    kind: OutKind
    format: OutFormat
    month: Month
    number: int
    state: OutState
    asked_by: str
    asked_at: datetime
    name: str
    size: int
    is_kept: bool
    rows: int
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outs:
    """The newest files of the branches, and these by code and name."""

    files: tuple[OutCard, ...]
    branches: tuple[tuple[str, str], ...]

    @property
    def is_any_awaited(self) -> bool:
        """Tell whether a file is still being made."""
        return any(each.state is OutState.ASKED for each in self.files)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A file piece by piece."""

    name: str
    media_type: str
    size: int
    pieces: Iterator[bytes]


def outs(member: Member) -> Outs:
    """Return the newest files of the branches the member of staff works in."""
    with reading():
        query = (
            OutFile.select(OutFile, Branch, User, StoredFile)
            .join(Branch)
            .switch(OutFile)
            .left_outer_join(User)
            .switch(OutFile)
            .left_outer_join(StoredFile)
            .where(OutFile.branch.in_(branches_of(member)))
            .order_by(OutFile.id.desc())
            .limit(PAGE)
        )
        return Outs(
            files=tuple(_card(row) for row in query),
            branches=offices_of(member),
        )


def ask(member: Member | None, wish: Wish, *, actor: Actor, now: datetime) -> UUID:
    """Let the worker make a file and return its id; the same form again is the same file.

    Without a member an administrator asks at the machine. Raises OutNotFoundError for a
    branch that is not theirs.
    """
    if wish.format not in FORMATS[wish.kind]:
        raise ValueError(wish.format)
    if wish.encoding not in {None, *ENCODINGS[wish.kind]}:
        raise ValueError(wish.encoding)
    if wish.decimal not in {None, *DECIMALS}:
        raise ValueError(wish.decimal)
    with writing():
        branch = lock(_branches(member).where(Branch.code == wish.branch)).first()
        if branch is None:
            raise OutNotFoundError(wish.branch)
        before = OutFile.get_or_none(OutFile.key == wish.key)
        if before is not None:
            return UUID(str(before.public_id))
        row = OutFile.create(
            public_id=uuid.uuid4(),
            key=wish.key,
            branch=branch,
            kind=wish.kind,
            format=wish.format,
            month=wish.month,
            number=_next_number(branch, wish),
            options={
                "first": wish.first and wish.first.isoformat(),
                "last": wish.last and wish.last.isoformat(),
                "encoding": wish.encoding and str(wish.encoding),
                "decimal": wish.decimal,
            },
            asked_by=actor.user_id,
            asked_at=now,
        )
        jobs.put(JOB, key=f"{JOB}:{row.id}", context={"out": row.id}, now=now)
        audit.record(
            actor,
            "out.asked",
            now=now,
            subject=f"out_file:{row.id}",
            kind=str(wish.kind),
            month=str(wish.month),
        )
        return UUID(str(row.public_id))


def take(
    member: Member | None, public_id: UUID, *, actor: Actor, now: datetime
) -> Taken:
    """Return the file and note who took it; raises OutNotFoundError."""
    with writing():
        row = (
            OutFile.select(OutFile, StoredFile)
            .join(StoredFile)
            .where(
                OutFile.public_id == public_id,
                OutFile.branch.in_(_branches(member).select(Branch.id)),
            )
            .first()
        )
        if row is None:
            raise OutNotFoundError(public_id)
        audit.record(
            actor,
            "out.taken",
            now=now,
            subject=f"out_file:{row.id}",
            kind=str(row.kind),
        )
    return Taken(
        name=row.name,
        media_type=row.file.media_type,
        size=row.file.size,
        pieces=files.pieces_of(row.file_id),
    )


def _branches(member: Member | None) -> Query:
    query = Branch.select()
    return query if member is None else query.where(Branch.id.in_(branches_of(member)))


def _next_number(branch: Branch, wish: Wish) -> int:
    """Return the number of the next file, inside the transaction that holds the branch."""
    last = (
        OutFile.select(fn.MAX(OutFile.number))
        .where(
            OutFile.branch == branch,
            OutFile.kind == wish.kind,
            OutFile.month == wish.month,
        )
        .scalar()
    )
    return int(last or 0) + 1


def _card(row: OutFile) -> OutCard:
    return OutCard(
        public_id=row.public_id,
        branch=row.branch.name,
        kind=row.kind,
        format=row.format,
        month=row.month,
        number=row.number,
        state=row.state,
        asked_by=row.asked_by.name if row.asked_by else "",
        asked_at=row.asked_at,
        name=row.name,
        size=row.file.size if row.file_id else 0,
        is_kept=row.file_id is not None,
        rows=row.counts.get("rows", 0),
        error=row.error,
    )
