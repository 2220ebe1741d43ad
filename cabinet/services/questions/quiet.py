"""Dialogues nobody writes in any more are closed by themselves."""

from datetime import datetime

from cabinet.domain.questions import QUIET, QuestionState, move
from cabinet.models import Question
from cabinet.models.base import lock, writing
from cabinet.services.audit import SYSTEM
from cabinet.services.questions import shown

#: Dialogues of one turn of the worker.
MOST = 100


def close_quiet(*, now: datetime) -> int:
    """Close what was answered two weeks ago and stayed so; return how many."""
    with writing():
        rows = list(
            lock(
                Question.select()
                .where(
                    Question.state == QuestionState.ANSWERED,
                    Question.changed_at <= now - QUIET,
                )
                .order_by(Question.changed_at)
                .limit(MOST)
            )
        )
        for row in rows:
            row.state = move(row.state, QuestionState.CLOSED)
            row.changed_at = now
            row.version += 1
            row.save()
            shown.note(row, "grown_quiet", actor=SYSTEM, now=now)
    return len(rows)
