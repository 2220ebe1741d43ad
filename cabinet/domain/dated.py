"""Rows with dates: which one is in force, and which days have none or two.

A row holds from `starts` to the day before `ends`; without `ends` it holds for good,
which is a choice of whoever wrote it and never a guess from the row that follows.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from cabinet.domain.period import Span


class Dated(Protocol):
    """Anything that holds from a day to the day before another."""

    @property
    def starts(self) -> date:
        """Return the first day."""

    @property
    def ends(self) -> date | None:
        """Return the first day after, None for a row without an end."""


Row = TypeVar("Row", bound=Dated)
Key = TypeVar("Key", bound=Hashable)


class Flaw(StrEnum):
    """What is wrong with the days of dated rows."""

    HOLE = "hole"
    OVERLAP = "overlap"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Generic[Key]):
    """Days of one key with no row, or with two, or a row without a day.

    `days` without an end are all days from the first on; days of an empty row are as
    they are written in it.
    """

    key: Key
    flaw: Flaw
    days: Span


def find_on(rows: Iterable[Row], day: date) -> Row | None:
    """Return the first row in force on the day."""
    for row in rows:
        if Span(row.starts, row.ends).contains(day):
            return row
    return None


def findings(
    rows: Iterable[Row],
    key: Callable[[Row], Key],
    *,
    needed: Span | None = None,
    keys: Iterable[Key] = (),
) -> tuple[Finding[Key], ...]:
    """Return what is wrong with the days of the rows, key by key, day by day.

    Rows of a key follow one another without holes and overlaps. Where days are `needed`
    every key covers them all, also those of `keys` that have no row; without, a key may
    begin and end on any day. Keys stand in the order they were met, `keys` first.
    """
    groups: dict[Key, list[Row]] = defaultdict(list)
    for one in keys:
        groups[one] = []
    for row in rows:
        groups[key(row)].append(row)
    return tuple(
        Finding(key=one, flaw=flaw, days=days)
        for one, group in groups.items()
        for flaw, days in _flaws(group, needed)
    )


def _flaws(rows: Sequence[Dated], needed: Span | None) -> list[tuple[Flaw, Span]]:
    spans = [Span(row.starts, row.ends) for row in rows]
    found = [(Flaw.EMPTY, span) for span in spans if _is_empty(span)]
    held = sorted(
        (span for span in spans if not _is_empty(span)),
        key=lambda span: (span.starts, _end(span)),
    )
    found += [(Flaw.OVERLAP, span) for span in _overlaps(held)]
    found += [(Flaw.HOLE, span) for span in _holes(held, needed)]
    return sorted(found, key=lambda one: (one[1].starts, one[0]))


def _is_empty(span: Span) -> bool:
    return span.ends is not None and span.ends <= span.starts


def _end(span: Span) -> date:
    """Return the end; no row of the trade reaches the last day of the calendar."""
    return span.ends or date.max


def _span(starts: date, ends: date) -> Span:
    return Span(starts, None if ends == date.max else ends)


def _overlaps(spans: Sequence[Span]) -> list[Span]:
    """Return the days that two or more spans hold, joined where they touch."""
    found: list[Span] = []
    until = date.min
    for span in spans:
        shared = min(until, _end(span))
        if span.starts < shared:
            if found and span.starts <= _end(found[-1]):
                before = found.pop()
                found.append(_span(before.starts, max(_end(before), shared)))
            else:
                found.append(_span(span.starts, shared))
        until = max(until, _end(span))
    return found


def _holes(spans: Sequence[Span], needed: Span | None) -> list[Span]:
    """Return the days that no span holds, between the spans and where needed."""
    edges = [(span.starts, _end(span)) for span in spans]
    if needed is not None:
        # An edge without days at either end makes the needed days lie between.
        edges.append((needed.starts, needed.starts))
        edges.append((_end(needed), _end(needed)))
    found = []
    until: date | None = None
    for starts, ends in sorted(edges):
        if until is not None and until < starts:
            found.append(_span(until, starts))
        until = ends if until is None else max(until, ends)
    return found
