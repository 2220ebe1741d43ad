"""What each payment of an account covered, read from its whole ledger."""

from zoneinfo import ZoneInfo

from peewee import Expression

from cabinet.domain.allocation import Part
from cabinet.domain.covering import cover
from cabinet.services.balance_changes import change_of, entries, words


def covers(zone: ZoneInfo, mine: tuple[Expression, ...]) -> dict[int, tuple[Part, ...]]:
    """Return the parts of each payment, by the id of its entry.

    `mine` matches the entries of an account that whoever looks may see: to who came
    later the debts of who was there before are unknown, and so covered by nothing.
    `zone` is that of the branch.
    """
    said = words(*mine)
    return cover(change_of(entry, zone, said) for entry in entries(*mine))
