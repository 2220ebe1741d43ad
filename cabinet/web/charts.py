"""Bars inside tables: how long each one is."""

from collections.abc import Iterable, Sequence

from cabinet.domain.energy import Energy

FULL = 100


def longest(values: Iterable[Energy | None]) -> Energy:
    """Return the value that gets a bar of full length."""
    return max((value for value in values if value is not None), default=Energy(0))


def share(value: Energy | None, most: Energy) -> int | None:
    """Return the length of a bar in hundredths of the row; None draws no bar.

    What is not zero stays visible, what is below zero has no length.
    """
    return part(None if value is None else value.wh, most.wh)


def part(value: int | None, most: int) -> int | None:
    """Return the same of whole numbers: kopecks, meters."""
    if value is None or most <= 0:
        return None
    if value <= 0:
        return 0
    return max(1, min(FULL, round(value * FULL / most)))


def shares(
    rows: Sequence[tuple[Energy | None, Energy | None]],
) -> list[tuple[int | None, int | None]]:
    """Return the lengths of «this year» and «last year» for every row of a table."""
    most = longest(value for row in rows for value in row)
    return [(share(now, most), share(before, most)) for now, before in rows]
