"""The customer's side: to ask, to write more, to say how convenient it was."""

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cabinet.domain.period import local_day
from cabinet.domain.questions import (
    Author,
    QuestionState,
    Rating,
    Topic,
    due_on,
    move,
)
from cabinet.models import Branch, Question, QuestionFile, QuestionMessage
from cabinet.models.base import lock, writing
from cabinet.models.keyed import keyed
from cabinet.services import access, files, limits, outbox
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.questions import shown
from cabinet.services.questions.shown import Dialogue, QuestionNotFoundError

MAX_TEXT = 4000
MAX_WORDS = 500
CODE_DIGITS = 8
PURPOSE = "question"


class BranchNotFoundError(LookupError):
    """There is no branch of this code."""


class AlreadyRatedError(ValueError):
    """The answers were rated, or there are none yet."""


class Content(files.Content, Protocol):
    """A file to be kept with a message."""

    @property
    def name(self) -> str:
        """Return the name it is kept under."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A question as it was typed.

    `user_id` and `account_id` are of who signed in; of others `email` may be empty and
    `claimed_account` is not checked. `link` leads to where number and code are asked.
    """

    key: str
    topic: Topic
    text: str
    files: Sequence[Content] = ()
    branch: str = ""
    user_id: int | None = None
    account_id: int | None = None
    email: str = ""
    claimed_account: str = ""
    address: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class _Office:
    """Where a question goes that names no account."""

    branch_id: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was written down, and the code that shows it without sign-in."""

    public_id: uuid.UUID
    number: int
    code: str


@keyed
def ask(wish: Wish, *, actor: Actor, pepper: str, now: datetime) -> Asked:
    """Write a question down, once for its key; the same key again is the same question.

    Raises AccountNotFoundError for an account the person does not see,
    BranchNotFoundError, and limits.TooManyAttemptsError.
    """
    code = code_of(wish.key, pepper)
    with writing():
        known = Question.get_or_none(Question.key == wish.key)
        if known is not None:
            if known.user_id != wish.user_id:
                raise QuestionNotFoundError(wish.key)
            return Asked(known.public_id, known.id, code)
        branch = _branch_of(wish, now=now)
        _count(wish, pepper=pepper, now=now)
        day = local_day(now, branch.zone)
        row = Question.create(
            public_id=uuid.uuid4(),
            key=wish.key,
            branch=branch.branch_id,
            account=wish.account_id,
            user=wish.user_id,
            claimed_account=wish.claimed_account,
            email=wish.email,
            code_hash=code_hash(code, pepper),
            topic=wish.topic,
            created_at=now,
            changed_at=now,
            due_on=due_on(day, working_calendar()),
        )
        _write(row, wish.key, wish.text, wish.files, user_id=wish.user_id, now=now)
        shown.note(
            row,
            "asked",
            actor=actor,
            now=now,
            topic=str(wish.topic),
            files=len(wish.files),
        )
        _acknowledge(row, wish, code, pepper=pepper, now=now)
    return Asked(row.public_id, row.id, code)


def write(
    row_id: int,
    text: str,
    sent: Sequence[Content],
    *,
    key: str,
    user_id: int | None,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> Dialogue:
    """Add a message of the customer and let a specialist answer again.

    The caller has found the question to be the customer's. Raises
    limits.TooManyAttemptsError.
    """
    with writing():
        row = lock(Question.select().where(Question.id == row_id)).get()
        add(
            row,
            text,
            sent,
            key=key,
            user_id=user_id,
            actor=actor,
            pepper=pepper,
            now=now,
        )
        return shown.dialogue(row, for_staff=False, now=now)


def add(
    row: Question,
    text: str,
    sent: Sequence[Content],
    *,
    key: str,
    user_id: int | None,
    actor: Actor,
    pepper: str,
    now: datetime,
    **details: object,
) -> bool:
    """Add a message of the customer inside the open transaction; False if it is there.

    The row is locked. Raises limits.TooManyAttemptsError.
    """
    if QuestionMessage.select().where(QuestionMessage.key == key).exists():
        return False
    who = _whose(row)
    limits.count(limits.QUESTION_DAY, who, pepper=pepper, now=now)
    _count_files(user_id, len(sent), who, pepper=pepper, now=now)
    _write(row, key, text, sent, user_id=user_id, now=now)
    _wait_again(row, now)
    shown.note(row, "written", actor=actor, now=now, files=len(sent), **details)
    return True


def rate(
    row_id: int, rating: Rating, words: str, *, actor: Actor, now: datetime
) -> Dialogue:
    """Note how convenient it was, once; raises AlreadyRatedError."""
    with writing():
        row = lock(Question.select().where(Question.id == row_id)).get()
        if not shown.dialogue(row, for_staff=False, now=now).may_rate:
            raise AlreadyRatedError(row_id)
        row.rating, row.rating_words, row.rated_at = int(rating), words, now
        row.save()
        shown.note(row, "rated", actor=actor, now=now, rating=int(rating))
        return shown.dialogue(row, for_staff=False, now=now)


def code_of(key: str, pepper: str) -> str:
    """Return the code of a question: the same each time its form is sent."""
    made = hmac.new(pepper.encode(), f"question:{key}".encode(), hashlib.sha256)
    return f"{int(made.hexdigest(), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def code_hash(code: str, pepper: str) -> str:
    """Return what is kept of a code."""
    made = hmac.new(pepper.encode(), f"question-code:{code}".encode(), hashlib.sha256)
    return made.hexdigest()


def _branch_of(wish: Wish, *, now: datetime) -> access.AccountCard | _Office:
    """Return the branch the question goes to: the account's, else the one chosen."""
    if wish.user_id is not None and wish.account_id is not None:
        return access.get_access(wish.user_id, wish.account_id, now=now)
    branch = Branch.get_or_none(Branch.code == wish.branch)
    if branch is None:
        raise BranchNotFoundError(wish.branch)
    return _Office(branch.id, ZoneInfo(branch.time_zone))


