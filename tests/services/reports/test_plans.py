"""What grows with customers is read by its indexes, never again for each account."""

import pytest

from cabinet.models.base import database, on_sqlite
from cabinet.services.reports.debts import debts_of
from cabinet.services.reports.silent import silent_of
from cabinet.services.reports.window import progress_of
from tests import factories
from tests.house.test_queries import _scanned
from tests.services.reports.test_debts import bill

#: Tables that have more rows than there are accounts.
LONGER = {"ledger_entry", "bill", "reading"}


@pytest.mark.parametrize(
    "make",
    [
        lambda who, now: debts_of(who, "", now=now),
        lambda who, now: silent_of(who, "", None, now=now),
        lambda who, now: progress_of(who, "", None, None, now=now),
    ],
    ids=["debts", "silent", "window"],
)
def test_entries_and_readings_are_found_by_their_account(member, now, db, make):
    for number in range(30):
        account = factories.make_account(f"46000000{number:04}")
        bill(account, "2026-09", "100,00")
        bill(account, "2026-10", "100,00")
        factories.make_reading(factories.make_meter(account), "2026-10")
    if not on_sqlite():
        database.execute_sql("SET enable_seqscan = off")
    asked = []
    db.obj.query_hooks.append(asked.append)
    make(member, now)
    db.obj.query_hooks.remove(asked.append)
    told = [each for each in asked if each.sql.startswith("SELECT")]
    assert told
    for each in told:
        assert not _scanned(each.sql, each.params) & LONGER, each.sql
