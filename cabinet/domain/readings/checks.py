"""Whether a reading can be, and which question with which ways out to ask.

Nothing here refuses: what looks wrong is asked about, and every question has an answer
that sends the reading to an operator.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.readings.case import (
    CORRECTION,
    REVIEWS,
    Answer,
    Asked,
    Case,
    Offer,
    Question,
    Taken,
)
from cabinet.domain.readings.difference import Registers, consumption, total_of


def check(
    case: Case, registers: Registers, answers: Iterable[Answer] = ()
) -> Taken | Asked:
    """Take the reading or ask the first question that is still open."""
    given = frozenset(answers)
    rolled_over = Answer.ROLLED_OVER in given and _may_have_rolled_over(case, registers)
    attempt = _Attempt(case, registers, given, rolled_over=rolled_over)
    asked = _open_question(attempt)
    if asked is not None and given.isdisjoint(REVIEWS):
        return asked
    return attempt.taken(asked)


def _open_question(attempt: "_Attempt") -> Asked | None:
    for question in (_zero, _same, _lower, _impossible, _unusual):
        asked = question(attempt)
        if asked is not None:
            return asked
    return None


@dataclass(frozen=True)
class _Attempt:
    """One reading under the checks."""

    case: Case
    registers: Registers
    given: frozenset[Answer]
    rolled_over: bool

    @cached_property
    def fell(self) -> tuple[bool, ...]:
        return tuple(
            now < last for last, now in zip(self.case.last, self.registers, strict=True)
        )

    @cached_property
    def used(self) -> Registers | None:
        if any(self.fell) and not self.rolled_over:
            return None
        return _used(self.case, self.registers, rolled_over=self.rolled_over)

    @property
    def is_impossible(self) -> bool:
        return total_of(self.used or ()) > self.case.impossible_above

    def taken(self, asked: Asked | None) -> Taken:
        doubt = self.doubt(asked)
        return Taken(
            registers=self.registers,
            used=self.used,
            state=ReadingState.NEEDS_REVIEW if doubt else ReadingState.SUBMITTED,
            doubt=doubt,
            rolled_over=self.rolled_over,
            needs_proof=self.is_impossible,
        )

    def doubt(self, asked: Asked | None) -> str:
        """Return why an operator looks: what the customer says, else what is seen."""
        for answer in (Answer.REPLACED, Answer.LAST_WAS_WRONG):
            if answer in self.given:
                return answer
        if asked is not None:
            return asked.question
        if self.case.was_replaced:
            return Answer.REPLACED
        if self.case.is_correction:
            return CORRECTION
        return Answer.REVIEW if Answer.REVIEW in self.given else ""

    def asked(
        self, question: Question, about: Iterable[bool], *offers: Iterable[Offer]
    ) -> Asked:
        return Asked(
            question=question,
            zones=tuple(
                zone
                for zone, is_meant in zip(self.case.zones, about, strict=True)
                if is_meant
            ),
            registers=self.registers,
            used=self.used,
            offers=tuple(offer for some in offers for offer in some),
            times=_times(self.case, self.used),
        )

    def offer(self, *answers: Answer) -> Iterator[Offer]:
        for answer in answers:
            yield Offer(answer, self.registers, self.used)


def _zero(attempt: _Attempt) -> Asked | None:
    case = attempt.case
    about = tuple(
        not now and bool(last)
        for last, now in zip(case.last, attempt.registers, strict=True)
    )
    if not any(about) or attempt.rolled_over:
        return None
    idle = tuple(
        last if is_zero else now
        for last, now, is_zero in zip(case.last, attempt.registers, about, strict=True)
    )
    return attempt.asked(
        Question.ZERO,
        about,
        _fitting(case, Answer.IDLE, [idle]),
        _roll_over(attempt),
        attempt.offer(Answer.REPLACED, Answer.REVIEW),
    )


def _same(attempt: _Attempt) -> Asked | None:
    is_open = attempt.given.isdisjoint({Answer.SAME_IS_RIGHT, Answer.IDLE})
    if attempt.registers != attempt.case.last or not is_open:
        return None
    return attempt.asked(
        Question.SAME,
        (True for _ in attempt.registers),
        attempt.offer(Answer.SAME_IS_RIGHT, Answer.REVIEW),
    )


def _lower(attempt: _Attempt) -> Asked | None:
    if attempt.used is not None:
        return None
    return attempt.asked(
        Question.LOWER,
        attempt.fell,
        _roll_over(attempt),
        _corrections(attempt),
        attempt.offer(*REVIEWS),
    )


def _impossible(attempt: _Attempt) -> Asked | None:
    if not attempt.is_impossible:
        return None
    return attempt.asked(
        Question.IMPOSSIBLE,
        _largest(attempt),
        _corrections(attempt),
        attempt.offer(Answer.REPLACED, Answer.REVIEW),
    )


def _unusual(attempt: _Attempt) -> Asked | None:
    if (
        total_of(attempt.used or ()) <= attempt.case.unusual_above
        or Answer.UNUSUAL_IS_RIGHT in attempt.given
    ):
        return None
    return attempt.asked(
        Question.UNUSUAL,
        _largest(attempt),
        attempt.offer(Answer.UNUSUAL_IS_RIGHT),
        _corrections(attempt),
        attempt.offer(Answer.REVIEW),
    )


def _roll_over(attempt: _Attempt) -> Iterator[Offer]:
    case, registers = attempt.case, attempt.registers
    if _may_have_rolled_over(case, registers):
        used = _used(case, registers, rolled_over=True)
        yield Offer(Answer.ROLLED_OVER, registers, used)


def _may_have_rolled_over(case: Case, registers: Registers) -> bool:
    fell = any(now < last for last, now in zip(case.last, registers, strict=True))
    used = _used(case, registers, rolled_over=True)
    return fell and total_of(used) <= case.plausible_up_to


def _corrections(attempt: _Attempt) -> Iterator[Offer]:
    """Offer what may have been meant; each kind of mistake once."""
    case, typed = attempt.case, attempt.registers
    permuted = sorted(permutations(typed), key=lambda way: _spread(case, way))
    totals = (fixed for way in permuted for fixed in _without_total(way))
    yield from _fitting(case, Answer.SWAPPED, permuted, besides=typed)
    yield from _fitting(case, Answer.TOTAL_TYPED, totals)
    yield from _fitting(case, Answer.RED_DIGIT, _without_red_digit(attempt))


def _without_total(typed: Registers) -> Iterator[Registers]:
    """Take the total for a zone's own register, one zone after another."""
    for number, total in enumerate(typed):
        others = total_of(typed[:number] + typed[number + 1 :])
        if total > others and len(typed) > 1:
            yield (*typed[:number], total - others, *typed[number + 1 :])


