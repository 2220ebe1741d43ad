"""Saved column profiles: how another system's files of a kind are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from peewee import IntegrityError

from cabinet.domain.errors import NotFound
from cabinet.domain.questions import UNDO
from cabinet.exchange.layout import Layout, layout_json, read_layout
from cabinet.exchange.recognise import Shape
from cabinet.models import ColumnProfile, User
from cabinet.models.base import database, reading, writing
from cabinet.services import audit


class ProfileNotFoundError(NotFound):
    """There is no such profile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileLine:
    """A saved profile."""

    public_id: UUID
    name: str
    kind: str
    columns: tuple[str, ...]
    by: str
    made_at: datetime


class ProfileGoneError(Exception):
    """It was deleted too long ago, by somebody else, or is there again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovedLine:
    """A profile one has just deleted, and until when it may come back."""

    public_id: UUID
    name: str
    until: datetime


def profiles() -> tuple[ProfileLine, ...]:
    """Return the saved profiles by name."""
    with reading():
        query = (
            ColumnProfile.select(ColumnProfile, User)
            .left_outer_join(User, on=ColumnProfile.by)
            .where(ColumnProfile.removed_at.is_null())
            .order_by(ColumnProfile.name)
        )
        return tuple(
            ProfileLine(
                public_id=row.public_id,
                name=row.name,
                kind=row.kind,
                columns=tuple(row.layout.get("columns", {}).values()),
                by=row.by.name if row.by_id else "",
                made_at=row.made_at,
            )
            for row in query
        )


def save(
    name: str,
    kind: str,
    layout: Mapping[str, Any],
    *,
    actor: audit.Actor,
    now: datetime,
) -> UUID:
    """Save how files are read; one of the same name is replaced."""
    name = " ".join(name.split())[:80]
    kept = {
        **Shape.of(layout).as_data(),
        "columns": dict(layout.get("columns") or {}),
    }
    with writing():
        try:
            with database.savepoint():
                row = ColumnProfile.create(
                    name=name, kind=kind, layout=kept, by=actor.user_id, made_at=now
                )
        except IntegrityError:
            row = ColumnProfile.get(ColumnProfile.name == name)
            row.kind, row.layout, row.made_at = kind, kept, now
            row.by = actor.user_id
            row.removed_at = row.removed_by = None
            row.save()
        _note(actor, "import.profile_saved", row, now)
        return UUID(str(row.public_id))


def find(name: str) -> tuple[str, dict[str, Any]]:
    """Return the kind and the layout of a profile by its name; ProfileNotFoundError."""
    with reading():
        row = ColumnProfile.get_or_none(
            ColumnProfile.name == name, ColumnProfile.removed_at.is_null()
        )
    if row is None:
        raise ProfileNotFoundError(name)
    return row.kind, row.layout


def as_file(public_id: UUID) -> tuple[str, bytes]:
    """Return the profile as a file for another installation; ProfileNotFoundError."""
    with reading():
        row = _row(public_id)
    shape = Shape.of(row.layout)
    body = layout_json(
        Layout(
            name=row.name,
            kind=row.kind,
            shape=shape,
            columns=row.layout.get("columns", {}),
        )
    )
    return f"{row.name}.json", body


def take_file(body: bytes, *, actor: audit.Actor, now: datetime) -> UUID:
    """Save a profile that came as a file; raises UnusableFile."""
    found = read_layout(body)
    layout = {**found.shape.as_data(), "columns": dict(found.columns)}
    return save(found.name, found.kind, layout, actor=actor, now=now)


def forget(public_id: UUID, *, actor: audit.Actor, now: datetime) -> None:
    """Delete a profile; what was read by it stays. Raises ProfileNotFoundError.

    Within UNDO it may come back; those that may not any more are deleted for good.
    """
    with writing():
        row = _row(public_id)
        _note(actor, "import.profile_deleted", row, now)
        row.removed_at, row.removed_by = now, actor.user_id
        row.save()
        ColumnProfile.delete().where(ColumnProfile.removed_at <= now - UNDO).execute()


def removed(user_id: int, *, now: datetime) -> tuple[RemovedLine, ...]:
    """Return the profiles that the user has just deleted, the last one first."""
    with reading():
        query = (
            ColumnProfile.select()
            .where(
                ColumnProfile.removed_by == user_id,
                ColumnProfile.removed_at > now - UNDO,
            )
            .order_by(ColumnProfile.removed_at.desc(), ColumnProfile.id.desc())
        )
        return tuple(
            RemovedLine(
                public_id=row.public_id, name=row.name, until=row.removed_at + UNDO
            )
            for row in query
        )


def take_back(public_id: UUID, *, actor: audit.Actor, now: datetime) -> None:
    """Let a profile be there again that the actor has just deleted.

    Raises ProfileNotFoundError or ProfileGoneError.
    """
    with writing():
        found = ColumnProfile.get_or_none(ColumnProfile.public_id == public_id)
        if found is None:
            raise ProfileNotFoundError(public_id)
        if (
            found.removed_at is None
            or found.removed_by_id != actor.user_id
            or now >= found.removed_at + UNDO
        ):
            raise ProfileGoneError(public_id)
        found.removed_at = found.removed_by = None
        found.save()
        _note(actor, "import.profile_taken_back", found, now)


def _row(public_id: UUID) -> ColumnProfile:
    found: ColumnProfile | None = ColumnProfile.get_or_none(
        ColumnProfile.public_id == public_id, ColumnProfile.removed_at.is_null()
    )
    if found is None:
        raise ProfileNotFoundError(public_id)
    return found


def _note(actor: audit.Actor, act: str, row: ColumnProfile, now: datetime) -> None:
    audit.record(actor, act, now=now, subject=f"column_profile:{row.id}", kind=row.kind)