def _count(wish: Wish, *, pepper: str, now: datetime) -> None:
    if wish.user_id is None:
        limits.count(limits.QUESTION_ADDRESS, wish.address, pepper=pepper, now=now)
        who = f"mail:{wish.email}" if wish.email else f"address:{wish.address}"
    else:
        who = f"user:{wish.user_id}"
    limits.count(limits.QUESTION_DAY, who, pepper=pepper, now=now)
    _count_files(wish.user_id, len(wish.files), who, pepper=pepper, now=now)


def _count_files(
    user_id: int | None, count: int, who: str, *, pepper: str, now: datetime
) -> None:
    for _ in range(count):
        limits.count(limits.UPLOAD_DAY, who, pepper=pepper, now=now)
    if user_id is not None and count:
        free_at = files.full_until(user_id, limits.UPLOAD_BYTES)
        if free_at is not None:
            raise limits.TooManyAttemptsError(limits.UPLOAD_DAY, who, free_at)


def _whose(row: Question) -> str:
    return f"user:{row.user_id}" if row.user_id else f"question:{row.id}"


def _write(
    row: Question,
    key: str,
    text: str,
    sent: Sequence[Content],
    *,
    user_id: int | None,
    now: datetime,
) -> None:
    message = QuestionMessage.create(
        question=row.id,
        key=key,
        author=Author.CUSTOMER,
        user=user_id,
        text=text,
        at=now,
        shown_at=now,
    )
    keep_files(message, sent, owner_id=user_id, now=now)


def keep_files(
    message: QuestionMessage,
    sent: Sequence[Content],
    *,
    owner_id: int | None,
    now: datetime,
) -> None:
    """Keep the files of a message inside the open transaction."""
    for each in sent:
        kept = files.store(
            each, purpose=PURPOSE, owner_id=owner_id, name=each.name, now=now
        )
        QuestionFile.create(
            message=message.id, file=kept.id, name=each.name, size=kept.size
        )


def _wait_again(row: Question, now: datetime) -> None:
    """Make it the specialists' turn; what waits already keeps its day."""
    if row.state is not QuestionState.WAITING:
        row.state = move(row.state, QuestionState.WAITING)
        day = local_day(now, ZoneInfo(row.branch.time_zone))
        row.due_on = due_on(day, working_calendar())
    row.changed_at = now
    row.version += 1
    row.save()


def _acknowledge(
    row: Question, wish: Wish, code: str, *, pepper: str, now: datetime
) -> None:
    """Send the number and the code to who said an address; a few letters a day."""
    if not wish.email or not limits.fits(
        limits.QUESTION_MAIL_DAY, wish.email, pepper=pepper, now=now
    ):
        return
    outbox.put(
        "question_taken",
        key=f"question:{row.id}",
        recipient=wish.email,
        user_id=wish.user_id,
        context={
            "number": row.id,
            "code": code,
            "due_on": row.due_on.isoformat(),
            "link": wish.link,
        },
        is_secret=True,
        now=now,
    )
