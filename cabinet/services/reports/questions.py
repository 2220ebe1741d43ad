"""Questions by topic, and how long answers took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import JOIN, fn

from cabinet.domain.due import WorkingCalendar
from cabinet.domain.period import local_day
from cabinet.domain.questions import Author, QuestionState, Topic, due_on
from cabinet.domain.reports import Waits, percent
from cabinet.models import Question, QuestionMessage
from cabinet.models.base import reading
from cabinet.services.dated_rules import working_calendar
from cabinet.services.reports.scope import Scope, scope_of
from cabinet.services.staff import Member

#: The days of a report that names none.
DAYS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: when it was asked, by when an answer was due, when the first came."""

    topic: Topic
    asked_at: datetime
    due_on: date
    answered_at: datetime | None
    zone: ZoneInfo
    is_closed: bool

    def is_in_time(self, now: datetime) -> bool | None:
        """Tell whether the answer kept to its day; None where that is still open.

        What was closed without an answer needed none.
        """
        if self.answered_at is not None:
            return local_day(self.answered_at, self.zone) <= self.due_on
        if self.is_closed or local_day(now, self.zone) <= self.due_on:
            return None
        return False


@dataclass(frozen=True, slots=True)
class TopicAnswers:
    """The questions of a topic; without `topic` all of them."""

    topic: Topic | None
    count: int
    waiting: int
    waits: Waits | None
    in_time: int | None

    @classmethod
    def of(
        cls, topic: Topic | None, questions: Iterable[Asked], now: datetime
    ) -> "TopicAnswers":
        """Return the figures of the questions."""
        found = list(questions)
        judged = [
            is_kept for each in found if (is_kept := each.is_in_time(now)) is not None
        ]
        return cls(
            topic=topic,
            count=len(found),
            waiting=sum(
                each.answered_at is None and not each.is_closed for each in found
            ),
            waits=Waits.of(
                [
                    each.answered_at - each.asked_at
                    for each in found
                    if each.answered_at is not None
                ]
            ),
            in_time=percent(sum(judged), len(judged)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The questions asked in the days, by topic, the most frequent first."""

    scope: Scope
    first: date
    last: date
    topics: tuple[TopicAnswers, ...]
    all: TopicAnswers


def answers_of(
    member: Member, code: str, first: date | None, last: date | None, *, now: datetime
) -> Answers:
    """Return the questions asked from the first day to the last, a month's without days.

    Raises OfficeNotFoundError.
    """
    with reading():
        scope = scope_of(member, code)
        today = scope.today(now)
        last = last or max(today, first or today)
        first = first or last - timedelta(days=DAYS - 1)
        found = asked_between(scope, first, last, now)
    topics = [
        TopicAnswers.of(topic, (each for each in found if each.topic is topic), now)
        for topic in Topic
    ]
    topics.sort(key=lambda each: -each.count)
    return Answers(
        scope=scope,
        first=first,
        last=last,
        topics=tuple(each for each in topics if each.count),
        all=TopicAnswers.of(None, found, now),
    )


def asked_between(
    scope: Scope, first: date, last: date, now: datetime
) -> tuple[Asked, ...]:
    """Return the questions of the days inside the open transaction.

    What is part of another question is not counted twice. An answer counts from when
    the customer sees it.
    """
    answer = (QuestionMessage.question == Question.id) & (
        QuestionMessage.author == Author.STAFF
    )
    query = (
        Question.select(
            Question.branch,
            Question.topic,
            Question.created_at,
            Question.state,
            fn.MIN(QuestionMessage.shown_at),
        )
        .join(QuestionMessage, JOIN.LEFT_OUTER, on=answer)
        .where(
            Question.merged_into.is_null(),
            scope.within(Question.created_at, first, last, Question.branch),
        )
        .group_by(Question.id)
        .order_by(Question.id)
    )
    calendar = working_calendar()
    zones = {each.branch_id: each.zone for each in scope.chosen}
    return tuple(_asked(row, zones[row[0]], calendar, now) for row in query.tuples())


def _asked(
    row: tuple[int, Topic, datetime, QuestionState, datetime | None],
    zone: ZoneInfo,
    calendar: WorkingCalendar,
    now: datetime,
) -> Asked:
    _branch, topic, asked_at, state, answered_at = row
    return Asked(
        topic=topic,
        asked_at=asked_at,
        due_on=due_on(local_day(asked_at, zone), calendar),
        # What may still be taken back is no answer yet.
        answered_at=answered_at if answered_at and answered_at <= now else None,
        zone=zone,
        is_closed=state is QuestionState.CLOSED,
    )
