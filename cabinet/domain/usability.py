"""How convenient people say it is (шкала удобства): asked for once a quarter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from cabinet.domain.questions import Rating

#: The share of the two best ratings that the portal is to have, in percent.
GOAL = 80
BEST = (Rating.GOOD, Rating.BEST)

_MONTHS = 3
_QUARTERS = 4
_ALL = 100


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year (квартал)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= _QUARTERS:
            raise ValueError(f"no such quarter: {self.number}")

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the quarter of a day."""
        return cls(day.year, (day.month - 1) // _MONTHS + 1)

    @classmethod
    def from_code(cls, code: int) -> "Quarter":
        """Return the quarter of a code like 20264; ValueError if there is none."""
        return Quarter(*divmod(code, 10))

    @property
    def code(self) -> int:
        """Return the number that sorts and is stored: 20264."""
        return self.year * 10 + self.number

    def plus(self, quarters: int) -> "Quarter":
        """Return the quarter so many quarters later; earlier if negative."""
        year, index = divmod(self.year * _QUARTERS + self.number - 1 + quarters, 4)
        return Quarter(year, index + 1)

    def __str__(self) -> str:
        return f"{self.year}-{self.number}"


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each rating was given."""

    counts: Mapping[Rating, int]

    @property
    def total(self) -> int:
        """Return how many ratings there are."""
        return sum(self.counts.values())

    @property
    def best(self) -> int | None:
        """Return the share of the two best in whole percent; None without ratings.

        Rounded down: what is short of the goal never looks as if it were reached.
        """
        if not self.total:
            return None
        return self._best * _ALL // self.total

    @property
    def is_reached(self) -> bool:
        """Tell whether the share is what it is to be."""
        return bool(self.total) and self._best * _ALL >= GOAL * self.total

    @property
    def _best(self) -> int:
        return sum(self.counts.get(each, 0) for each in BEST)
