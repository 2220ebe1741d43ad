"""What the queue of readings under review shows."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState, ReviewKind
from cabinet.domain.period import Month
from cabinet.domain.readings import Likely, Obstacle, Registers
from cabinet.domain.tariff import Zone


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneRow:
    """A register of the reading: what stood before, what was sent."""

    zone: Zone
    number: int
    before: Energy
    now: Energy


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What a specialist decided; it can be taken back until `until`.

    `registers` are those a specialist wrote, `told` how many people hear of it.
    """

    kind: ReviewKind
    by: str
    is_mine: bool
    made_at: datetime
    until: datetime
    may_undo: bool
    words: str
    registers: Registers
    told: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewRow:
    """A reading out of the ordinary with all that a decision rests on.

    `used` is None where a register fell for no reason known, `usual` without a history.
    `months` are the energies of the two years before, the oldest first. `obstacle` is
    why the reading cannot be accepted as it is.
    """

    public_id: UUID
    number: str
    version: int
    state: ReadingState
    account_number: str
    holder: str
    address: str
    phone: str
    branch: str
    clock: ZoneInfo
    meter_serial: str
    digits: int
    period: Month
    zones: tuple[ZoneRow, ...]
    before_on: date
    taken_on: date
    received_at: datetime
    source: ReadingSource
    used: Energy | None
    usual: Energy | None
    months: tuple[Energy | None, ...]
    reason: str
    comment: str
    has_photo: bool
    likely: Likely | None
    obstacle: Obstacle | None
    rolled_over: bool
    decided: Decided | None

    @property
    def is_waiting(self) -> bool:
        """Tell whether a specialist is to decide."""
        return self.state is ReadingState.NEEDS_REVIEW


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewQueue:
    """A page of the queue, how many wait in all, and what one has just decided.

    `decided` are the last ones of the `lately` that can still be taken back;
    `after` is the last of the page where more follow. Where nothing waits, `accepted_at`
    is when the last one was accepted, by the clock of its branch.
    """

    rows: tuple[ReviewRow, ...]
    waiting: int
    decided: tuple[ReviewRow, ...]
    lately: int
    after: UUID | None
    accepted_at: datetime | None
