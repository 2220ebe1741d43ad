"""Whether the installation can serve."""

from datetime import datetime

from peewee import DatabaseError, InterfaceError, OperationalError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from cabinet.models.base import database
from cabinet.models.migrate import missing_migrations
from cabinet.services import limits, room

#: What a database raises while it is locked, full, or not there.
UNAVAILABLE: tuple[type[Exception], ...] = (
    InterfaceError,
    MaxConnectionsExceeded,
    OperationalError,
)

#: And when it is no database at all.
UNUSABLE: tuple[type[Exception], ...] = (DatabaseError, *UNAVAILABLE)


def faults() -> list[str]:
    """Return what stands in the way of serving, empty when all is well."""
    try:
        database.execute_sql("SELECT 1")
        missing = missing_migrations()
    except PeeweeException:
        return ["database does not answer"]
    faults = [f"migration {name} is not applied" for name in missing]
    if room.is_low():
        faults.append("the disk is full, or nearly")
    return faults


def may_report(address: str, *, pepper: str, now: datetime) -> bool:
    """Tell whether the address may report once more in this minute."""
    try:
        limits.spend(limits.REPORT_MINUTE, address, pepper=pepper, now=now)
    except limits.TooManyAttemptsError:
        return False
    return True
