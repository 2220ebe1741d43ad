"""Publishing: drafts become bills, the ledger and the balances follow, readings count.

A chunk is one transaction, as in issuing; the database moves the rows itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.billing.run import RunState
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.metering import ReadingState
from cabinet.models import BillDraft, BillRun, BillSlice, Reading
from cabinet.models.base import database, writing
from cabinet.models.billing import DRAFTED
from cabinet.services import bulk
from cabinet.services.audit import Actor
from cabinet.services.billing import orders, runs, slices

CHUNK = 500

#: The columns that a draft gives to its bill.
_COPIED = ("account_id", *DRAFTED, "run_id")
#: The kinds of the entries of a bill, what each is, and whether it is there when zero.
_ENTRIES = (
    (EntryKind.CHARGE, "draft.charged", True),
    (EntryKind.RECALCULATION, "draft.recalculated", False),
    (EntryKind.PENALTY, "draft.penalty", False),
    (EntryKind.BENEFIT, "-draft.benefit", False),
)


def publish(
    run_id: int,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int], None] = lambda _done: None,
    pause: float = 0,
) -> None:
    """Make bills of the drafts of a run, post them, and end it.

    Raises RunMoved where the run is not one to be published.
    """
    with writing():
        runs.move(run_id, RunState.PUBLISHING, now=clock())
        run = runs.with_branch(run_id)
        zone = ZoneInfo(run.branch.time_zone)
    # The last second of the month: a charge stands in the month it is for.
    effective_at = run.month.instants(zone)[1] - timedelta(seconds=1)
    for done in slices.work_through(
        run_id,
        RunState.PUBLISHING,
        BillSlice.published_to,
        lambda part: _chunk(run_id, part, effective_at, clock()),
        pause=pause,
    ):
        report(done)
    with writing():
        if runs.move(run_id, RunState.PUBLISHED, now=clock()):
            runs.note(run_id, "published", actor, clock())


def _chunk(run_id: int, part: BillSlice, effective_at: datetime, now: datetime) -> int:
    drafts = list(
        BillDraft.select(
            BillDraft.id,
            BillDraft.account,
            BillDraft.month,
            BillDraft.readings,
            BillDraft.orders,
        )
        .where(
            BillDraft.run == run_id,
            BillDraft.account > part.published_to,
            BillDraft.account <= part.last_id,
        )
        .order_by(BillDraft.account)
        .limit(CHUNK)
        .tuples()
    )
    is_last = len(drafts) < CHUNK
    BillSlice.update(published_to=part.last_id if is_last else drafts[-1][1]).where(
        BillSlice.id == part.id
    ).execute()
    if not drafts:
        return 0
    within = (run_id, part.published_to, drafts[-1][1])
    _post(within, effective_at, now)
    month = drafts[0][2]
    orders.take([one for *_, taken in drafts for one in taken], month)
    # One that was replaced since the draft was made stays what it is: the newer one
    # counts in the next month, from the registers of this bill.
    Reading.update(state=ReadingState.COUNTED, counted_in=month).where(
        bulk.among(Reading.id, [one for draft in drafts for one in draft[3]]),
        Reading.state.in_([ReadingState.SUBMITTED, ReadingState.ACCEPTED]),
    ).execute()
    BillDraft.delete().where(
        BillDraft.run == run_id,
        BillDraft.account > part.published_to,
        BillDraft.account <= drafts[-1][1],
    ).execute()
    return len(drafts)


def _post(within: tuple[int, int, int], effective_at: datetime, now: datetime) -> None:
    """Write the bills, their entries and the balances of the drafts."""
    which = "draft.run_id = ? AND draft.account_id > ? AND draft.account_id <= ?"
    columns = ", ".join(_COPIED)
    drafted = ", ".join(f"draft.{name}" for name in _COPIED)
    bills = f"""
        INSERT INTO bill ({columns}, published_at) SELECT {drafted}, ?
        FROM bill_draft AS draft WHERE {which} ORDER BY draft.account_id
        """  # noqa: S608 - our own words
    _run(bills, _moment(now), *within)
    for kind, amount, is_always in _ENTRIES:
        more = "" if is_always else f"AND {amount} <> 0"
        entries = f"""
            INSERT INTO ledger_entry (account_id, kind, amount, month, effective_at,
                posted_at, cause, channel, document, bill_id)
            SELECT draft.account_id, '{kind}', {amount}, draft.month, ?, ?,
                'bill:' || draft.number, 'bill', draft.number, bill.id
            FROM bill_draft AS draft JOIN bill
            ON bill.account_id = draft.account_id AND bill.month = draft.month
            WHERE {which} {more} ORDER BY draft.account_id
            """  # noqa: S608 - our own words
        _run(entries, _moment(effective_at), _moment(now), *within)
    balances = f"""
        UPDATE account SET balance = account.balance + draft.charged
            + draft.recalculated + draft.penalty - draft.benefit
        FROM bill_draft AS draft WHERE draft.account_id = account.id AND {which}
        """  # noqa: S608 - our own words
    _run(balances, *within)


def _moment(at: datetime) -> Any:
    """Return an instant as the column of a moment takes it."""
    return BillRun.started_at.db_value(at)


def _run(statement: str, *values: object) -> None:
    database.execute_sql(statement.replace("?", database.obj.param), values)
