"""Finding a question: by who asked it, or by its number and code."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import fn

from cabinet.domain.period import local_day
from cabinet.domain.questions import QuestionState, Topic
from cabinet.models import Branch, Question, QuestionFile, QuestionMessage, StoredFile
from cabinet.models.base import reading, writing
from cabinet.services import files, limits
from cabinet.services.audit import Actor
from cabinet.services.questions import shown
from cabinet.services.questions.asking import code_hash
from cabinet.services.questions.shown import Dialogue, QuestionNotFoundError

#: Questions on a person's list.
MOST = 50
_MOST_DIGITS = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A question on its owner's list."""

    public_id: UUID
    number: int
    topic: Topic
    state: QuestionState
    created_at: datetime
    due_on: date
    today: date
    beginning: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class File:
    """A file to be saved, piece by piece."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


def list_of(user_id: int, *, now: datetime) -> tuple[Line, ...]:
    """Return the person's questions, the newest first."""
    first = fn.MIN(QuestionMessage.id)
    with reading():
        rows = list(
            Question.select(Question, Branch)
            .join(Branch)
            .where(Question.user == user_id, Question.merged_into.is_null())
            .order_by(Question.id.desc())
            .limit(MOST)
        )
        firsts = (
            QuestionMessage.select(first)
            .where(QuestionMessage.question.in_([row.id for row in rows]))
            .group_by(QuestionMessage.question)
        )
        texts = dict(
            QuestionMessage.select(QuestionMessage.question, QuestionMessage.text)
            .where(QuestionMessage.id.in_(firsts))
            .tuples()
        )
        return tuple(
            Line(
                public_id=row.public_id,
                number=row.id,
                topic=row.topic,
                state=shown.told_state(row, now=now),
                created_at=row.created_at,
                due_on=row.due_on,
                today=local_day(now, ZoneInfo(row.branch.time_zone)),
                beginning=texts.get(row.id, ""),
                zone=ZoneInfo(row.branch.time_zone),
            )
            for row in rows
        )


def mine(user_id: int, public_id: UUID, *, now: datetime) -> Dialogue:
    """Return the person's own dialogue; raises QuestionNotFoundError."""
    with reading():
        row = _own(user_id, public_id)
        return shown.dialogue(row, for_staff=False, now=now)


def id_of_mine(user_id: int, public_id: UUID) -> int:
    """Return the id of the person's own question; raises QuestionNotFoundError."""
    with reading():
        return int(_own(user_id, public_id).id)


def by_code(
    number: str, code: str, *, address: str, actor: Actor, pepper: str, now: datetime
) -> int:
    """Return the id of the question of the number and the code.

    Tries are counted against the number and against the address. Raises
    QuestionNotFoundError, the same for a wrong number and a wrong code, and
    limits.TooManyAttemptsError.
    """
    with writing():
        limits.count(limits.QUESTION_CODE_ADDRESS, address, pepper=pepper, now=now)
        row = None
        if number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS:
            whose = str(int(number))
            limits.count(limits.QUESTION_CODE_DAY, whose, pepper=pepper, now=now)
            row = Question.get_or_none(Question.id == int(number))
        kept = row.code_hash if row is not None else ""
        fits = hmac.compare_digest(kept, code_hash(code, pepper))
        if row is not None and fits:
            limits.give_back(
                limits.QUESTION_CODE_DAY, str(row.id), pepper=pepper, now=now
            )
            shown.note(row, "shown", actor=actor, now=now)
    if row is None or not fits:
        raise QuestionNotFoundError(number)
    return int(row.merged_into_id or row.id)


def shown_of(row_id: int, *, now: datetime) -> Dialogue:
    """Return the dialogue whose asker the caller knows it is."""
    with reading():
        row = Question.get_by_id(row_id)
        return shown.dialogue(row, for_staff=False, now=now)


def file_of(row_id: int, file_id: int, *, for_staff: bool, now: datetime) -> File:
    """Return a file of the dialogue; raises QuestionNotFoundError.

    A specialist's that the customer does not see yet is not there for the customer.
    """
    with reading():
        row = Question.get_by_id(row_id)
        seen = True if for_staff else QuestionMessage.shown_at <= now
        found = (
            QuestionFile.select(QuestionFile.name, StoredFile.media_type, StoredFile.id)
            .join(QuestionMessage)
            .switch(QuestionFile)
            .join(StoredFile)
            .where(
                QuestionFile.id == file_id,
                QuestionMessage.question.in_(shown.parts_of(row)),
                seen,
            )
            .tuples()
            .first()
        )
    if found is None:
        raise QuestionNotFoundError(file_id)
    name, media_type, stored_id = found
    return File(name, media_type, files.pieces_of(stored_id))


def _own(user_id: int, public_id: UUID) -> Question:
    row = shown.find(public_id)
    if row.user_id != user_id:
        raise QuestionNotFoundError(public_id)
    return row if row.merged_into_id is None else row.merged_into
