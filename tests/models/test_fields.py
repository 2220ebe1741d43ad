"""What a column takes and gives back, the same on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cabinet.models import AuditEntry, LedgerEntry, Rate, Reading
from cabinet.models.base import database

NOON = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", [UTC, ZoneInfo("Europe/Moscow"), timezone(timedelta(hours=12))]
)
def test_a_moment_is_kept_in_utc_whatever_clocks_told_it(db, zone):
    AuditEntry.create(at=NOON.astimezone(zone), action="x")
    found = AuditEntry.get().at
    assert (found, found.utcoffset()) == (NOON, timedelta(0))
    kept = database.execute_sql("SELECT at FROM audit_entry").fetchone()[0]
    assert str(kept) == "2026-11-22 09:00:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (AuditEntry.at, datetime(2026, 11, 22, 9)),  # noqa: DTZ001 - as it comes
        (AuditEntry.at, date(2026, 11, 22)),
        (LedgerEntry.amount, 1.5),
        (LedgerEntry.amount, Decimal("1.50")),
        (LedgerEntry.amount, 150),
        (LedgerEntry.month, "2026-11"),
        (Reading.t1, 4772),
        (Rate.price, Decimal("5.87")),
    ],
)
def test_a_column_takes_its_own_type_alone(db, field, value):
    with pytest.raises(TypeError, match=f"{field.name} takes"):
        field.db_value(value)
