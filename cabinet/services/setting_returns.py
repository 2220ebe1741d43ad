"""Putting back what a change of settings found: another change, that names it."""

from collections.abc import Callable
from datetime import datetime

from cabinet.domain.people import Role
from cabinet.models import SettingChange
from cabinet.models.base import writing
from cabinet.services import (
    acquirers,
    branches,
    setting_changes,
    staffing,
    working_days,
)
from cabinet.services.audit import Actor
from cabinet.services.setting_changes import ChangeNotFoundError
from cabinet.services.staff import Member

#: By what stands before the colon of the subject: who puts it back, whether supervisors may.
_KINDS: dict[str, tuple[Callable[..., None], bool]] = {
    "branch": (branches.put_back, True),
    "user": (staffing.put_back, False),
    "day": (working_days.put_back, False),
    "shop": (acquirers.put_back, False),
}


def put_back(change_id: int, member: Member, *, actor: Actor, now: datetime) -> str:
    """Put back what a change found and return its subject.

    Raises ChangeNotFoundError, ChangedMeanwhileError, and what the kind raises where
    that cannot be any more.
    """
    with writing():
        change: SettingChange = setting_changes.get(change_id)
        kind = _KINDS.get(change.subject.partition(":")[0])
        if kind is None or not (member.role is Role.ADMIN or kind[1]):
            raise ChangeNotFoundError(change_id)
        kind[0](member, change, actor=actor, now=now)
        return str(change.subject)
