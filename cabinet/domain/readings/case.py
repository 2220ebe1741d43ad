"""What is known of a meter when a reading comes, what may be asked and answered."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.readings.difference import Dial, Registers, total_of
from cabinet.domain.tariff import Zone

#: Below this much a month nothing is unusual.
FLOOR = Energy(300_000)
#: So many times the usual is unusual.
UNUSUAL_TIMES = 3
#: What 60 A at 230 V carry through one phase, in watts.
PHASE_WATTS = 13_800
HOURS = 24


class Question(StrEnum):
    """What the customer is asked."""

    ZERO = "zero"
    SAME = "same"
    LOWER = "lower"
    IMPOSSIBLE = "impossible"
    UNUSUAL = "unusual"


class Answer(StrEnum):
    """What the customer may answer."""

    ROLLED_OVER = "rolled_over"
    SWAPPED = "swapped"
    TOTAL_TYPED = "total_typed"
    RED_DIGIT = "red_digit"
    IDLE = "idle"
    SAME_IS_RIGHT = "same_is_right"
    UNUSUAL_IS_RIGHT = "unusual_is_right"
    LAST_WAS_WRONG = "last_was_wrong"
    REPLACED = "replaced"
    REVIEW = "review"


#: Answers that mean other registers than the typed ones.
CORRECTIONS = frozenset(
    {Answer.SWAPPED, Answer.TOTAL_TYPED, Answer.RED_DIGIT, Answer.IDLE}
)
#: Answers that send the reading to an operator.
REVIEWS = (Answer.LAST_WAS_WRONG, Answer.REPLACED, Answer.REVIEW)
#: A doubt that is no answer and no question: a bill already took the month.
CORRECTION = "correction"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is known of a meter when a reading of it comes.

    `last` are the registers of the last actual reading, `months` the periods since then
    and `usual` what one of them usually takes (with the ratio), None when unknown.
    `was_replaced` tells that the meter was put in this month instead of another.
    """

    zones: tuple[Zone, ...]
    dial: Dial
    last: Registers
    last_on: date
    taken_on: date
    months: int = 1
    ratio: int = 1
    phases: int = 1
    usual: Energy | None = None
    floor: Energy = FLOOR
    was_replaced: bool = False
    is_correction: bool = False

    @property
    def unusual_above(self) -> Energy:
        """Return the energy above which the customer is asked."""
        times_usual = (self.usual or Energy(0)) * UNUSUAL_TIMES
        return max(times_usual, self.floor * self.ratio) * max(self.months, 1)

    @property
    def impossible_above(self) -> Energy:
        """Return the most that 60 A in every phase could have carried."""
        days = max((self.taken_on - self.last_on).days, 1)
        return Energy(PHASE_WATTS * self.phases * HOURS * days) * self.ratio

    @property
    def plausible_up_to(self) -> Energy:
        """Return the most energy that raises no doubt."""
        return min(self.unusual_above, self.impossible_above)


@dataclass(frozen=True, slots=True)
class Offer:
    """A way out: an answer, what would be taken, and how much was used then."""

    answer: Answer
    registers: Registers
    used: Registers | None = None

    @property
    def total(self) -> Energy | None:
        """Return the energy used in all zones."""
        return None if self.used is None else total_of(self.used)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question; nothing is taken before the answer.

    `zones` are those the question is about, `times` how many times the usual it is.
    """

    question: Question
    zones: tuple[Zone, ...]
    registers: Registers
    used: Registers | None
    offers: tuple[Offer, ...]
    times: int | None = None

    @property
    def total(self) -> Energy | None:
        """Return the energy used in all zones, None when a register fell."""
        return None if self.used is None else total_of(self.used)

    @property
    def needs_proof(self) -> bool:
        """Tell whether an operator wants a photo or an explanation."""
        return self.question is Question.IMPOSSIBLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A reading that is taken, and how; `used` is None when it cannot be told yet.

    `doubt` is why an operator looks at it, empty when nobody does; `needs_proof` tells
    that a photo or an explanation is wanted.
    """

    registers: Registers
    used: Registers | None
    state: ReadingState
    doubt: str = ""
    rolled_over: bool = False
    needs_proof: bool = False

    @property
    def total(self) -> Energy | None:
        """Return the energy used in all zones."""
        return None if self.used is None else total_of(self.used)
