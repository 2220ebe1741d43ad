"""Answers people send from their mail program: they land in the dialogue.

A letter of ours carries its number and a keyed mark in its Message-ID, and a mail program
names it in its answer. Who knows the mark has read the letter; the address must be the
one it was sent to as well. All else is left where it lies, for people to look at.
"""

import re
from datetime import datetime
from enum import StrEnum

from cabinet.exchange.attachment import (
    MOST_FILES,
    MOST_TOGETHER,
    Attachment,
    NotAnAttachmentError,
    clean_attachment,
)
from cabinet.exchange.replies import Enclosure, Reply
from cabinet.models import OutboxMessage, Question, QuestionMessage, User
from cabinet.models.base import lock, writing
from cabinet.services import audit, bounces, limits, outbox
from cabinet.services.audit import Actor
from cabinet.services.questions import asking

#: Letters that may be answered, by what their rows in the outbox are called.
_KEY = re.compile(r"(question|question-answer|question-reply):([0-9]{1,18})(:.*)?")
_NAMED = 60


class Outcome(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    IN_PART = "in part"
    KNOWN = "known"
    AUTOMATIC = "automatic"
    NOT_OURS = "not ours"
    REFUSED = "refused"
    LATER = "later"


def take_reply(reply: Reply, *, pepper: str, now: datetime) -> Outcome:
    """Write the message into its dialogue, once.

    NOT_OURS answers no letter of a dialogue, or comes from another address than that
    letter went to. REFUSED has no words, or too many: its sender is told. IN_PART lost
    files, its sender is told which. LATER came after too many others of the day.
    """
    if reply.is_automatic:
        return Outcome.AUTOMATIC
    kept, lost = _cleaned(reply.files)
    try:
        with writing():
            row = _question_of(reply, pepper)
            if row is None:
                return Outcome.NOT_OURS
            why = _fault(reply)
            if why:
                is_told = _tell(row, reply, why, (), now=now)
                return Outcome.REFUSED if is_told else Outcome.KNOWN
            is_new = asking.add(
                row,
                reply.text,
                kept,
                key=f"mail:{reply.mark[:48]}",
                user_id=row.user_id,
                actor=Actor(row.user_id) if row.user_id else audit.SYSTEM,
                pepper=pepper,
                now=now,
                by="mail",
            )
            if is_new and lost:
                _tell(row, reply, "files", lost, now=now)
    except limits.TooManyAttemptsError:
        return Outcome.LATER
    if not is_new:
        return Outcome.KNOWN
    return Outcome.IN_PART if lost else Outcome.TAKEN


def _fault(reply: Reply) -> str:
    if not reply.text.strip() and not reply.files:
        return "empty"
    return "long" if len(reply.text) > asking.MAX_TEXT else ""


def _question_of(reply: Reply, pepper: str) -> Question | None:
    """Return the dialogue whose letter is answered from where that letter was sent."""
    for letter_id in reply.answers:
        number = bounces.number_of(letter_id, pepper=pepper)
        letter = OutboxMessage.get_or_none(OutboxMessage.id == number)
        found = letter and _KEY.fullmatch(letter.key)
        if letter is None or not found or letter.recipient.casefold() != reply.sender:
            continue
        row = _row_of(found[1], int(found[2]))
        if row is not None and _is_still_theirs(row, reply.sender):
            return lock(Question.select().where(Question.id == row.id)).get()
    return None


def _row_of(kind: str, number: int) -> Question | None:
    if kind == "question-answer":
        message = QuestionMessage.get_or_none(QuestionMessage.id == number)
        row = message and message.question
    else:
        row = Question.get_or_none(Question.id == number)
    if row is not None and row.merged_into_id is not None:
        row = row.merged_into
    return row or None


def _is_still_theirs(row: Question, sender: str) -> bool:
    """Tell whether the address is that of who asked: it may have changed since."""
    if row.user_id is None:
        return bool(row.email.casefold() == sender)
    user = User.get_by_id(row.user_id)
    return bool((user.email or "").casefold() == sender)


def _cleaned(
    sent: tuple[Enclosure, ...],
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Return the files made safe, and the names of those that are not taken."""
    kept: list[Attachment] = []
    lost: list[str] = []
    room = MOST_TOGETHER
    for each in sent:
        try:
            made = clean_attachment(each.name, each.data)
        except NotAnAttachmentError:
            lost.append(each.name[:_NAMED])
            continue
        if len(kept) == MOST_FILES or len(made.body) > room:
            lost.append(each.name[:_NAMED])
            continue
        room -= len(made.body)
        kept.append(made)
    return tuple(kept), tuple(lost)


def _tell(
    row: Question, reply: Reply, why: str, lost: tuple[str, ...], *, now: datetime
) -> bool:
    """Answer who wrote what could not be taken as it is, once for the message."""
    return outbox.put(
        "question_not_taken",
        key=f"question-reply:{row.id}:{reply.mark[:32]}",
        recipient=reply.sender,
        user_id=row.user_id,
        context={"number": row.id, "why": why, "lost": list(lost)},
        now=now,
    )
