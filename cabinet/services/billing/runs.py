"""Bill runs: found, begun, moved from state to state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from peewee import IntegrityError

from cabinet.domain.billing.run import (
    AT_WORK,
    MOVES,
    OPEN,
    RunError,
    RunMoved,
    RunState,
)
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    BillDraft,
    BillHold,
    BillRun,
    Branch,
)
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing import slices, terms
from cabinet.services.billing.inputs import Place
from cabinet.services.billing.preview import pack_missing
from cabinet.services.billing.terms import Missing, Rules

#: Rows deleted in one transaction.
_DROPPED = 5_000


class BranchUnknown(RunError):
    """There is no branch of this code."""


class NotOwnBilling(RunError):
    """The branch has its bills from another system: the other door is its."""


class MonthNotOver(RunError):
    """The month is not over: readings and payments still come."""


class RunOpen(RunError):
    """Another run of the branch and the month is still open."""


class EarlierOpen(RunError):
    """A run of an earlier month, which it carries, is open: its bills come first."""

    def __init__(self, month: Month) -> None:
        super().__init__(str(month))
        self.month = month


class NoRun(RunError):
    """The branch has no open run of the month."""


class AccountUnknown(RunError):
    """The branch has no household of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all bills of a run have in common."""

    place: Place
    rules: Rules
    only: int | None = None


def own_branches(code: str | None, number: str | None) -> list[Branch]:
    """Return the branches that bill by themselves: one by its code, else all of them.

    With the number of an account it is the account's branch. Raises BranchUnknown,
    NotOwnBilling, AccountUnknown.
    """
    with reading():
        if code is not None:
            return [check_own(Branch.get_or_none(Branch.code == code), code)]
        if number is not None:
            found = Branch.select().join(Account).where(Account.number == number)
            branch = found.first()
            if branch is None:
                raise AccountUnknown(number)
            return [check_own(branch, branch.code)]
        return list(Branch.select().where(Branch.own_billing).order_by(Branch.code))


def check_own(branch: Branch | None, code: str) -> Branch:
    """Return the branch; raises BranchUnknown and NotOwnBilling."""
    if branch is None:
        raise BranchUnknown(code)
    if not branch.own_billing:
        raise NotOwnBilling(code)
    return branch


def check_month(branch: Branch, month: Month, now: datetime) -> None:
    """Raise MonthNotOver for a month whose last moment is still to come."""
    _, ends = month.instants(ZoneInfo(branch.time_zone))
    if now < ends:
        raise MonthNotOver(str(month))


def frame_of(branch: Branch, month: Month, only: int | None = None) -> Frame:
    """Read the rules, inside the open transaction."""
    place = Place.of(branch, month)
    since = billed_since(branch.id) or month
    return Frame(
        place=place,
        rules=terms.load(branch, month, billed_since=min(since, month)),
        only=only,
    )


def billed_since(branch_id: int) -> Month | None:
    """Return the first month the branch published bills of its own for."""
    found: Month | None = (
        BillRun.select(BillRun.month)
        .where(BillRun.branch == branch_id, BillRun.state == RunState.PUBLISHED)
        .order_by(BillRun.month)
        .limit(1)
        .scalar()
    )
    return found


def account_id_of(branch: Branch, number: str) -> int:
    """Return the id of a household of the branch; raises AccountUnknown."""
    found = (
        Account.select(Account.id)
        .where(
            Account.number == number,
            Account.branch == branch,
            Account.kind == AccountKind.HOUSEHOLD,
        )
        .scalar()
    )
    if found is None:
        raise AccountUnknown(number)
    return int(found)


def begin(
    branch: Branch,
    month: Month,
    *,
    only: int | None,
    counts: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> int:
    """Begin a run that is prepared, with its slices, and return its id.

    Raises RunOpen, EarlierOpen.
    """
    with writing():
        run = create(branch, month, RunState.PREPARED, only=only, actor=actor, now=now)
        BillRun.update(counts=counts).where(BillRun.id == run.id).execute()
        slices.slice_up(run)
        note(run.id, "prepared", actor, now, month=str(month), branch=branch.code)
        return int(run.id)


def create(
    branch: Branch,
    month: Month,
    state: RunState,
    *,
    only: int | None,
    actor: Actor,
    now: datetime,
) -> BillRun:
    """Return a new run without slices, inside the open transaction.

    Raises RunOpen, EarlierOpen.
    """
    earlier = (
        BillRun.select(BillRun.month)
        .where(
            BillRun.branch == branch,
            BillRun.month < month,
            BillRun.state.in_(sorted(OPEN)),
        )
        .first()
    )
    if earlier is not None:
        raise EarlierOpen(earlier.month)
    try:
        with database.savepoint():
            return BillRun.create(
                branch=branch,
                month=month,
                account=only,
                state=state,
                started_by=actor.user_id,
                started_at=now,
                moved_at=now,
            )
    except IntegrityError:
        raise RunOpen(f"{branch.code} {month}") from None


def open_run(branch: Branch, month: Month) -> BillRun | None:
    """Return the run of the month that is neither published nor given up."""
    found: BillRun | None = (
        BillRun.select()
        .where(
            BillRun.branch == branch,
            BillRun.month == month,
            BillRun.state.in_(sorted(OPEN)),
        )
        .first()
    )
    return found


def move(run_id: int, after: RunState, *, now: datetime, **values: object) -> bool:
    """Move the run inside the open transaction; False if it is there already.

    Raises RunMoved from a state that has no such move.
    """
    state = lock(BillRun.select(BillRun.state).where(BillRun.id == run_id)).scalar()
    if state == after:
        return False
    if after not in MOVES[RunState(state)]:
        raise RunMoved(f"{state}")
    if not MOVES[after]:
        values["ended_at"] = now
    BillRun.update(state=after, moved_at=now, **values).where(
        BillRun.id == run_id
    ).execute()
    return True


def require(state: RunState, wanted: RunState) -> None:
    """Raise RunMoved where the run is in another state."""
    if state is not wanted:
        raise RunMoved(str(state))


def with_branch(run_id: int) -> BillRun:
    """Return the run and its branch, inside the open transaction."""
    query = BillRun.select(BillRun, Branch).join(Branch).where(BillRun.id == run_id)
    found: BillRun = query.get()
    return found


def cancel(run_id: int, *, actor: Actor, now: datetime) -> None:
    """Give up what was prepared or issued; raises RunMoved once it is published."""
    with writing():
        if move(run_id, RunState.CANCELLED, now=now):
            note(run_id, "cancelled", actor, now)
    drop(run_id)


def stop(run_id: int, missing: set[Missing], *, actor: Actor, now: datetime) -> None:
    """Stop a run that met missing rows and keep nothing of it."""
    with writing():
        listed = [pack_missing(one) for one in sorted(missing, key=str)]
        if move(run_id, RunState.STOPPED, now=now, missing=listed):
            note(run_id, "stopped", actor, now, missing=len(listed))
    drop(run_id)


def drop(run_id: int) -> None:
    """Delete what a run that is given up has made, so many rows a transaction."""
    for table in (BillDraft, BillHold):
        while True:
            some = table.select(table.id).where(table.run == run_id).limit(_DROPPED)
            with writing():
                gone = table.delete().where(table.id.in_(some)).execute()
            if gone < _DROPPED:
                break


def waiting() -> list[tuple[int, RunState]]:
    """Return the runs a worker has something to do with, the oldest first."""
    with reading():
        query = (
            BillRun.select(BillRun.id, BillRun.state)
            .where(BillRun.state.in_(sorted(AT_WORK)), BillRun.fault == "")
            .order_by(BillRun.id)
            .tuples()
        )
        return list(query)


def abandoned() -> list[int]:
    """Return the runs that are given up and have rows left."""
    with reading():
        over = BillRun.select(BillRun.id).where(
            BillRun.state.in_([RunState.CANCELLED, RunState.STOPPED])
        )
        return sorted(
            {
                run_id
                for table in (BillDraft, BillHold)
                for (run_id,) in table.select(table.run)
                .where(table.run.in_(over))
                .distinct()
                .tuples()
            }
        )


def set_fault(run_id: int, fault: str) -> None:
    """Note that the work of a run met an error: nobody goes on by itself."""
    with writing():
        BillRun.update(fault=fault[:120]).where(BillRun.id == run_id).execute()


def note(run_id: int, what: str, actor: Actor, now: datetime, **details: Any) -> None:
    """Write down what was done with a run, inside the open transaction."""
    audit.record(
        actor, f"bill_run.{what}", now=now, subject=f"bill_run:{run_id}", **details
    )
