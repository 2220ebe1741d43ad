"""Whether the installation can serve."""

from datetime import datetime

from peewee import PeeweeException

from cabinet.models.base import database
from cabinet.models.migrate import missing_migrations


def faults(*, now: datetime) -> list[str]:
    """Return what stands in the way of serving, empty when all is well."""
    del now
    try:
        database.execute_sql("SELECT 1")
        missing = missing_migrations()
    except PeeweeException:
        return ["database does not answer"]
    return [f"migration {name} is not applied" for name in missing]
