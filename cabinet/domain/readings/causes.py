"""Why a reading is out of the ordinary, and whether it may stand, for who reviews it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from cabinet.domain.energy import Energy
from cabinet.domain.readings.case import Answer, Asked, Case, Question, Taken
from cabinet.domain.readings.checks import check
from cabinet.domain.readings.difference import Registers, consumption, total_of
from cabinet.domain.readings.typed import digits_of

WH = 1000


class Cause(StrEnum):
    """What a reading is probably like that for (вероятная причина)."""

    ROLLED_OVER = "rolled_over"
    SWAPPED = "swapped"
    TOTAL_TYPED = "total_typed"
    EXTRA_DIGIT = "extra_digit"
    MISSING_DIGIT = "missing_digit"
    ZERO_TYPED = "zero_typed"
    REPLACED = "replaced"
    LAST_TOO_HIGH = "last_too_high"
    ESTIMATE_TOO_HIGH = "estimate_too_high"


class Obstacle(StrEnum):
    """Why a reading cannot stand as it is."""

    FELL = "fell"
    FOLLOWED = "followed"


@dataclass(frozen=True, slots=True)
class Likely:
    """A likely cause, and the registers that were probably meant."""

    cause: Cause
    registers: Registers | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What stands beside a reading under review.

    `earlier` is the actual reading before the last, so many months before; `estimate`
    what billing supposed since the last; `following` the actual reading of a later
    month that stands already.
    """

    earlier: Registers | None = None
    earlier_months: int = 1
    estimate: Registers | None = None
    following: Registers | None = None


NOTHING = Around()

_OFFERED = {
    Answer.ROLLED_OVER: Cause.ROLLED_OVER,
    Answer.SWAPPED: Cause.SWAPPED,
    Answer.TOTAL_TYPED: Cause.TOTAL_TYPED,
    Answer.RED_DIGIT: Cause.EXTRA_DIGIT,
    Answer.IDLE: Cause.ZERO_TYPED,
}


def likely_cause(
    case: Case, registers: Registers, reason: str = "", around: Around = NOTHING
) -> Likely | None:
    """Return the likely cause, None when nothing points to one.

    `reason` is why the reading went to review: what the customer says counts where the
    registers say nothing better.
    """
    if case.was_replaced or reason == Answer.REPLACED:
        return Likely(Cause.REPLACED)
    asked = check(case, registers)
    found = _meant(case, asked) if isinstance(asked, Asked) else None
    found = found or _before(case, registers, around)
    if found is None and reason == Answer.LAST_WAS_WRONG:
        return Likely(Cause.LAST_TOO_HIGH)
    return found


def has_rolled_over(case: Case, registers: Registers) -> bool:
    """Tell whether a register fell and has plausibly gone through zero."""
    taken = check(case, registers, {Answer.ROLLED_OVER})
    return isinstance(taken, Taken) and taken.rolled_over


def obstacle(
    case: Case, registers: Registers, around: Around = NOTHING
) -> Obstacle | None:
    """Return why the registers cannot stand between their neighbours, None if they can.

    What stands never falls but through zero: billing would charge the whole dial.
    """
    if _falls(case.last, registers) and not has_rolled_over(case, registers):
        return Obstacle.FELL
    after = around.following
    if after is not None and _falls(registers, after):
        later = replace(case, last=registers)
        if not has_rolled_over(later, after):
            return Obstacle.FOLLOWED
    return None


def _meant(case: Case, asked: Asked) -> Likely | None:
    for offer in asked.offers:
        if offer.answer in _OFFERED:
            is_typed = offer.registers == asked.registers
            return Likely(_OFFERED[offer.answer], None if is_typed else offer.registers)
    if asked.question in {Question.IMPOSSIBLE, Question.UNUSUAL}:
        return _without_a_digit(case, asked.registers)
    return None


def _without_a_digit(case: Case, registers: Registers) -> Likely | None:
    """Return the registers without the digit that is one too many, the likeliest."""
    fitting = [
        way for way in _shorter(registers) if isinstance(check(case, way), Taken)
    ]
    if not fitting:
        return None
    expected = (case.usual or Energy(0)) * max(case.months, 1)

    def how_odd(way: Registers) -> int:
        return abs((total_of(_used(case, way)) - expected).wh)

    return Likely(Cause.EXTRA_DIGIT, min(fitting, key=how_odd))


def _shorter(registers: Registers) -> Iterator[Registers]:
    for number, register in enumerate(registers):
        whole, rest = divmod(register.wh, WH)
        digits = str(whole)
        for place in range(len(digits)):
            less = int(digits[:place] + digits[place + 1 :] or "0") * WH + rest
            yield (*registers[:number], Energy(less), *registers[number + 1 :])


def _before(case: Case, registers: Registers, around: Around) -> Likely | None:
    """Return what was wrong with what stood before, or is missing beside it."""
    if not _falls(case.last, registers):
        is_above = around.estimate is not None and _falls(around.estimate, registers)
        return Likely(Cause.ESTIMATE_TOO_HIGH) if is_above else None
    if any(
        now < last and digits_of(now) < digits_of(last)
        for last, now in zip(case.last, registers, strict=True)
    ):
        return Likely(Cause.MISSING_DIGIT)
    earlier = around.earlier
    if earlier is None or _falls(earlier, registers):
        return None
    longer = replace(case, last=earlier, months=around.earlier_months)
    if total_of(_used(longer, registers)) <= longer.plausible_up_to:
        return Likely(Cause.LAST_TOO_HIGH)
    return None


def _falls(before: Registers, after: Registers) -> bool:
    return any(b > a for b, a in zip(before, after, strict=True))


def _used(case: Case, registers: Registers) -> Registers:
    return consumption(case.last, registers, dial=case.dial, ratio=case.ratio)
