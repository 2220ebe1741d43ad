"""Taking back what was entered by mistake, while nothing stands on it."""

from datetime import datetime
from uuid import UUID

from cabinet.domain.errors import NotFound
from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.models import Meter, Reading
from cabinet.models.base import lock, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.entering.log import is_undoable, own_entries
from cabinet.services.staff import Member


class EntryNotFoundError(NotFound):
    """The member has entered no such reading."""


class CannotUndoError(ValueError):
    """The reading is too old to be taken back, or something stands on it."""


def undo_entry(member: Member, public_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Withdraw the reading; what it had replaced stands again as it was.

    Twice is once. Raises EntryNotFoundError for what somebody else entered, and
    CannotUndoError.
    """
    with writing():
        found = own_entries(member).where(Reading.public_id == public_id).first()
        if found is None:
            raise EntryNotFoundError(public_id)
        meter = found.meter
        lock(Meter.select(Meter.id).where(Meter.id == meter.id)).first()
        row = Reading.get_by_id(found.id)
        if row.state is ReadingState.WITHDRAWN:
            return
        if not is_undoable(row, now) or _is_stood_on(row):
            raise CannotUndoError(public_id)
        before, stood_as = row.supersedes_id, row.stood_as
        # The chain of what replaced what goes on without it.
        Reading.update(
            state=ReadingState.WITHDRAWN,
            supersedes=None,
            stood_as=None,
            version=Reading.version + 1,
        ).where(Reading.id == row.id).execute()
        if before is not None and stood_as is not None:
            Reading.update(state=stood_as, version=Reading.version + 1).where(
                Reading.id == before, Reading.state == ReadingState.SUPERSEDED
            ).execute()
        audit.record(
            actor,
            "reading.withdrawn",
            now=now,
            subject=f"reading:{row.id}",
            account_id=meter.account_id,
            restored=before,
        )


def _is_stood_on(row: Reading) -> bool:
    """Tell whether a later reading of the meter goes on from this one."""
    later = Reading.select(Reading.id).where(
        Reading.meter == row.meter_id,
        Reading.id > row.id,
        Reading.state.in_([str(state) for state in CURRENT]),
        Reading.source != ReadingSource.ESTIMATE,
    )
    return bool(later.exists())
