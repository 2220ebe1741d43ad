"""Whose bills a branch has: its own, or another billing system's."""

from datetime import datetime

from cabinet.domain.billing.run import OPEN
from cabinet.models import BillRun, Branch
from cabinet.models.base import lock, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.billing.runs import BranchUnknown, RunOpen


def set_own_billing(
    code: str,
    *,
    is_own: bool,
    settles_norm: bool | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Let a branch bill by itself, or by files of another system; tell if it changed.

    `settles_norm` tells whether months by the norm are settled when readings come again,
    None leaves it as it is.

    Raises BranchUnknown, and RunOpen while a run of the branch is open: its drafts
    would be nobody's.
    """
    with writing():
        branch = lock(Branch.select().where(Branch.code == code)).first()
        if branch is None:
            raise BranchUnknown(code)
        if settles_norm is None:
            settles_norm = branch.settles_norm
        if (branch.own_billing, branch.settles_norm) == (is_own, settles_norm):
            return False
        open_run = (
            BillRun.select(BillRun.month)
            .where(BillRun.branch == branch, BillRun.state.in_(sorted(OPEN)))
            .first()
        )
        if open_run is not None:
            raise RunOpen(f"{code} {open_run.month}")
        Branch.update(own_billing=is_own, settles_norm=settles_norm).where(
            Branch.id == branch.id
        ).execute()
        audit.record(
            actor,
            "branch.own_billing" if is_own else "branch.other_billing",
            now=now,
            subject=f"branch:{branch.id}",
            settles_norm=settles_norm,
        )
        return True
