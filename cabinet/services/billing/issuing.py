"""Preparing and issuing: what a run would do, and its drafts, chunk by chunk.

A chunk is one transaction: the accounts after the last one done, their drafts, the new
last one. Whoever dies in it leaves nothing of it; whoever comes later goes on from there.
Two at once hold different slices, or wait for each other.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from cabinet.domain.billing.run import Hold, Oddity, RunState
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import BillDraft, BillHold, BillSlice, Branch
from cabinet.models.base import reading, writing
from cabinet.services import bulk
from cabinet.services.audit import Actor
from cabinet.services.billing import runs
from cabinet.services.billing.compute import Held, Made, Result, compute, draft_row
from cabinet.services.billing.inputs import next_accounts
from cabinet.services.billing.runs import Frame
from cabinet.services.billing.terms import Missing

#: Accounts of one transaction.
CHUNK = 250
_NO_END = 2**63 - 1
_NOTHING = Money(0)
_NO_ENERGY = Energy(0)


@dataclass(slots=True)
class Preview:
    """What a run would do: counts, sums, what is odd, who is held back, what is missing."""

    accounts: int = 0
    bills: int = 0
    energy: Energy = _NO_ENERGY
    charged: Money = _NOTHING
    recalculated: Money = _NOTHING
    penalty: Money = _NOTHING
    benefit: Money = _NOTHING
    paid: Money = _NOTHING
    opening: Money = _NOTHING
    closing: Money = _NOTHING
    before: Money = _NOTHING
    bases: Counter[ChargeBasis] = field(default_factory=Counter)
    oddities: Counter[Oddity] = field(default_factory=Counter)
    held: Counter[Hold] = field(default_factory=Counter)
    missing: Counter[Missing] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """Count what comes of an account."""
        self.accounts += 1
        if isinstance(result, Held):
            self.held[result.reason] += 1
            return
        if not isinstance(result, Made):
            self.missing[result.missing] += 1
            return
        bill = result.bill
        self.bills += 1
        self.energy += bill.charge.volume.total
        self.charged += bill.charge.charged
        self.recalculated += bill.charge.recalculated
        self.penalty += bill.penalty
        self.benefit += bill.benefit
        self.paid += bill.paid
        self.opening += bill.opening
        self.closing += bill.closing
        self.before += result.last or _NOTHING
        self.bases[bill.charge.volume.basis] += 1
        self.oddities.update(result.oddities)


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
        with reading():
            accounts = next_accounts(
                frame.place, last_id, _NO_END, CHUNK, only=frame.only
            )
            for result in compute(frame.place, frame.rules, accounts):
                preview.add(result)
        report(preview.accounts)
        if len(accounts) < CHUNK:
            return preview
        last_id = accounts[-1].account_id


def issue(
    run_id: int,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int], None] = lambda _done: None,
) -> bool:
    """Write the drafts of a run; return whether all are there.

    False where rows turned out to be missing: the run is stopped then, its drafts gone.
    Raises runs.RunMoved where the run is not one to be issued.
    """
    with writing():
        runs.move(run_id, RunState.ISSUING, now=clock())
        run = runs.with_branch(run_id)
        frame = runs.frame_of(run.branch, run.month, run.account_id)
    if frame.rules.missing:
        runs.stop(run_id, set(frame.rules.missing), actor=actor, now=clock())
        return False
    for done, missing in runs.work_through(
        run_id,
        RunState.ISSUING,
        BillSlice.issued_to,
        partial(_chunk, run_id, frame=frame),
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
        if isinstance(result, Made):
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
