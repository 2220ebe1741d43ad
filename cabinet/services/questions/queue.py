"""The questions that wait for specialists, the most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from peewee import Query

from cabinet.domain.questions import QuestionState, Topic, Urgency, urgency
from cabinet.models import Account, Branch, Question, QuestionMessage, User
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import working_calendar
from cabinet.services.questions.desk import today_of
from cabinet.services.staff import Member, branches_of

PAGE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A question that waits."""

    public_id: UUID
    number: int
    topic: Topic
    branch: str
    account_number: str
    beginning: str
    asked_at: datetime
    due_on: date
    urgency: Urgency
    keeper: str
    is_mine: bool
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The first of what waits, the most urgent first; counts of all and of one's own."""

    rows: tuple[Row, ...]
    waiting: int
    mine: int


def queue(
    member: Member, *, only_mine: bool = False, actor: Actor, now: datetime
) -> Queue:
    """Return what waits in the branches of the member of staff.

    Whose questions were looked at is noted, an entry an account.
    """
    with writing():
        waits = _waiting(member)
        own = waits.where(Question.keeper == member.user_id)
        calendar = working_calendar()
        chosen = own if only_mine else waits
        rows = list(
            chosen.select_extend(Branch, Account, User)
            .order_by(Question.due_on, Question.changed_at, Question.id)
            .limit(PAGE)
        )
        texts = _newest_words(rows)
        audit.record_each(
            actor,
            "question.listed",
            [row.account_id for row in rows if row.account_id],
            now=now,
        )
        made = tuple(
            Row(
                public_id=row.public_id,
                number=row.id,
                topic=row.topic,
                branch=row.branch.name,
                account_number=row.account.number if row.account_id else "",
                beginning=texts.get(row.id, ""),
                asked_at=row.changed_at,
                due_on=row.due_on,
                urgency=urgency(row.due_on, today_of(row, now), calendar),
                keeper=row.keeper.name if row.keeper_id else "",
                is_mine=row.keeper_id == member.user_id,
                zone=ZoneInfo(row.branch.time_zone),
            )
            for row in rows
        )
        return Queue(
            rows=made,
            waiting=waits.count(),
            mine=own.count(),
        )


def _waiting(member: Member) -> Query:
    return (
        Question.select()
        .join(Branch)
        .switch(Question)
        .left_outer_join(Account)
        .switch(Question)
        .left_outer_join(User, on=Question.keeper)
        .where(
            Question.state == QuestionState.WAITING,
            Question.branch.in_(branches_of(member)),
        )
    )


def _newest_words(rows: Sequence[Question]) -> dict[int, str]:
    """Return the last words of each question; the newer ones come later."""
    query = (
        QuestionMessage.select(QuestionMessage.question, QuestionMessage.text)
        .where(QuestionMessage.question.in_([row.id for row in rows]))
        .order_by(QuestionMessage.at, QuestionMessage.id)
    )
    return dict(query.tuples())
