"""One dialogue as a specialist works on it, and what every change of it begins with."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.people import Role
from cabinet.domain.period import local_day
from cabinet.domain.questions import (
    Author,
    QuestionState,
    Topic,
    Urgency,
    urgency,
)
from cabinet.models import Question, StaffBranch, User
from cabinet.models.base import writing
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.questions import shown
from cabinet.services.questions.shown import Dialogue, QuestionNotFoundError
from cabinet.services.staff import Member, branches_of

#: Other questions of the person that are offered for merging.
_MOST_OTHERS = 10


class ChangedMeanwhileError(ValueError):
    """Somebody wrote in the dialogue, or decided on it, since the page was made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """Somebody a question may be handed to."""

    user_id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Another question of the same person, which may be merged."""

    public_id: UUID
    number: int
    topic: Topic
    state: QuestionState


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A dialogue as a specialist works on it.

    `undo_until` is how long the last answer can be taken back by who gave it. `following`
    is what waits next, once this one does not.
    """

    dialogue: Dialogue
    version: int
    urgency: Urgency
    account_number: str
    claimed_account: str
    holder: str
    email: str
    is_signed_in: bool
    keeper_id: int | None
    colleagues: tuple[Colleague, ...]
    others: tuple[Other, ...]
    merged: tuple[Other, ...]
    undo_until: datetime | None
    following: Other | None


def desk(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> Desk:
    """Return one dialogue, and note who looked; raises QuestionNotFoundError."""
    with writing():
        row = of_branch(member, public_id)
        shown.note(row, "opened", actor=actor, now=now)
        return made(member, row, now)


def of_branch(member: Member, public_id: UUID, *, locked: bool = False) -> Question:
    """Return a question of the branches; raises QuestionNotFoundError."""
    row = shown.find(public_id, locked=locked)
    known = {branch_id for (branch_id,) in branches_of(member).tuples()}
    if row.branch_id not in known:
        raise QuestionNotFoundError(public_id)
    return row


def check(row: Question, version: int) -> None:
    """Raise ChangedMeanwhileError unless the row is as the page showed it."""
    if row.version != version or row.merged_into_id:
        raise ChangedMeanwhileError(row.public_id)


def touch(row: Question, now: datetime) -> None:
    """Save the row as changed."""
    row.changed_at = now
    row.version += 1
    row.save()


def today_of(row: Question, now: datetime) -> date:
    """Return the day it is where the branch is."""
    return local_day(now, ZoneInfo(row.branch.time_zone))


def made(member: Member, row: Question, now: datetime) -> Desk:
    """Return the dialogue as it is, inside the open transaction."""
    dialogue = shown.dialogue(row, for_staff=True, now=now)
    fresh = [
        each.shown_at
        for each in dialogue.messages
        if each.author is Author.STAFF and each.is_fresh
    ]
    account = row.account if row.account_id else None
    return Desk(
        dialogue=dialogue,
        version=row.version,
        urgency=urgency(row.due_on, today_of(row, now), working_calendar()),
        account_number=account.number if account else "",
        claimed_account=row.claimed_account,
        holder=account.holder if account else "",
        email=row.email,
        is_signed_in=row.user_id is not None,
        keeper_id=row.keeper_id,
        colleagues=colleagues_of(row),
        others=_others(member, row),
        merged=_merged(row),
        undo_until=max(fresh, default=None),
        following=_following(member, row),
    )


def _following(member: Member, row: Question) -> Other | None:
    """Return the most urgent of what waits in the branches, unless this one does."""
    if row.state is QuestionState.WAITING:
        return None
    found = (
        Question.select()
        .where(
            Question.state == QuestionState.WAITING,
            Question.branch.in_(branches_of(member)),
        )
        .order_by(Question.due_on, Question.changed_at, Question.id)
        .first()
    )
    return found and _other(found)


def colleagues_of(row: Question) -> tuple[Colleague, ...]:
    """Return who may have a question of the branch."""
    query = (
        User.select(User.id, User.name)
        .left_outer_join(StaffBranch)
        .where(
            User.role.in_([Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN]),
            User.disabled_at.is_null(),
            (StaffBranch.branch == row.branch_id) | (User.role == Role.ADMIN),
        )
        .order_by(User.name, User.id)
        .distinct()
    )
    return tuple(Colleague(user_id=each.id, name=each.name) for each in query)


def _others(member: Member, row: Question) -> tuple[Other, ...]:
    """Return other questions of the same person that may become a part of this one.

    An address that somebody only said is nobody's: it makes no two questions one's.
    """
    if row.merged_into_id or row.user_id is None:
        return ()
    query = Question.select().where(
        Question.user == row.user_id,
        Question.id != row.id,
        Question.branch == row.branch_id,
        Question.branch.in_(branches_of(member)),
        Question.merged_into.is_null(),
    )
    return tuple(
        _other(each) for each in query.order_by(Question.id.desc()).limit(_MOST_OTHERS)
    )


def _merged(row: Question) -> tuple[Other, ...]:
    query = Question.select().where(Question.merged_into == row.id)
    return tuple(_other(each) for each in query.order_by(Question.id))


def _other(row: Question) -> Other:
    return Other(
        public_id=row.public_id, number=row.id, topic=row.topic, state=row.state
    )
