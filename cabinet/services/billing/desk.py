"""Bill runs as the back office sees them: the list, one up close, what is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peewee import JOIN, fn

from cabinet.domain.billing.run import AT_WORK, RunState
from cabinet.domain.errors import NotFound
from cabinet.domain.period import Month, months
from cabinet.models import (
    Account,
    BillDraft,
    BillRun,
    BillSlice,
    Branch,
    User,
)
from cabinet.models.base import reading, writing
from cabinet.services.audit import Actor
from cabinet.services.billing import reviewing, runs, slices
from cabinet.services.billing.preview import Preview, unpack_preview
from cabinet.services.billing.reviewing import HeldAccount, OddBill, RunShown
from cabinet.services.staff import Member, branches_of

#: Runs of the list, the newest first; months that may be asked for; rows of a page.
MOST = 50
MONTHS = 12
PAGE = 50


class RunNotFound(NotFound):
    """There is no such run, or it is another branch's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run of the list."""

    run_id: int
    branch: str
    month: Month
    account: str
    state: RunState
    started_at: datetime
    started_by: str
    bills: int
    has_fault: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A branch that bills by itself, and the months it may be asked for, newest first."""

    code: str
    name: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The runs of whoever looks, and what may be asked for."""

    runs: tuple[RunRow, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work of a run is: accounts done and in all, how fast, for how long yet.

    `rate` is accounts a second since it began, `left` nothing while that is not known.
    """

    done: int
    total: int
    rate: float
    left: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """A run up close; `progress` while a worker has something to do with it."""

    shown: RunShown
    preview: Preview
    account: str
    started_at: datetime
    started_by: str
    zone: ZoneInfo
    fault: str
    progress: Progress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Rows of a review, and what to ask the next page by; None at the end."""

    odd: tuple[OddBill, ...] = ()
    held: tuple[HeldAccount, ...] = ()
    after: int | None = None


def desk(member: Member, *, now: datetime) -> Desk:
    """Return the runs of the member's branches, the newest first."""
    with reading():
        query = (
            BillRun.select(BillRun, Branch, User, Account)
            .join_from(BillRun, Branch)
            .join_from(BillRun, User, JOIN.LEFT_OUTER)
            .join_from(BillRun, Account, JOIN.LEFT_OUTER)
            .where(BillRun.branch.in_(branches_of(member)))
            .order_by(BillRun.id.desc())
            .limit(MOST)
        )
        rows = list(query)
        done = _issued([row.id for row in rows])
        own = (
            Branch.select()
            .where(Branch.own_billing, Branch.id.in_(branches_of(member)))
            .order_by(Branch.name)
        )
        return Desk(
            runs=tuple(_row(row, done.get(row.id, 0)) for row in rows),
            choices=tuple(
                Choice(
                    code=branch.code,
                    name=branch.name,
                    months=months_over(ZoneInfo(branch.time_zone), now),
                )
                for branch in own
            ),
        )


def months_over(zone: ZoneInfo, now: datetime) -> tuple[Month, ...]:
    """Return the last months that are over, the newest first."""
    last = Month.of(now.astimezone(zone).date()).previous
    first = last
    for _ in range(MONTHS - 1):
        first = first.previous
    return tuple(reversed(list(months(first, last))))


def _issued(run_ids: Sequence[int]) -> dict[int, int]:
    query = (
        BillSlice.select(BillSlice.run, fn.SUM(BillSlice.issued))
        .where(BillSlice.run.in_(run_ids))
        .group_by(BillSlice.run)
        .tuples()
    )
    return {run_id: int(total or 0) for run_id, total in query}


def _row(row: BillRun, issued: int) -> RunRow:
    return RunRow(
        run_id=row.id,
        branch=row.branch.name,
        month=row.month,
        account=row.account.number if row.account else "",
        state=row.state,
        started_at=row.started_at,
        started_by=row.started_by.name if row.started_by else "",
        bills=issued or row.counts.get("bills", 0),
        has_fault=bool(row.fault),
    )


def run_card(member: Member, run_id: int, *, now: datetime) -> RunCard:
    """Return a run of the member's branches; raises RunNotFound."""
    with reading():
        row = found(member, run_id)
        progress = _progress(row, now) if row.state in AT_WORK else None
        number = row.account.number if row.account else ""
        started_by = row.started_by.name if row.started_by else ""
    return RunCard(
        shown=reviewing.shown(run_id),
        preview=unpack_preview(row.counts),
        account=number,
        started_at=row.started_at,
        started_by=started_by,
        zone=ZoneInfo(row.branch.time_zone),
        fault=row.fault,
        progress=progress,
    )


def _progress(row: BillRun, now: datetime) -> Progress:
    """Return how far a run is, by its slices."""
    total = row.counts.get("accounts", 0)
    if row.state is RunState.PREPARING:
        done = slices.prepared(row.id).accounts
        total = slices.accounts_of(row)
    elif row.state is RunState.ISSUING:
        done = _count(BillSlice.issued + BillSlice.held, row.id)
    else:
        total = _count(BillSlice.issued, row.id)
        done = total - BillDraft.select().where(BillDraft.run == row.id).count()
    seconds = (now - (row.moved_at or row.started_at)).total_seconds()
    rate = done / seconds if seconds > 0 else 0.0
    left = timedelta(seconds=round(max(total - done, 0) / rate)) if rate else None
    return Progress(done=done, total=max(total, done), rate=rate, left=left)


def _count(what: object, run_id: int) -> int:
    query = BillSlice.select(fn.SUM(what)).where(BillSlice.run == run_id)
    return int(query.scalar() or 0)


def review(
    member: Member,
    run_id: int,
    *,
    of_held: bool = False,
    after: int = 0,
    actor: Actor,
    now: datetime,
) -> ReviewPage:
    """Return a page of the unusual drafts of a run, or of the accounts without one.

    Before there are drafts: the bills that will be farthest from the month before.
    Whose sums were looked at is noted. Raises RunNotFound.
    """
    with writing():
        row = found(member, run_id)
        if of_held:
            held = reviewing.held_page(run_id, after, PAGE)
            page = ReviewPage(held=tuple(held), after=_next(held))
        elif row.state is RunState.PREPARED:
            preview = unpack_preview(row.counts)
            page = ReviewPage(odd=tuple(reviewing.oddest(preview)))
        else:
            odd = reviewing.odd_page(run_id, row.month, after, PAGE)
            page = ReviewPage(odd=tuple(odd), after=_next(odd))
        seen = [each.account_id for each in page.odd]
        seen += [each.account_id for each in page.held]
        for account_id in seen:
            runs.note(run_id, "listed", actor, now, account_id=account_id)
    return page


def _next(rows: Sequence[OddBill] | Sequence[HeldAccount]) -> int | None:
    return rows[-1].account_id if len(rows) == PAGE else None


def found(member: Member, run_id: int) -> BillRun:
    """Return the run with its branch; raises RunNotFound."""
    row: BillRun | None = (
        BillRun.select(BillRun, Branch, User, Account)
        .join_from(BillRun, Branch)
        .join_from(BillRun, User, JOIN.LEFT_OUTER)
        .join_from(BillRun, Account, JOIN.LEFT_OUTER)
        .where(BillRun.id == run_id, BillRun.branch.in_(branches_of(member)))
        .first()
    )
    if row is None:
        raise RunNotFound(run_id)
    return row
