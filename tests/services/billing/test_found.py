"""What a bill rests on is found by keys, however many years of readings there are."""

from datetime import date

import pytest

from cabinet.domain.metering import BASE, ReadingState
from cabinet.domain.period import Month, months
from cabinet.models.base import database, on_sqlite, reading
from cabinet.models.meters import TO_COUNT
from cabinet.services.billing import runs
from cabinet.services.billing.inputs import next_accounts, read
from tests import factories

YEAR = list(months(Month(2025, 9), Month(2026, 8)))
MONTH = Month(2026, 9)
ALL = 100_000


@pytest.fixture
def street(kursk):
    """Forty accounts with a year that was counted and a month that was not."""
    for number in range(40):
        account = factories.make_account(f"4600000000{number:02}", kursk)
        meter = factories.make_meter(
            account, serial=f"7{number}", opening=1000, opening_on=date(2025, 8, 31)
        )
        for at, month in enumerate([*YEAR, MONTH], start=1):
            is_new = month == MONTH
            factories.make_reading(
                meter,
                str(month),
                (1000 + 100 * at,),
                state=ReadingState.SUBMITTED if is_new else ReadingState.COUNTED,
                counted_in=None if is_new else month,
            )
    if not on_sqlite():
        database.execute_sql("ANALYZE")
    return kursk


def test_the_words_of_the_index_are_those_of_the_domain():
    waits = BASE - {ReadingState.COUNTED}
    assert set(TO_COUNT.sql.strip("()").split(", ")) == {f"'{one}'" for one in waits}


def test_readings_that_no_bill_counted_are_found_without_the_others(street):
    place = runs.frame_of(street, MONTH).place
    asked = []
    hooks = database.obj.query_hooks
    with reading():
        accounts = next_accounts(place, 0, ALL, ALL)
        hooks.append(asked.append)
        try:
            found = read(place, accounts)
        finally:
            hooks.remove(asked.append)
        assert [len(one.readings) for one in found] == [1] * 40
        (event,) = [one for one in asked if 'FROM "reading"' in one.sql]
        if on_sqlite():
            plan = f"EXPLAIN QUERY PLAN {event.sql}"
        else:
            database.execute_sql("SET LOCAL enable_seqscan = off")
            plan = f"EXPLAIN {event.sql}"
        rows = database.execute_sql(plan, event.params).fetchall()
    assert "reading_to_count" in str(rows), rows


def test_postgres_is_told_how_many_rows_an_account_may_have(db):
    """Or it takes one's for hundreds, and reads whole tables to find them."""
    if on_sqlite():
        rows = database.execute_sql(
            "SELECT name FROM sqlite_master WHERE name = 'reading_to_count'"
        ).fetchall()
        assert rows == [("reading_to_count",)]
        return
    rows = database.execute_sql(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " WHERE attoptions = '{n_distinct=-0.05}' ORDER BY 1"
    ).fetchall()
    assert rows == [
        ("bill", "account_id"),
        ("ledger_entry", "account_id"),
        ("reading", "meter_id"),
    ]
