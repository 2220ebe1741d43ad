"""What the back office does with bill runs: asks, allows, holds back, releases, gives up.

What takes long is a worker's: here a run is moved into the state that the worker finds.
"""

from datetime import datetime
from typing import Protocol

from cabinet.domain.billing.run import Hold, RunError, RunState
from cabinet.domain.period import Month
from cabinet.models import Account, BillDraft, BillHold, BillRun, BillSlice, Branch
from cabinet.models.base import lock, writing
from cabinet.services.audit import Actor
from cabinet.services.billing import runs
from cabinet.services.billing.desk import RunNotFound
from cabinet.services.staff import Member, branches_of


class Decision(Protocol):
    """What is done with a run as a whole; raises RunNotFound, RunMoved."""

    def __call__(
        self, member: Member, run_id: int, *, actor: Actor, now: datetime
    ) -> None:
        """Do it."""


class DraftNotFound(RunError):
    """The run has no draft of this account: it is held back already, or never had one."""


def ask(
    member: Member,
    code: str,
    month: Month,
    *,
    number: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Ask for the bills of a month, of one account where it is named; return the run.

    A worker prepares it. Raises runs.BranchUnknown, runs.NotOwnBilling,
    runs.AccountUnknown, runs.MonthNotOver, runs.RunOpen, runs.EarlierOpen.
    """
    with writing():
        branch = Branch.get_or_none(
            Branch.code == code, Branch.id.in_(branches_of(member))
        )
        runs.check_own(branch, code)
        runs.check_month(branch, month, now)
        only = runs.account_id_of(branch, number) if number else None
        run = runs.create(
            branch, month, RunState.PREPARING, only=only, actor=actor, now=now
        )
        runs.note(run.id, "asked", actor, now, month=str(month), branch=code)
        return int(run.id)


def issue(member: Member, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a worker write the drafts; raises RunNotFound, RunMoved."""
    _move(member, run_id, RunState.ISSUING, what="allowed", actor=actor, now=now)


def publish(member: Member, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a worker publish the drafts; raises RunNotFound, RunMoved."""
    _move(member, run_id, RunState.PUBLISHING, what="released", actor=actor, now=now)


def cancel(member: Member, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Give a run up; a worker drops its drafts. Raises RunNotFound, RunMoved."""
    _move(member, run_id, RunState.CANCELLED, what="cancelled", actor=actor, now=now)


def go_on(member: Member, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Let a worker try again what met a fault; raises RunNotFound."""
    with writing():
        row = _locked(member, run_id)
        if row.fault:
            BillRun.update(fault="").where(BillRun.id == run_id).execute()
            runs.note(run_id, "resumed", actor, now)


def hold_back(
    member: Member, run_id: int, number: str, why: str, *, actor: Actor, now: datetime
) -> None:
    """Drop the draft of an account, which gets no bill in this run, and say why.

    Raises RunNotFound, RunMoved where the run is not one to be looked through,
    DraftNotFound.
    """
    with writing():
        row = _locked(member, run_id)
        runs.require(row.state, RunState.ISSUED)
        draft = (
            BillDraft.select(BillDraft.id, BillDraft.account)
            .join(Account)
            .where(BillDraft.run == run_id, Account.number == number)
            .first()
        )
        if draft is None:
            raise DraftNotFound(number)
        BillDraft.delete().where(BillDraft.id == draft.id).execute()
        BillHold.create(
            run=run_id, account=draft.account_id, reason=Hold.BY_HAND, details=why
        )
        BillSlice.update(issued=BillSlice.issued - 1, held=BillSlice.held + 1).where(
            BillSlice.run == run_id,
            BillSlice.first_id <= draft.account_id,
            BillSlice.last_id >= draft.account_id,
        ).execute()
        runs.note(run_id, "held_back", actor, now, account_id=draft.account_id)


def _move(
    member: Member,
    run_id: int,
    after: RunState,
    *,
    what: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Move a run of the member's; one that is there already stays as it is."""
    with writing():
        _locked(member, run_id)
        if runs.move(run_id, after, now=now):
            runs.note(run_id, what, actor, now)


def _locked(member: Member, run_id: int) -> BillRun:
    query = BillRun.select().where(
        BillRun.id == run_id, BillRun.branch.in_(branches_of(member))
    )
    row: BillRun | None = lock(query).first()
    if row is None:
        raise RunNotFound(run_id)
    return row
