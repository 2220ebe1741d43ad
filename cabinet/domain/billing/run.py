"""The states of a bill run (запуск начислений) and the moves between them."""

from collections.abc import Iterator
from enum import StrEnum

from cabinet.domain.money import Money

#: A bill this many times the last one, and so much above it, is worth a look.
_TIMES = 3
_ABOVE = Money(1_000_00)


class RunError(Exception):
    """A run cannot do what is asked of it."""


class RunMoved(RunError):
    """The run is in another state by now."""


class RunState(StrEnum):
    """How far a run is (состояние запуска).

    Preparing computes every bill and keeps the sums alone. What was prepared and issued
    is nobody's to see until it is published; until then a run may be cancelled. One that
    met a missing row is stopped and keeps nothing.
    """

    PREPARING = "preparing"
    PREPARED = "prepared"
    ISSUING = "issuing"
    ISSUED = "issued"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.PREPARING: frozenset(
        {RunState.PREPARED, RunState.STOPPED, RunState.CANCELLED}
    ),
    RunState.PREPARED: frozenset(
        {RunState.ISSUING, RunState.STOPPED, RunState.CANCELLED}
    ),
    RunState.ISSUING: frozenset(
        {RunState.ISSUED, RunState.STOPPED, RunState.CANCELLED}
    ),
    RunState.ISSUED: frozenset({RunState.PUBLISHING, RunState.CANCELLED}),
    RunState.PUBLISHING: frozenset({RunState.PUBLISHED}),
    RunState.PUBLISHED: frozenset(),
    RunState.CANCELLED: frozenset(),
    RunState.STOPPED: frozenset(),
}

#: The states in which a worker has something to do without being asked again.
AT_WORK = frozenset({RunState.PREPARING, RunState.ISSUING, RunState.PUBLISHING})

#: A branch has at most one run of a month in one of these.
OPEN = frozenset(state for state, moves in MOVES.items() if moves)


class Oddity(StrEnum):
    """What makes a bill worth a look before it is published (что необычно)."""

    MUCH_MORE = "much_more"
    NOTHING = "nothing"
    GIVEN_BACK = "given_back"
    BY_NORM = "by_norm"
    UNVERIFIED = "unverified"
    UNCLOSED = "unclosed"
    CHECKED = "checked"
    ORDERED = "ordered"


class Hold(StrEnum):
    """Why an account gets no bill in a run (почему квитанция не выставлена)."""

    NO_NORM = "no_norm"
    REGISTERS = "registers"
    METER = "meter"
    GAP = "gap"
    BY_HAND = "by_hand"


def odd_sums(charged: Money, last: Money | None) -> Iterator[Oddity]:
    """Yield what is odd in a charge beside that of the month before, if there was one."""
    if last is None:
        return
    if charged > last * _TIMES and charged > last + _ABOVE:
        yield Oddity.MUCH_MORE
    if last and not charged:
        yield Oddity.NOTHING
