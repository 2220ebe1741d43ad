"""Two questions of one person as one dialogue, and back."""

from datetime import datetime
from uuid import UUID

from cabinet.domain.questions import QuestionState, move
from cabinet.models import Question
from cabinet.models.base import writing
from cabinet.services.audit import Actor
from cabinet.services.questions import shown
from cabinet.services.questions.desk import Desk, made, of_branch, touch
from cabinet.services.staff import Member


class CannotMergeError(ValueError):
    """The two are not of one person and branch, or one is merged already."""


def merge(
    member: Member, public_id: UUID, other_id: UUID, *, actor: Actor, now: datetime
) -> Desk:
    """Let another question of the same person become a part of this one.

    Raises QuestionNotFoundError and CannotMergeError.
    """
    with writing():
        row = of_branch(member, public_id, locked=True)
        other = of_branch(member, other_id, locked=True)
        has_parts = Question.select().where(Question.merged_into == other.id).exists()
        if not _is_same_person(row, other) or row.merged_into_id or has_parts:
            raise CannotMergeError(other_id)
        if other.state is not QuestionState.CLOSED:
            other.state = move(other.state, QuestionState.CLOSED)
            if row.state is QuestionState.CLOSED:
                row.state = move(row.state, QuestionState.WAITING)
        row.due_on = min(row.due_on, other.due_on)
        other.merged_into = row.id
        touch(other, now)
        touch(row, now)
        shown.note(row, "merged", actor=actor, now=now, other=other.id)
        return made(member, row, now)


def part(
    member: Member, public_id: UUID, other_id: UUID, *, actor: Actor, now: datetime
) -> Desk:
    """Take a merged question out again; it waits for an answer of its own.

    Raises QuestionNotFoundError and CannotMergeError.
    """
    with writing():
        row = of_branch(member, public_id, locked=True)
        other = of_branch(member, other_id, locked=True)
        if other.merged_into_id != row.id:
            raise CannotMergeError(other_id)
        other.merged_into = None
        other.state = move(other.state, QuestionState.WAITING)
        touch(other, now)
        touch(row, now)
        shown.note(row, "parted", actor=actor, now=now, other=other.id)
        return made(member, row, now)


def _is_same_person(row: Question, other: Question) -> bool:
    """Tell whether one person who signed in asked both, at one branch."""
    return bool(
        row.id != other.id
        and row.branch_id == other.branch_id
        and row.user_id is not None
        and row.user_id == other.user_id
    )
