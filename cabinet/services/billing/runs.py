"""Bill runs: found, begun, moved from state to state."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from peewee import IntegerField, IntegrityError

from cabinet.domain.billing.run import MOVES, OPEN, RunState
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    BillDraft,
    BillHold,
    BillRun,
    BillSlice,
    Branch,
)
from cabinet.models.base import database, lock, on_sqlite, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing import terms
from cabinet.services.billing.inputs import Place
from cabinet.services.billing.terms import Missing, Rules

T = TypeVar("T")

#: Accounts of a slice: small enough that several processes end together.
SLICE = 10_000
#: Rows deleted in one transaction, and seconds until the last slices are looked at again.
_DROPPED = 5_000
_LOOK_AGAIN = 0.2


class RunError(Exception):
    """A run cannot do what is asked of it."""


class BranchUnknown(RunError):
    """There is no branch of this code."""


class NotOwnBilling(RunError):
    """The branch has its bills from another system: the other door is its."""


class MonthNotOver(RunError):
    """The month is not over: readings and payments still come."""


class RunOpen(RunError):
    """Another run of the branch and the month is still open."""


class EarlierOpen(RunError):
    """A run of an earlier month is open: its bills come first."""


class RunMoved(RunError):
    """The run is in another state by now."""


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
            return [_own(Branch.get_or_none(Branch.code == code), code)]
        if number is not None:
            found = Branch.select().join(Account).where(Account.number == number)
            branch = found.first()
            if branch is None:
                raise AccountUnknown(number)
            return [_own(branch, branch.code)]
        return list(Branch.select().where(Branch.own_billing).order_by(Branch.code))


def _own(branch: Branch | None, code: str) -> Branch:
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
    place = Place(branch.id, ZoneInfo(branch.time_zone), month)
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
    """Begin a run with its slices and return its id; raises RunOpen, EarlierOpen."""
    with writing():
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
            raise EarlierOpen(str(earlier.month))
        try:
            with database.savepoint():
                run = BillRun.create(
                    branch=branch,
                    month=month,
                    account=only,
                    state=RunState.PREPARED,
                    started_by=actor.user_id,
                    started_at=now,
                    counts=counts,
                )
        except IntegrityError:
            raise RunOpen(f"{branch.code} {month}") from None
        for first, last in _edges(branch.id, only):
            BillSlice.create(
                run=run,
                first_id=first,
                last_id=last,
                issued_to=first - 1,
                published_to=first - 1,
            )
        note(run.id, "prepared", actor, now, month=str(month), branch=branch.code)
        return int(run.id)


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
    BillRun.update(state=after, **values).where(BillRun.id == run_id).execute()
    return True


def with_branch(run_id: int) -> BillRun:
    """Return the run and its branch, inside the open transaction."""
    query = BillRun.select(BillRun, Branch).join(Branch).where(BillRun.id == run_id)
    found: BillRun = query.get()
    return found


def work_through(
    run_id: int,
    state: RunState,
    done_to: IntegerField,
    chunk: Callable[[BillSlice], T],
) -> Iterator[T]:
    """Let `chunk` do a part of a slice at a time, each in a transaction of its own.

    It moves `done_to` of the slice on and its result is yielded. Ends when every slice
    is done to its last account, also by others. Raises RunMoved where the run is not in
    the state.
    """
    while True:
        with writing():
            _hold(run_id, state)
            part = _next_slice(run_id, done_to)
            result = None if part is None else chunk(part)
        if result is not None:
            yield result
        elif not _wait_for_others(run_id, done_to):
            return


def _hold(run_id: int, state: RunState) -> None:
    """Keep the run from being moved until the open transaction ends."""
    query = BillRun.select(BillRun.state).where(BillRun.id == run_id)
    found = (query if on_sqlite() else query.for_update("FOR SHARE")).scalar()
    if found != state:
        raise RunMoved(str(found))


def _next_slice(run_id: int, done_to: IntegerField) -> BillSlice | None:
    """Hold a slice that is not done and that nobody else holds, None without one."""
    query = (
        BillSlice.select()
        .where(BillSlice.run == run_id, done_to < BillSlice.last_id)
        .order_by(BillSlice.first_id)
        .limit(1)
    )
    found: BillSlice | None = lock(query, is_skipping=True).first()
    return found


def _wait_for_others(run_id: int, done_to: IntegerField) -> bool:
    """Wait a little for those who hold the last slices; False once all are done."""
    with reading():
        left = BillSlice.select().where(
            BillSlice.run == run_id, done_to < BillSlice.last_id
        )
        is_left = bool(left.exists())
    if is_left:
        time.sleep(_LOOK_AGAIN)
    return is_left


def cancel(run_id: int, *, actor: Actor, now: datetime) -> None:
    """Give up what was prepared or issued; raises RunMoved once it is published."""
    with writing():
        if move(run_id, RunState.CANCELLED, now=now):
            note(run_id, "cancelled", actor, now)
    drop(run_id)


def stop(run_id: int, missing: set[Missing], *, actor: Actor, now: datetime) -> None:
    """Stop a run that met missing rows and keep nothing of it."""
    with writing():
        listed = [
            [one.what, one.key, one.day and one.day.isoformat()]
            for one in sorted(missing, key=str)
        ]
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


def _edges(branch_id: int, only: int | None) -> list[tuple[int, int]]:
    """Return the first and the last account id of each slice."""
    if only is not None:
        return [(only, only)]
    ids = (
        Account.select(Account.id)
        .where(Account.branch == branch_id, Account.kind == AccountKind.HOUSEHOLD)
        .order_by(Account.id)
    )
    found: list[tuple[int, int]] = []
    first = last = None
    for number, (account_id,) in enumerate(ids.tuples().iterator()):
        if number % SLICE == 0:
            if first is not None and last is not None:
                found.append((first, last))
            first = account_id
        last = account_id
    if first is not None and last is not None:
        found.append((first, last))
    return found


def note(run_id: int, what: str, actor: Actor, now: datetime, **details: Any) -> None:
    """Write down what was done with a run, inside the open transaction."""
    audit.record(
        actor, f"bill_run.{what}", now=now, subject=f"bill_run:{run_id}", **details
    )
