"""The words of metering: states of a meter and of a reading, and its sources."""

from enum import StrEnum


class MeterStatus(StrEnum):
    """Whether a meter counts (состояние прибора учёта)."""

    ACTIVE = "active"
    UNDER_CHECK = "under_check"
    AUTOMATED = "automated"
    REMOVED = "removed"


class ReadingState(StrEnum):
    """What became of a reading (состояние показания)."""

    SUBMITTED = "submitted"
    NEEDS_REVIEW = "needs_review"
    ACCEPTED = "accepted"
    COUNTED = "counted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


#: At most one reading of a meter and a period is in one of these.
CURRENT = frozenset(
    {
        ReadingState.SUBMITTED,
        ReadingState.NEEDS_REVIEW,
        ReadingState.ACCEPTED,
        ReadingState.COUNTED,
    }
)

#: A difference starts from a reading in one of these.
BASE = CURRENT - {ReadingState.NEEDS_REVIEW}

#: Taking back an import, or what a specialist entered, goes beside it: what it brought is
#: withdrawn, whatever its state, and what that had replaced stands again. So does taking
#: a specialist's decision back: the reading waits for one again.
MOVES: dict[ReadingState, frozenset[ReadingState]] = {
    ReadingState.SUBMITTED: frozenset(
        {
            ReadingState.ACCEPTED,
            ReadingState.COUNTED,
            ReadingState.REJECTED,
            ReadingState.SUPERSEDED,
            ReadingState.WITHDRAWN,
        }
    ),
    ReadingState.NEEDS_REVIEW: frozenset(
        {
            ReadingState.ACCEPTED,
            ReadingState.REJECTED,
            ReadingState.SUPERSEDED,
            ReadingState.WITHDRAWN,
        }
    ),
    ReadingState.ACCEPTED: frozenset({ReadingState.COUNTED, ReadingState.SUPERSEDED}),
    ReadingState.COUNTED: frozenset({ReadingState.SUPERSEDED}),
    ReadingState.REJECTED: frozenset(),
    ReadingState.SUPERSEDED: frozenset(),
    ReadingState.WITHDRAWN: frozenset(),
}


class ReadingSource(StrEnum):
    """Where a reading came from (источник показания)."""

    CABINET = "cabinet"
    GUEST = "guest"
    PROGRAM = "program"
    PHONE = "phone"
    PAPER = "paper"
    CASH_DESK = "cash_desk"
    INSPECTOR = "inspector"
    ACT = "act"
    STAFF = "staff"
    ESTIMATE = "estimate"


class ReviewKind(StrEnum):
    """What a specialist decided about a reading (решение по показанию)."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    RETURNED = "returned"
