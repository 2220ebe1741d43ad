"""When the parts of the worker were last alive, and what they counted for others.

The worker cannot say that it is away: whoever looks sees how long ago it wrote here.
"""

from datetime import datetime

from cabinet.models import Beat
from cabinet.models.base import writing

#: Parts that are back within seconds while the worker lives: letters, whatever has its
#: hour, and payments, refunds and notices.
LETTERS, SCHEDULE, PAYMENTS = "letters", "schedule", "payments"
#: Who counts the accounts that have sent their readings.
WINDOW = "window"


def note(name: str, *, now: datetime, told: dict[str, object] | None = None) -> int:
    """Write down that the part is alive, and what it has counted if it has."""
    with writing():
        values = {"at": now} if told is None else {"at": now, "told": told}
        Beat.insert({"name": name, **values}).on_conflict(
            conflict_target=[Beat.name], update=values
        ).execute()
    return 1
