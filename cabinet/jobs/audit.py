"""Sealing what the audit log has got."""

import logging
from datetime import datetime
from pathlib import Path

from cabinet.services import audit_chain, audit_heads

log = logging.getLogger(__name__)

#: Entries of one turn: letters must not wait while a long log is sealed at first.
MOST = 5000


def seal_due(*, secret: str, now: datetime, most: int = MOST) -> int:
    """Seal up to `most` entries and return how many.

    The head goes into the worker's log: kept there, it tells of a chain cut off later.
    """
    sealed = audit_chain.seal(secret=secret, now=now, most=most)
    if sealed:
        log.info("audit sealed: %d entries, head %s", sealed, audit_chain.find_head())
    return sealed


def keep_head(home: Path, *, now: datetime) -> int:
    """Write the head of a new day down outside the database."""
    return int(audit_heads.keep(home, now=now))
