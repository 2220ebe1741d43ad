"""Why a decision about a reading is not made, or not taken back."""

from enum import StrEnum

from cabinet.domain.errors import NotFound
from cabinet.domain.readings import Asked, Obstacle


class ReviewNotFoundError(NotFound):
    """No reading, or photo of one, is in the branches of the member of staff."""


class AlreadyDecidedError(ValueError):
    """The reading does not wait any more, or not as the specialist saw it."""


class SameRegistersError(ValueError):
    """The correction has the registers that the reading has."""


class CannotStandError(ValueError):
    """The registers cannot stand between their neighbours."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle)
        self.obstacle = obstacle


class CorrectionAskedError(ValueError):
    """The correction raises a question as well; nothing was written."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.question)
        self.asked = asked


class Stays(StrEnum):
    """Why a decision stays (почему решение не отменить)."""

    LATE = "late"
    COUNTED = "counted"
    DRAFTED = "drafted"
    SENT_OUT = "sent_out"
    NEWER = "newer"


class CannotUndoError(ValueError):
    """The decision cannot be taken back any more."""

    def __init__(self, why: Stays) -> None:
        super().__init__(why)
        self.why = why