def _without_red_digit(attempt: _Attempt) -> Iterator[Registers]:
    """Drop the last digit everywhere, or only where it looks too much."""
    step = attempt.case.dial.step.wh
    shorter = tuple(Energy(each.wh // 10 // step * step) for each in attempt.registers)
    yield shorter
    yield tuple(
        less if is_meant else typed
        for less, typed, is_meant in zip(
            shorter, attempt.registers, _largest(attempt), strict=True
        )
    )


def _fitting(
    case: Case,
    answer: Answer,
    ways: Iterable[Registers],
    *,
    besides: Registers | None = None,
) -> Iterator[Offer]:
    """Offer the first of the ways that would raise no doubt."""
    for way in ways:
        if way == besides or not _rises(case, way):
            continue
        used = _used(case, way)
        if total_of(used) <= case.plausible_up_to:
            yield Offer(answer, way, used)
            return


def _rises(case: Case, registers: Registers) -> bool:
    return all(now >= last for last, now in zip(case.last, registers, strict=True))


def _largest(attempt: _Attempt) -> tuple[bool, ...]:
    used = attempt.used or attempt.registers
    return tuple(each == max(used) for each in used)


def _spread(case: Case, registers: Registers) -> int:
    return max(
        abs(now.wh - last.wh) for last, now in zip(case.last, registers, strict=True)
    )


def _times(case: Case, used: Registers | None) -> int | None:
    usual = (case.usual or Energy(0)) * max(case.months, 1)
    if used is None or not usual:
        return None
    return (total_of(used).wh + usual.wh // 2) // usual.wh


def _used(case: Case, registers: Registers, *, rolled_over: bool = False) -> Registers:
    return consumption(
        case.last, registers, dial=case.dial, ratio=case.ratio, rolled_over=rolled_over
    )
