"""Whose bills a branch has: its own, or another billing system's."""

from datetime import datetime

from cabinet.domain.billing.run import OPEN
from cabinet.models import BillRun, Branch
from cabinet.models.base import lock, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing.runs import BranchUnknown, RunOpen


def set_own_billing(code: str, *, is_own: bool, actor: Actor, now: datetime) -> bool:
    """Let a branch bill by itself, or by files of another system; tell if it changed.

    Raises BranchUnknown, and RunOpen while a run of the branch is open: its drafts
    would be nobody's.
    """
    with writing():
        branch = lock(Branch.select().where(Branch.code == code)).first()
        if branch is None:
            raise BranchUnknown(code)
        if branch.own_billing == is_own:
            return False
        open_run = (
            BillRun.select(BillRun.month)
            .where(BillRun.branch == branch, BillRun.state.in_(sorted(OPEN)))
            .first()
        )
        if open_run is not None:
            raise RunOpen(f"{code} {open_run.month}")
        Branch.update(own_billing=is_own).where(Branch.id == branch.id).execute()
        audit.record(
            actor,
            "branch.own_billing" if is_own else "branch.other_billing",
            now=now,
            subject=f"branch:{branch.id}",
        )
        return True
