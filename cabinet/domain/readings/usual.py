"""How much a place usually uses in a month."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cabinet.domain.energy import Energy
from cabinet.domain.period import Month, months
from cabinet.domain.readings.difference import Dial, Registers, consumption


def usual(history: Mapping[Month, Energy], month: Month) -> Energy | None:
    """Return the usual energy of the month.

    That is what the same month took a year ago, else the mean of the months known; None
    when there are none.
    """
    year_ago = month.plus(-12)
    if year_ago in history:
        return history[year_ago]
    if not history:
        return None
    return Energy(sum(energy.wh for energy in history.values()) // len(history))


def history_of(
    readings: Sequence[tuple[Month, Registers]], *, dial: Dial, ratio: int = 1
) -> dict[Month, Energy]:
    """Return what each month took by actual readings, the oldest first.

    Months without a reading share evenly what the next reading shows.
    """
    history: dict[Month, Energy] = {}
    for (before, last), (month, now) in pairwise(readings):
        used = consumption(last, now, dial=dial, ratio=ratio, rolled_over=True)
        covered = list(months(before.next, month))
        share = Energy(sum(each.wh for each in used) // len(covered))
        history |= dict.fromkeys(covered, share)
    return history
