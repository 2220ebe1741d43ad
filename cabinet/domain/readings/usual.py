"""How much a place usually uses in a month."""

from collections.abc import Mapping

from cabinet.domain.energy import Energy
from cabinet.domain.period import Month


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
