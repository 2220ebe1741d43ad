"""What a specialist does with a question: answer, take back, hand over, close."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cabinet.domain.people import NoteKind
from cabinet.domain.questions import UNDO, Author, QuestionState, due_on, move
from cabinet.models import Question, QuestionFile, QuestionMessage, StoredFile
from cabinet.models.base import writing
from cabinet.services import home_notes, outbox
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.questions import shown
from cabinet.services.questions.asking import Content, keep_files
from cabinet.services.questions.desk import (
    ChangedMeanwhileError,
    Desk,
    check,
    colleagues_of,
    made,
    of_branch,
    today_of,
    touch,
)
from cabinet.services.questions.shown import QuestionNotFoundError
from cabinet.services.staff import Member


@dataclass(frozen=True, slots=True)
class Links:
    """Where a letter leads: whoever signed in to the dialogue, others to its code."""

    own: str
    by_code: str


def answer(
    member: Member,
    public_id: UUID,
    version: int,
    text: str,
    sent: Sequence[Content] = (),
    *,
    key: str,
    links: Links,
    actor: Actor,
    now: datetime,
) -> Desk:
    """Write the answer; the customer sees it, and is written to, ten minutes later.

    The same key again is the same answer. Raises QuestionNotFoundError and
    ChangedMeanwhileError.
    """
    with writing():
        row = of_branch(member, public_id, locked=True)
        if not QuestionMessage.select().where(QuestionMessage.key == key).exists():
            check(row, version)
            row.state = move(row.state, QuestionState.ANSWERED)
            row.keeper = row.keeper_id or member.user_id
            touch(row, now)
            message = QuestionMessage.create(
                question=row.id,
                key=key,
                author=Author.STAFF,
                user=member.user_id,
                text=text,
                at=now,
                shown_at=now + UNDO,
            )
            keep_files(message, sent, owner_id=None, now=now)
            shown.note(row, "answered", actor=actor, now=now, files=len(sent))
            _tell(row, message, links)
        return made(member, row, now)


def undo(
    member: Member, public_id: UUID, message_id: int, *, actor: Actor, now: datetime
) -> Desk:
    """Take an answer back while the customer has not seen it.

    Raises QuestionNotFoundError, and ChangedMeanwhileError when it is too late.
    """
    with writing():
        row = of_branch(member, public_id, locked=True)
        message = QuestionMessage.get_or_none(
            QuestionMessage.id == message_id,
            QuestionMessage.question.in_(shown.parts_of(row)),
            QuestionMessage.author == Author.STAFF,
            QuestionMessage.shown_at > now,
        )
        if message is None:
            raise ChangedMeanwhileError(message_id)
        outbox.take_back(_mail_key(message.id))
        home_notes.take_back(_mail_key(message.id))
        kept = [
            file_id
            for (file_id,) in QuestionFile.select(QuestionFile.file)
            .where(QuestionFile.message == message.id, QuestionFile.file.is_null(False))
            .tuples()
        ]
        message.delete_instance(recursive=True)
        StoredFile.delete().where(StoredFile.id.in_(kept)).execute()
        if row.state is QuestionState.ANSWERED and not _ends_with_an_answer(row):
            row.state = move(row.state, QuestionState.WAITING)
        touch(row, now)
        shown.note(row, "answer_undone", actor=actor, now=now)
        return made(member, row, now)


def hand_over(
    member: Member,
    public_id: UUID,
    keeper_id: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> Desk:
    """Let a colleague of the branch, or nobody, have it; raises QuestionNotFoundError."""
    with writing():
        row = of_branch(member, public_id, locked=True)
        known = {each.user_id for each in colleagues_of(row)}
        if keeper_id is not None and keeper_id not in known:
            raise QuestionNotFoundError(keeper_id)
        row.keeper = keeper_id
        row.save()
        shown.note(row, "handed", actor=actor, now=now, keeper=keeper_id)
        return made(member, row, now)


def close(
    member: Member, public_id: UUID, version: int, *, actor: Actor, now: datetime
) -> Desk:
    """Close a dialogue that needs no answer.

    Raises QuestionNotFoundError and ChangedMeanwhileError.
    """
    return _settle(
        member, public_id, version, QuestionState.CLOSED, actor=actor, now=now
    )


def reopen(
    member: Member, public_id: UUID, version: int, *, actor: Actor, now: datetime
) -> Desk:
    """Let a closed dialogue wait again.

    Raises QuestionNotFoundError and ChangedMeanwhileError.
    """
    return _settle(
        member, public_id, version, QuestionState.WAITING, actor=actor, now=now
    )


def _settle(
    member: Member,
    public_id: UUID,
    version: int,
    state: QuestionState,
    *,
    actor: Actor,
    now: datetime,
) -> Desk:
    with writing():
        row = of_branch(member, public_id, locked=True)
        if row.state is not state:
            check(row, version)
            row.state = move(row.state, state)
            if state is QuestionState.WAITING:
                row.due_on = due_on(today_of(row, now), working_calendar())
            touch(row, now)
            shown.note(row, f"set_{state}", actor=actor, now=now)
        return made(member, row, now)


def _ends_with_an_answer(row: Question) -> bool:
    """Tell whether the last word is a specialist's: the customer waits for none."""
    last = (
        QuestionMessage.select(QuestionMessage.author)
        .where(QuestionMessage.question.in_(shown.parts_of(row)))
        .order_by(QuestionMessage.at.desc(), QuestionMessage.id.desc())
        .scalar()
    )
    return last is Author.STAFF


def _tell(row: Question, message: QuestionMessage, links: Links) -> None:
    """Tell who asked once the answer can no longer be taken back."""
    home_notes.put(
        NoteKind.QUESTION_ANSWERED,
        key=_mail_key(message.id),
        user_id=row.user_id,
        context={"number": row.id, "question": str(row.public_id)},
        not_before=message.shown_at,
        now=message.at,
    )
    recipient = row.user.email if row.user_id else row.email
    if not recipient:
        return
    outbox.put(
        "question_answered",
        key=_mail_key(message.id),
        recipient=recipient,
        user_id=row.user_id,
        context={
            "number": row.id,
            "link": links.own if row.user_id else links.by_code,
        },
        not_before=message.shown_at,
        now=message.at,
    )


def _mail_key(message_id: int) -> str:
    return f"question-answer:{message_id}"
