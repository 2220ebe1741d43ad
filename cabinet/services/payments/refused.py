"""Moves that the table of states does not have: each leaves a trace, and none is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from cabinet.domain.errors import IllegalMoveError
from cabinet.models.base import writing
from cabinet.services import audit
from cabinet.services.audit import SYSTEM, Actor


@contextmanager
def refused_moves_noted(
    subject: str, *, now: datetime, actor: Actor = SYSTEM
) -> Iterator[None]:
    """Write down a refused move of what is done inside, and raise it on.

    It stands outside the transaction of the act, which is undone by then: the entry has
    a transaction of its own. The `subject` is that of the act, "payment:" and its id.
    """
    try:
        yield
    except IllegalMoveError as error:
        with writing():
            audit.record(
                actor,
                "payment.refused_move",
                now=now,
                subject=subject,
                before=str(error.before),
                event=str(error.after),
            )
        raise
