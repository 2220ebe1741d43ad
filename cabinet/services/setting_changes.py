"""Each change of what the office sets: who, what it was, what it is, and back again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError, fn

from cabinet.domain.errors import NotFound
from cabinet.models import SettingChange, User
from cabinet.models.base import database, reading
from cabinet.services import audit
from cabinet.services.audit import Actor

#: On a page; older ones are in the audit log.
MOST = 50


class ChangedMeanwhileError(ValueError):
    """Somebody else changed it since the page was made."""


class ChangeNotFoundError(NotFound):
    """There is no such change, or it is none of the member's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A change as it is read; `may_go_back` of the last one of its subject only."""

    change_id: int
    subject: str
    who: str
    at: datetime
    values: tuple[tuple[str, Any, Any], ...]
    is_return: bool
    may_go_back: bool

    @property
    def names(self) -> set[str]:
        """Return what it set."""
        return {name for name, _, _ in self.values}


def version_of(subject: str) -> int:
    """Return the number of the last change, inside the open transaction; 0 of none."""
    last = SettingChange.select(fn.MAX(SettingChange.id))
    return int(last.where(SettingChange.subject == subject).scalar() or 0)


def check_version(subject: str, seen: int | None) -> None:
    """Refuse who saw another state; None is a command, which sees the present one.

    Inside the transaction that holds the subject's row. Raises ChangedMeanwhileError.
    """
    if seen is not None and seen != version_of(subject):
        raise ChangedMeanwhileError(subject)


def write(
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reverts: int | None = None,
) -> bool:
    """Write down inside the open transaction what became another; tell whether any did.

    Values are what JSON holds. Raises ChangedMeanwhileError where the change named by
    `reverts` was put back already.
    """
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return False
    try:
        with database.savepoint():
            SettingChange.create(
                subject=subject,
                before={name: before.get(name) for name in names},
                after={name: after[name] for name in names},
                by=actor.user_id,
                at=now,
                reverts=reverts,
            )
    except IntegrityError as error:
        raise ChangedMeanwhileError(subject) from error
    return True


def history(
    subjects: Iterable[str] | None = None, *, most: int = MOST
) -> tuple[Changed, ...]:
    """Return the last changes, the newest first; of these subjects or of all."""
    query = SettingChange.select(SettingChange, User.name).left_outer_join(
        User, on=(SettingChange.by == User.id)
    )
    if subjects is not None:
        query = query.where(SettingChange.subject.in_(list(subjects)))
    with reading():
        rows = list(query.order_by(SettingChange.id.desc()).limit(most).objects())
        named = {row.subject for row in rows}
        lasts = SettingChange.select(fn.MAX(SettingChange.id)).where(
            SettingChange.subject.in_(list(named))
        )
        newest = {
            row_id for (row_id,) in lasts.group_by(SettingChange.subject).tuples()
        }
    return tuple(
        Changed(
            change_id=row.id,
            subject=row.subject,
            who=row.name or "",
            at=row.at,
            values=tuple(
                (k, row.before.get(k), row.after[k]) for k in sorted(row.after)
            ),
            is_return=row.reverts_id is not None,
            may_go_back=row.id in newest,
        )
        for row in rows
    )


def get(change_id: int) -> SettingChange:
    """Return the row, inside the open transaction; raises ChangeNotFoundError."""
    row: SettingChange | None = SettingChange.get_or_none(SettingChange.id == change_id)
    if row is None:
        raise ChangeNotFoundError(change_id)
    return row


def get_last(change_id: int) -> SettingChange:
    """Return a change that may go back: the last one of its subject.

    Inside the transaction that holds the subject's row. Raises ChangeNotFoundError and
    ChangedMeanwhileError.
    """
    row = get(change_id)
    if version_of(row.subject) != row.id:
        raise ChangedMeanwhileError(row.subject)
    return row


def note(
    subject: str,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Write into the audit log each value that became another."""
    for name, value in after.items():
        if before.get(name) != value:
            audit.record(
                actor,
                action,
                now=now,
                subject=subject,
                setting=name,
                before=before.get(name),
                after=value,
            )
