"""How many accounts of each branch have sent their readings: counted by the worker.

On two million accounts that takes seconds, so nobody who looks counts: the figures and
their moment are kept in the row of the worker's part that counts them.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import SQL, Case, fn

from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Beat, Branch, Meter
from cabinet.models.base import reading
from cabinet.services import beats
from cabinet.services.outgoing.rows import has_sent, is_awaited

#: Who counted less than so long ago need not count again, whichever worker it was.
FRESH = timedelta(minutes=4)


def count(*, now: datetime) -> int:
    """Count all branches and write it down; returns how many, 0 where it is fresh."""
    with reading():
        last = Beat.get_or_none(Beat.name == beats.WINDOW)
        if last is not None and abs(now - last.at) < FRESH:
            return 0
        months: dict[Month, list[Branch]] = defaultdict(list)
        for branch in Branch.select():
            months[_month_of(branch, now)].append(branch)
        told: dict[str, object] = {
            row.code: {"month": str(month), "sent": sent, "all": awaited}
            for month, rows in months.items()
            for row, sent, awaited in _counted(month, rows)
        }
    beats.note(beats.WINDOW, now=now, told=told)
    return len(told)


def _month_of(branch: Branch, now: datetime) -> Month:
    """Return the month whose window opened last by the clocks of the branch."""
    today = local_day(now, ZoneInfo(branch.time_zone))
    month = Month.of(today)
    return month.previous if today.day < branch.window_first else month


def _counted(month: Month, branches: list[Branch]) -> Iterable[tuple[Branch, int, int]]:
    """Yield each branch, its accounts with nothing missing, and all that are awaited."""
    is_silent = Case(None, [(has_sent(month), 0)], 1)
    each = (
        Meter.select(Account.branch.alias("branch"), fn.MAX(is_silent).alias("silent"))
        .join(Account)
        .where(Account.branch.in_(branches), is_awaited(month))
        .group_by(Meter.account, Account.branch)
        .alias("each")
    )
    rows = (
        Meter.select(each.c.branch, fn.COUNT(SQL("1")), fn.SUM(each.c.silent))
        .from_(each)
        .group_by(each.c.branch)
        .tuples()
    )
    found = {branch: (int(all_), int(silent)) for branch, all_, silent in rows}
    for branch in branches:
        awaited, silent = found.get(branch.id, (0, 0))
        yield branch, awaited - silent, awaited
