"""The accounts of a run, cut into slices that several processes work through."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from peewee import IntegerField, Select, fn

from cabinet.domain.billing.run import RunMoved, RunState
from cabinet.domain.people import AccountKind
from cabinet.models import Account, BillRun, BillSlice
from cabinet.models.base import database, lock, on_sqlite, reading, writing
from cabinet.services.billing.preview import Preview, unpack_preview

T = TypeVar("T")

#: Accounts of a slice: small enough that several processes end together.
SLICE = 10_000
#: Seconds that whoever works beside a portal leaves to it between two chunks: SQLite has
#: one writer, and those who wait for it look every tenth of a second.
GAP = 0.1
#: Seconds until the last slices, which others hold, are looked at again.
_LOOK_AGAIN = 0.2
#: The state after work that is done.
_AFTER = {
    RunState.PREPARING: RunState.PREPARED,
    RunState.ISSUING: RunState.ISSUED,
    RunState.PUBLISHING: RunState.PUBLISHED,
}


def slice_up(run: BillRun) -> None:
    """Cut the run's accounts into slices, inside the open transaction.

    Nothing happens where that is done already, also by another who was quicker.
    """
    lock(BillRun.select(BillRun.id).where(BillRun.id == run.id)).execute()
    if BillSlice.select().where(BillSlice.run == run).exists():
        return
    for first, last in _edges(run.branch_id, run.account_id):
        BillSlice.create(
            run=run,
            first_id=first,
            last_id=last,
            prepared_to=first - 1 if run.state == RunState.PREPARING else last,
            issued_to=first - 1,
            published_to=first - 1,
        )


def prepared(run_id: int) -> Preview:
    """Return the sums of what is prepared so far, inside the open transaction."""
    found = Preview()
    for (counts,) in (
        BillSlice.select(BillSlice.counts).where(BillSlice.run == run_id).tuples()
    ):
        found += unpack_preview(counts)
    return found


def work_through(
    run_id: int,
    state: RunState,
    done_to: IntegerField,
    chunk: Callable[[BillSlice], T],
    *,
    pause: float = 0,
) -> Iterator[T]:
    """Let `chunk` do a part of a slice at a time, each in a transaction of its own.

    It moves `done_to` of the slice on and its result is yielded; on SQLite others may
    write for `pause` seconds after it. Ends when every slice is done to its last
    account, also by others. Raises RunMoved where the run is not in the state.
    """
    while True:
        with writing():
            found = _held_state(run_id)
            if found == _AFTER[state]:
                return
            if found != state:
                raise RunMoved(str(found))
            part = _next_slice(run_id, done_to)
            with collector_resting():
                result = None if part is None else chunk(part)
        if result is not None:
            yield result
            if pause and on_sqlite():
                time.sleep(pause)
        elif not _wait_for_others(run_id, done_to):
            return


@contextmanager
def collector_resting() -> Iterator[None]:
    """Keep the collector of garbage out of the bills of a chunk.

    They are some hundred thousand small values that hold no circles: going through them
    again and again took a twelfth of the time. Memory stays as it is, for they are given
    back one by one.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _held_state(run_id: int) -> RunState:
    """Return the run's state, and keep it from being moved in the open transaction."""
    query = BillRun.select(BillRun.state).where(BillRun.id == run_id)
    found: RunState = (query if on_sqlite() else query.for_update("FOR SHARE")).scalar()
    return found


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


def _edges(branch_id: int, only: int | None) -> list[tuple[int, int]]:
    """Return the first and the last account id of each slice."""
    if only is not None:
        return [(only, only)]
    # The database numbers them: its driver would keep millions of ids at once.
    slice_ = (fn.ROW_NUMBER().over(order_by=[Account.id]) - 1) / SLICE
    numbered = Account.select(Account.id, slice_.alias("slice")).where(
        Account.branch == branch_id, Account.kind == AccountKind.HOUSEHOLD
    )
    edges = (
        Select(
            from_list=[numbered],
            columns=[fn.MIN(numbered.c.id), fn.MAX(numbered.c.id)],
        )
        .group_by(numbered.c.slice)
        .order_by(numbered.c.slice)
        .tuples()
    )
    return list(edges.execute(database.obj))


def accounts_of(run: BillRun) -> int:
    """Return how many accounts a run looks at, inside the open transaction."""
    if run.account_id is not None:
        return 1
    query = Account.select().where(
        Account.branch == run.branch_id, Account.kind == AccountKind.HOUSEHOLD
    )
    return int(query.count())
