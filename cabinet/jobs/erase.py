"""Closing the cabinets whose owners had their time to change their mind."""

import logging
from datetime import datetime
from pathlib import Path

from cabinet.services import erasure

log = logging.getLogger(__name__)


def erase_due(home: Path, *, now: datetime) -> int:
    """Erase everybody whose time is over and return how many."""
    erased = 0
    for user_id in erasure.due(now=now):
        try:
            erased += erasure.erase_due(user_id, now=now)
        except Exception:
            # One person's fault must not keep the others waiting.
            log.exception("not erased", extra={"user": user_id})
    erasure.finish(home)
    return erased
