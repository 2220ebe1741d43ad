"""Ready answers: texts that specialists answer with (готовые ответы)."""

from dataclasses import dataclass
from datetime import date, datetime

from peewee import Query

from cabinet.domain.announcements import Turn, turn_of
from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import Branch, ReadyAnswer
from cabinet.models.base import reading, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

MAX_TITLE = 120
#: What was ended longer ago is not looked for any more.
MOST_ENDED = 20


class ReadyAnswerNotFoundError(NotFound):
    """There is no such answer, or it is another branch's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A ready answer; `branch` is empty for that of all branches.

    `turn` tells whether its days are to come, on, or over; `starts` is None for one that
    was kept before answers had days.
    """

    answer_id: int
    title: str
    text: str
    branch: str
    starts: date | None
    ends: date | None
    turn: Turn
    may_end: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A ready answer as it was typed; an empty `branch` is all branches."""

    branch: str
    title: str
    text: str
    starts: date
    ends: date | None


def answers_of(member: Member, *, day: date) -> tuple[Ready, ...]:
    """Return what is offered on a day: of all branches and of the member's own."""
    return tuple(one for one in kept_of(member, day=day) if one.turn is Turn.ON)


def kept_of(member: Member, *, day: date) -> tuple[Ready, ...]:
    """Return those whose days are to come or over as well, by title."""
    with reading():
        query = _known(member).order_by(ReadyAnswer.title, ReadyAnswer.id)
        return tuple(_shown(row, member, day) for row in query)


def ended_of(member: Member, *, day: date) -> tuple[Ready, ...]:
    """Return what the member may offer again, what was ended last first."""
    with reading():
        query = _ended(member).order_by(ReadyAnswer.ended_at.desc(), ReadyAnswer.id)
        shown = (_shown(row, member, day) for row in query.limit(MOST_ENDED))
        return tuple(one for one in shown if one.may_end)


def text_of(member: Member, answer_id: int) -> str:
    """Return the text of an answer; raises ReadyAnswerNotFoundError.

    One whose last day has passed meanwhile is given to who saw it offered.
    """
    with reading():
        row = _known(member).where(ReadyAnswer.id == answer_id).first()
    if row is None:
        raise ReadyAnswerNotFoundError(answer_id)
    return str(row.text)


@keyed
def add(member: Member, draft: Draft, *, key: str, actor: Actor, now: datetime) -> None:
    """Keep an answer, once for the key; for all branches an admin only.

    Raises ReadyAnswerNotFoundError for a branch that is not the member's.
    """
    with writing():
        if ReadyAnswer.select().where(ReadyAnswer.key == key).exists():
            return
        office = Branch.get_or_none(
            Branch.code == draft.branch, Branch.id.in_(branches_of(member))
        )
        if office is None and (draft.branch or member.role is not Role.ADMIN):
            raise ReadyAnswerNotFoundError(draft.branch)
        row = ReadyAnswer.create(
            branch=office,
            key=key,
            title=draft.title,
            text=draft.text,
            starts=draft.starts,
            ends=draft.ends,
            created_at=now,
        )
        audit.record(
            actor, "ready_answer.added", now=now, subject=f"ready_answer:{row.id}"
        )


def end(member: Member, answer_id: int, *, actor: Actor, now: datetime) -> None:
    """Offer an answer no more; raises ReadyAnswerNotFoundError.

    What is of all branches only an admin ends.
    """
    with writing():
        row = _known(member).where(ReadyAnswer.id == answer_id).first()
        if row is None or (row.branch_id is None and member.role is not Role.ADMIN):
            raise ReadyAnswerNotFoundError(answer_id)
        row.ended_at = now
        row.save()
        audit.record(
            actor, "ready_answer.ended", now=now, subject=f"ready_answer:{row.id}"
        )


def restore(member: Member, answer_id: int, *, actor: Actor, now: datetime) -> None:
    """Offer an answer again; twice is once. Raises ReadyAnswerNotFoundError."""
    with writing():
        row = _every(member).where(ReadyAnswer.id == answer_id).first()
        if row is None or (row.branch_id is None and member.role is not Role.ADMIN):
            raise ReadyAnswerNotFoundError(answer_id)
        if row.ended_at is None:
            return
        row.ended_at = None
        row.save()
        audit.record(
            actor, "ready_answer.restored", now=now, subject=f"ready_answer:{row.id}"
        )


def _known(member: Member) -> Query:
    return _every(member).where(ReadyAnswer.ended_at.is_null())


def _ended(member: Member) -> Query:
    return _every(member).where(ReadyAnswer.ended_at.is_null(False))


def _every(member: Member) -> Query:
    return ReadyAnswer.select().where(
        ReadyAnswer.branch.is_null() | ReadyAnswer.branch.in_(branches_of(member))
    )


def _shown(row: ReadyAnswer, member: Member, day: date) -> Ready:
    return Ready(
        answer_id=row.id,
        title=row.title,
        text=row.text,
        branch=row.branch.name if row.branch_id else "",
        starts=row.starts,
        ends=row.ends,
        turn=turn_of(row.starts or date.min, row.ends, day),
        may_end=row.branch_id is not None or member.role is Role.ADMIN,
    )
