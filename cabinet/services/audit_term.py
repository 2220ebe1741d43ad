"""Removing the oldest entries of the audit log, so that the rest can still be checked.

What is removed is checked first: damage is left for `cabinet audit verify` to tell. A
mark then says up to which entry the log was removed and with which chain it goes on. It
is keyed like the seals, so nobody without the settings' secret can call a deletion a
removal; and the triggers let go only of what a mark is about.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from peewee import fn

from cabinet.models import AuditCut, AuditEntry, AuditSeal
from cabinet.models.base import database, on_sqlite, reading, writing
from cabinet.services import audit, audit_chain

log = logging.getLogger(__name__)

#: Entries of one turn: those who write wait for it.
MOST = 2000
#: Three years, as the public policy says.
TERM = timedelta(days=3 * 365 + 1)


def remove(
    *,
    before: datetime,
    secret: str,
    older: Iterable[str] = (),
    now: datetime,
    most: int = MOST,
) -> int:
    """Remove sealed entries from before a moment, `most` at most; return how many.

    `older` are secrets the portal had before. Nothing is removed past an entry that is newer, or is not sealed, or is damaged.
    """
    keys = [audit_chain.key_of(each) for each in (secret, *older)]
    with writing():
        if not on_sqlite():
            database.execute_sql("LOCK TABLE audit_seal IN EXCLUSIVE MODE")
        try:
            cuts = audit_chain.cuts_of(keys)
        except audit_chain.ForgedCutError:
            log.exception("nothing is removed from a damaged audit log")
            return 0
        last = cuts[-1] if cuts else None
        newer = AuditEntry.select(fn.MIN(AuditEntry.id)).where(AuditEntry.at >= before)
        cut = _checked(keys, last, newer.scalar(), most)
        if cut is None:
            return 0
        removed = cut.count - (last.count if last else 0)
        cut.cut_at = now
        cut.mark = audit_chain.mark_of(keys[0], last.mark if last else "", cut)
        cut.save(force_insert=True)
        # First of all: SQLite gives the number of a deleted last row anew.
        audit.record(
            audit.SYSTEM, "audit.removed", now=now, upto=cut.entry_id, count=removed
        )
        AuditSeal.delete().where(AuditSeal.entry_id <= cut.entry_id).execute()
        AuditEntry.delete().where(AuditEntry.id <= cut.entry_id).execute()
        return removed


def remove_due(*, secret: str, older: Iterable[str] = (), now: datetime) -> int:
    """Remove all that is past its term and return how many entries."""
    known, removed = list(older), 0
    before = now - TERM
    while gone := remove(before=before, secret=secret, older=known, now=now):
        removed += gone
    return removed


def begins_after() -> int:
    """Return the last entry that was removed by its term, 0 before the first one."""
    with reading():
        return AuditCut.select(fn.MAX(AuditCut.entry_id)).scalar() or 0


def _checked(
    keys: list[bytes], last: AuditCut | None, newer: int | None, most: int
) -> AuditCut | None:
    """Return the removal of as many good links as may go, None where none may."""
    chain = last.chain if last else audit_chain.NOTHING
    entry_id, count = None, last.count if last else 0
    for seal_row, entry, stray in audit_chain.links(last.entry_id if last else None):
        if (newer is not None and seal_row.entry_id >= newer) or most <= 0:
            break
        damage, at = audit_chain.damage_of(keys, chain, seal_row, entry, stray)
        if damage is not None:
            log.error("nothing is removed from a damaged audit log: entry %s", at)
            return None
        chain, entry_id = seal_row.chain, seal_row.entry_id
        count, most = count + 1, most - 1
    if entry_id is None:
        return None
    return AuditCut(entry_id=entry_id, chain=chain, count=count)
