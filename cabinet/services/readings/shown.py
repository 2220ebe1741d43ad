"""What the pages about sending readings show."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState, ReviewKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.readings import REVIEWS, Answer, Asked, Closed, Registers
from cabinet.domain.tariff import Line, Zone
from cabinet.services.access import AccountCard

#: Numbers of readings begin here, so that the first ones look like the others.
FIRST_NUMBER = 100_000


class Phase(StrEnum):
    """Where a day stands to the window of the month a reading counts in."""

    EARLY = "early"
    OPEN = "open"
    LATE = "late"


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """The month a reading counts in; LATE means that the month before is closed."""

    month: Month
    phase: Phase
    opens_on: date
    closes_on: date
    last_closed_on: date
    days_left: int
    is_correction: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneField:
    """A register to be typed; `last` is None when it is not this customer's to see."""

    zone: Zone
    number: int
    last: Energy | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentReading:
    """What is already taken for the month."""

    public_id: UUID
    number: str
    received_at: datetime
    state: ReadingState
    registers: Registers


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterForm:
    """A meter and what its form asks.

    `last_on` is None when the last reading is not this customer's to see; its source
    is None for the register the meter came with. `closed` tells why there is no form.
    `verified_until` is the end of a verification that is over or soon will be.
    `key` names the state of the meter the form was made from: the same form is the same
    submission.
    """

    public_id: UUID
    serial: str
    model: str
    place: str
    digits: int
    decimals: int
    zones: tuple[ZoneField, ...]
    last_on: date | None
    last_source: ReadingSource | None
    timing: Timing
    closed: Closed | None
    closed_on: date | None
    was_replaced: bool
    verified_until: date | None
    is_verification_over: bool
    current: CurrentReading | None
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterChoice:
    """Another meter of the account that takes readings."""

    public_id: UUID
    serial: str
    place: str
    is_done: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingForm:
    """The form of one meter, and the other meters of the account."""

    account: AccountCard
    meter: MeterForm | None
    others: tuple[MeterChoice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a reading would cost by the rates of its month.

    `charged_before` was billed already for the silent months it also covers.
    """

    lines: tuple[Line, ...]
    charged_before: Money

    @property
    def total(self) -> Money:
        """Return the sum still to be billed."""
        return Money.total(line.amount for line in self.lines) - self.charged_before


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way out of a question, with what it would mean; None is unknown or not told."""

    answer: Answer
    registers: Registers
    used: Energy | None
    estimate: Estimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FewDigits:
    """A register that fell because a digit may be missing: how many and how many before."""

    zone: Zone
    number: int
    typed: int
    before: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A question about a reading, with consumption and sum before anything is saved.

    `last` is None when the last reading is not this customer's to see; then nothing is
    told of its digits either.
    """

    asked: Asked
    last: Registers | None
    used: Energy | None
    estimate: Estimate | None
    ways: tuple[Way, ...]
    few: tuple[FewDigits, ...] = ()

    @property
    def plain_ways(self) -> tuple[Way, ...]:
        """Return the ways out that need no operator."""
        return tuple(way for way in self.ways if way.answer not in REVIEWS)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenZone:
    """A register that was taken."""

    zone: Zone
    number: int
    register: Energy
    last: Energy | None
    used: Energy | None


@dataclass(frozen=True, slots=True)
class Review:
    """What a specialist decided about the reading, and said.

    Of a correction `sent` is what its owner had sent.
    """

    kind: ReviewKind
    made_at: datetime
    words: str
    sent: Registers


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """What was taken, as it was told then, and what became of it.

    `correct_until` is None when a newer reading would count in another month, `used`
    None when consumption is not known yet. `estimate` is None without rates and, with
    `is_sum_hidden`, for who may only send readings. `replaces` is the number of the
    reading that stood before, `replaced_by` the newer one.
    """

    account: AccountCard
    public_id: UUID
    number: str
    meter_id: UUID
    meter_serial: str
    state: ReadingState
    month: Month
    received_at: datetime
    zones: tuple[TakenZone, ...]
    used: Energy | None
    estimate: Estimate | None
    is_sum_hidden: bool
    is_cut: bool
    rolled_over: bool
    correct_until: date | None
    replaces: str | None
    replaced_by: UUID | None
    reason: str
    comment: str
    has_photo: bool
    mailed_to: str | None
    review: Review | None = None


def number_of(reading_id: int) -> str:
    """Return the number of a reading as people say it: «104-228»."""
    thousands, rest = divmod(FIRST_NUMBER + reading_id, 1000)
    return f"{thousands}-{rest:03}"
