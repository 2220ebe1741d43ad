"""Whether the installation can serve."""

from datetime import datetime

from peewee import DatabaseError, InterfaceError, OperationalError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from cabinet.models.base import database, on_sqlite
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
        takes = _takes_rows()
        missing = missing_migrations()
    except (PeeweeException, *UNAVAILABLE):
        return ["database does not answer"]
    if not takes:
        return ["database only reads: it is a standby"]
    faults = [f"migration {name} is not applied" for name in missing]
    if room.is_low():
        faults.append("the disk is full, or nearly")
    return faults


def _takes_rows() -> bool:
    """Tell whether the database can be written to: a standby of Postgres answers too."""
    if on_sqlite():
        database.execute_sql("SELECT 1")
        return True
    (state,) = database.execute_sql("SHOW transaction_read_only").fetchone()
    return bool(state == "off")


def may_report(address: str, *, pepper: str, now: datetime) -> bool:
    """Tell whether the address may report once more in this minute."""
    try:
        limits.spend(limits.REPORT_MINUTE, address, pepper=pepper, now=now)
    except limits.TooManyAttemptsError:
        return False
    return True
