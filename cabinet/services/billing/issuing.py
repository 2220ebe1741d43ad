"""Preparing and issuing: what a run would do, and its drafts, chunk by chunk.

A chunk is one transaction: the accounts after the last one done, their drafts, the new
last one. Whoever dies in it leaves nothing of it; whoever comes later goes on from there.
Two at once hold different slices, or wait for each other.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from cabinet.domain.billing.run import RunState
from cabinet.domain.period import Month
from cabinet.models import BillDraft, BillHold, BillSlice, Branch
from cabinet.models.base import reading, writing
from cabinet.services import bulk
from cabinet.services.audit import Actor
from cabinet.services.billing import runs, slices
from cabinet.services.billing.compute import Held, Made, compute, draft_row
from cabinet.services.billing.inputs import next_accounts
from cabinet.services.billing.plain import Plain
from cabinet.services.billing.preview import Preview, unpack_preview
from cabinet.services.billing.runs import Frame
from cabinet.services.billing.terms import Missing

#: Accounts of one transaction.
CHUNK = 500
_NO_END = 2**63 - 1


def prepare(
    branch: Branch,
    month: Month,
    *,
    only: int | None = None,
    report: Callable[[int], None] = lambda _done: None,
) -> Preview:
    """Compute every bill of the month and write none; `report` is told how many are done."""
    preview = Preview()
    with reading():
        frame = runs.frame_of(branch, month, only)
        preview.missing.update(frame.rules.missing)
    last_id = 0
    while True:
        with reading(), slices.collector_resting():
            accounts = next_accounts(
                frame.place, last_id, _NO_END, CHUNK, only=frame.only
            )
            for result in compute(frame.place, frame.rules, accounts):
                preview.add(result)
        report(preview.accounts)
        if len(accounts) < CHUNK:
            return preview
        last_id = accounts[-1].account_id


def prepare_run(
    run_id: int,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int], None] = lambda _done: None,
    pause: float = 0,
) -> Preview:
    """Compute every bill of a run slice by slice, keep the sums, and return them.

    The run is stopped where rows are missing, and given up where there is nothing to
    bill. Raises RunMoved where the run is not being prepared.
    """
    with writing():
        run = runs.with_branch(run_id)
        slices.slice_up(run)
        frame = runs.frame_of(run.branch, run.month, run.account_id)
    look = partial(_look, frame=frame)
    for done in slices.work_through(
        run_id, RunState.PREPARING, BillSlice.prepared_to, look, pause=pause
    ):
        report(done)
    with reading():
        found = slices.prepared(run_id)
    found.missing.update(frame.rules.missing)
    if found.missing:
        runs.stop(run_id, set(found.missing), actor=actor, now=clock())
        return found
    after = RunState.PREPARED if found.bills else RunState.CANCELLED
    with writing():
        if runs.move(run_id, after, now=clock(), counts=found.packed()):
            runs.note(run_id, after, actor, clock(), bills=found.bills)
    return found


def _look(part: BillSlice, frame: Frame) -> int:
    """Add up the next bills of a slice; how many accounts it was."""
    accounts = next_accounts(
        frame.place, part.prepared_to, part.last_id, CHUNK, only=frame.only
    )
    found = unpack_preview(part.counts)
    for result in compute(frame.place, frame.rules, accounts):
        found.add(result)
    is_last = len(accounts) < CHUNK
    BillSlice.update(
        prepared_to=part.last_id if is_last else accounts[-1].account_id,
        counts=found.packed(),
    ).where(BillSlice.id == part.id).execute()
    return len(accounts)


def issue(
    run_id: int,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int], None] = lambda _done: None,
    pause: float = 0,
) -> bool:
    """Write the drafts of a run; return whether all are there.

    False where rows turned out to be missing: the run is stopped then, its drafts gone.
    Raises RunMoved where the run is not one to be issued, or was given up meanwhile.
    """
    with writing():
        runs.move(run_id, RunState.ISSUING, now=clock())
        run = runs.with_branch(run_id)
        frame = runs.frame_of(run.branch, run.month, run.account_id)
    if frame.rules.missing:
        runs.stop(run_id, set(frame.rules.missing), actor=actor, now=clock())
        return False
    for done, missing in slices.work_through(
        run_id,
        RunState.ISSUING,
        BillSlice.issued_to,
        partial(_chunk, run_id, frame=frame),
        pause=pause,
    ):
        if missing:
            runs.stop(run_id, missing, actor=actor, now=clock())
            return False
        report(done)
    with writing():
        if runs.move(run_id, RunState.ISSUED, now=clock(), issued_at=clock()):
            runs.note(run_id, "issued", actor, clock())
    return True


def _chunk(run_id: int, part: BillSlice, frame: Frame) -> tuple[int, set[Missing]]:
    """Write the next drafts of a slice; how many accounts it was, and what they lacked."""
    accounts = next_accounts(
        frame.place,
        part.issued_to,
        part.last_id,
        CHUNK,
        only=frame.only,
        is_held=True,
    )
    drafts, holds = [], []
    missing: set[Missing] = set()
    for result in compute(frame.place, frame.rules, accounts):
        if isinstance(result, Plain):
            drafts.append(result.draft_row(run_id, frame.rules.vat_rate))
        elif isinstance(result, Made):
            drafts.append(draft_row(run_id, result, frame.rules.vat_rate))
        elif isinstance(result, Held):
            holds.append(
                {
                    "run": run_id,
                    "account": result.account.account_id,
                    "reason": result.reason,
                    "details": result.details,
                }
            )
        else:
            missing.add(result.missing)
    bulk.insert(BillDraft, drafts)
    bulk.insert(BillHold, holds)
    is_last = len(accounts) < CHUNK
    BillSlice.update(
        issued_to=part.last_id if is_last else accounts[-1].account_id,
        issued=BillSlice.issued + len(drafts),
        held=BillSlice.held + len(holds),
    ).where(BillSlice.id == part.id).execute()
    return len(accounts), missing
