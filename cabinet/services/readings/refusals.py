"""Why a reading was not taken, each with what the page needs to say."""

from cabinet.domain.errors import NotFound
from cabinet.domain.period import Month
from cabinet.domain.readings import Closed
from cabinet.services.readings.shown import Preview


class MeterNotFoundError(NotFound):
    """The meter is not of this account."""


class ReadingNotFoundError(NotFound):
    """The reading is nobody's, somebody else's, or older than the access."""


class MeterClosedError(ValueError):
    """The meter takes no readings from its owner."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(closed)
        self.closed = closed


class MonthChangedError(ValueError):
    """The form was made for one month, and the reading would count in another."""

    def __init__(self, said: Month, now: Month) -> None:
        super().__init__(f"{now} instead of {said}")
        self.said = said
        self.now = now


class AlreadySentError(ValueError):
    """A reading stands that its owner or the office sent; others do not replace it."""

    def __init__(self, month: Month) -> None:
        super().__init__(month)
        self.month = month


class ReadingAskedError(ValueError):
    """The reading raises a question; nothing was taken."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview.asked.question)
        self.preview = preview


class ProofMissingError(ReadingAskedError):
    """A reading above what the wires carry came without a photo or an explanation."""
