"""A dialogue as its two sides see it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.domain.period import local_day
from cabinet.domain.questions import Author, QuestionState, Rating, Topic
from cabinet.models import Question, QuestionFile, QuestionMessage, User
from cabinet.models.base import lock
from cabinet.services import audit
from cabinet.services.audit import Actor


class QuestionNotFoundError(NotFound):
    """There is no such question, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a message; it can be had until its term is over."""

    file_id: int
    name: str
    size: int
    is_kept: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message; `is_fresh` is a specialist's that the customer does not see yet.

    `by` is the specialist's name, for specialists only.
    """

    message_id: int
    author: Author
    by: str
    text: str
    at: datetime
    shown_at: datetime
    is_fresh: bool
    files: tuple[ShownFile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """A question with its messages, the oldest first.

    `state` is what the side it is shown to may know, `today` the day where the branch is. `may_rate` is the customer's: there
    is an answer, and it was not rated.
    """

    public_id: UUID
    number: int
    topic: Topic
    state: QuestionState
    created_at: datetime
    due_on: date
    today: date
    branch: str
    zone: ZoneInfo
    messages: tuple[Message, ...]
    rating: Rating | None
    may_rate: bool
    is_merged: bool


def find(public_id: UUID, *, locked: bool = False) -> Question:
    """Return the row inside the open transaction; raises QuestionNotFoundError."""
    query = Question.select().where(Question.public_id == public_id)
    row = (lock(query) if locked else query).first()
    if row is None:
        raise QuestionNotFoundError(public_id)
    return row


def note(
    row: Question, action: str, *, actor: Actor, now: datetime, **details: object
) -> None:
    """Write down what was done with a question, inside the open transaction."""
    audit.record(
        actor,
        f"question.{action}",
        now=now,
        subject=f"question:{row.id}",
        account_id=row.account_id,
        **details,
    )


def told_state(row: Question, *, now: datetime) -> QuestionState:
    """Return the state as the customer may know it: an answer counts once it is seen."""
    if row.state is QuestionState.ANSWERED and not _has_shown_answer(row, now):
        return QuestionState.WAITING
    return QuestionState(row.state)


def dialogue(row: Question, *, for_staff: bool, now: datetime) -> Dialogue:
    """Return the dialogue inside the open transaction."""
    messages = _messages(row, for_staff=for_staff, now=now)
    state = row.state if for_staff else told_state(row, now=now)
    zone = ZoneInfo(row.branch.time_zone)
    has_answer = any(each.author is Author.STAFF for each in messages)
    return Dialogue(
        public_id=row.public_id,
        number=row.id,
        topic=row.topic,
        state=state,
        created_at=row.created_at,
        due_on=row.due_on,
        today=local_day(now, zone),
        branch=row.branch.name,
        zone=zone,
        messages=messages,
        rating=None if row.rating is None else Rating(row.rating),
        may_rate=has_answer and row.rating is None and not for_staff,
        is_merged=row.merged_into_id is not None,
    )


def parts_of(row: Question) -> list[int]:
    """Return the ids of the questions whose messages stand in the dialogue."""
    merged = Question.select(Question.id).where(Question.merged_into == row.id)
    return [row.id, *(question_id for (question_id,) in merged.tuples())]


def _messages(row: Question, *, for_staff: bool, now: datetime) -> tuple[Message, ...]:
    query = (
        QuestionMessage.select(QuestionMessage, User.name, User.role)
        .left_outer_join(User)
        .where(QuestionMessage.question.in_(parts_of(row)))
        .order_by(QuestionMessage.at, QuestionMessage.id)
    )
    rows = [each for each in query if for_staff or each.shown_at <= now]
    files = _files(each.id for each in rows)
    return tuple(
        Message(
            message_id=each.id,
            author=each.author,
            by=_name(each) if for_staff else "",
            text=each.text,
            at=each.at,
            shown_at=each.shown_at,
            is_fresh=each.shown_at > now,
            files=files[each.id],
        )
        for each in rows
    )


def _name(message: QuestionMessage) -> str:
    """Return the name of the specialist who wrote; a customer's is not needed."""
    user = message.user if message.user_id else None
    return "" if user is None or user.role is Role.CUSTOMER else str(user.name)


def _files(messages: Iterable[int]) -> dict[int, tuple[ShownFile, ...]]:
    found: dict[int, tuple[ShownFile, ...]] = defaultdict(tuple)
    query = (
        QuestionFile.select()
        .where(QuestionFile.message.in_(list(messages)))
        .order_by(QuestionFile.id)
    )
    for row in query:
        found[row.message_id] += (
            ShownFile(row.id, row.name, row.size, row.file_id is not None),
        )
    return found


def _has_shown_answer(row: Question, now: datetime) -> bool:
    return bool(
        QuestionMessage.select()
        .where(
            QuestionMessage.question.in_(parts_of(row)),
            QuestionMessage.author == Author.STAFF,
            QuestionMessage.shown_at <= now,
        )
        .exists()
    )
