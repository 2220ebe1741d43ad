"""Benefits (льготы): a part of the price within the social norm of consumption.

The energy is the month's, at most the norm of each person the benefit is for; the sum is
a part of what that energy costs in the first range.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cabinet.domain.energy import Energy
from cabinet.domain.money import PRODUCT_IN_KOPECK, Money, divide_half_up
from cabinet.domain.period import Month, Span
from cabinet.domain.pricing import FIRST_RANGE
from cabinet.domain.tariff import Line

# A part is in hundredths of a percent: 50 % is 5000.
_WHOLE = 100_00


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What part of the price how many people of an account need not pay.

    `percent` in hundredths of a percent. It counts in the months whose first day is in its
    span; `ends` is the first day without it. `document` is the paper it rests on.
    """

    title: str
    percent: int
    people: int
    starts: date
    ends: date | None = None
    document: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.percent <= _WHOLE:
            raise ValueError(f"no part of a price: {self.percent}")
        if self.people < 1:
            raise ValueError(f"a benefit is for somebody, not {self.people}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitLine:
    """What a benefit takes off a month: energy within the norm, part, sum, its paper."""

    title: str
    percent: int
    energy: Energy
    amount: Money
    document: str = ""


def benefit_lines(
    benefits: Iterable[Benefit],
    lines: Sequence[Line],
    social_norm: Energy,
    month: Month,
) -> tuple[BenefitLine, ...]:
    """Return what the benefits take off the lines of the month, the largest part first.

    `social_norm` is energy a person. The energy of a benefit is taken in proportion to
    the lines of the first range, in whole watt-hours, the remainder from the last; what
    one benefit took is not there for another. Rounded once a benefit, half up.
    """
    first = [line for line in lines if line.range_number == FIRST_RANGE]
    left = sum(line.energy.wh for line in first)
    whole = left
    held = [
        one for one in benefits if Span(one.starts, one.ends).contains(month.starts)
    ]
    found = []
    for benefit in sorted(held, key=lambda one: (-one.percent, one.starts, one.title)):
        wh = min(left, social_norm.wh * benefit.people)
        left -= wh
        if not wh:
            continue
        found.append(
            BenefitLine(
                title=benefit.title,
                percent=benefit.percent,
                document=benefit.document,
                energy=Energy(wh),
                amount=Money(
                    divide_half_up(
                        _cost(first, wh, whole) * benefit.percent,
                        PRODUCT_IN_KOPECK * _WHOLE,
                    )
                ),
            )
        )
    return tuple(found)


def _cost(lines: Sequence[Line], wh: int, whole: int) -> int:
    """Return what so much of the lines' energy costs, in parts of a kopeck."""
    *before, last = lines
    shares = [line.energy.wh * wh // whole for line in before]
    shares.append(wh - sum(shares))
    return sum(
        share * line.price.micro
        for share, line in zip(shares, [*before, last], strict=True)
    )
