"""Hot queries are served by indexes, however many accounts there are."""

import json
import re

import pytest

from cabinet.models import AccountAccess
from cabinet.models.base import database, on_sqlite
from tests import factories
from tests.browsing import Browser

#: Tables that grow with customers and time; reading one whole is a fault.
LARGE = {
    "account",
    "account_access",
    "attempt",
    "audit_entry",
    "bill",
    "home_note",
    "import_batch",
    "ledger_entry",
    "meter",
    "outbox_message",
    "paper",
    "payment",
    "payment_share",
    "reading",
    "session",
    "user",
}

PAGES = (
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    "/bills/2026-10",
    "/tariffs",
    "/profile",
    "/profile/accounts",
    "/profile/accounts/{slug}/log",
    "/profile/accounts/{slug}/unlink",
    "/profile/delegates",
    "/profile/consents",
    "/profile/email",
)

#: What specialists look at of one account.
STAFF_PAGES = (
    "/staff/accounts?q=46000",
    "/staff/accounts?q=gtnhjd",
    "/staff/accounts?q=ktybyf+99",
    "/staff/accounts?q=somebody@example.org",
    "/staff/accounts/{number}",
    "/staff/accounts/{number}/bills/2026-10",
    "/staff/accounts/{number}/what-if?residents=3",
    "/staff/accounts/{number}/control-act",
)
#: Computing a bill twice asks for every dated row it rests on.
MOST_OF_STAFF = 60

#: A page asks the database this often at most, sign-in and account included.
MOST_QUERIES = 16


@pytest.fixture
def crowd(db, alice, account, meter):
    """Enough rows that a planner prefers an index."""
    factories.make_ranges()
    factories.make_rates()
    factories.make_reading(meter, "2026-10", (4500,))
    factories.make_bill(account, "2026-10")
    if not on_sqlite():
        database.execute_sql("SET enable_seqscan = off")
    return account


@pytest.mark.parametrize("url", PAGES)
def test_a_page_asks_little_and_reads_no_large_table_whole(
    app, alice, crowd, asked, url
):
    browser = Browser(app).sign_in(alice)
    slug = AccountAccess.get(AccountAccess.user == alice).slug
    asked.clear()
    browser.get(url.format(slug=slug), check=False)
    assert 0 < len(asked) <= MOST_QUERIES, [sql for sql, _ in asked]
    for sql, params in list(asked):
        assert not _scanned(sql, params) & LARGE, sql


@pytest.mark.parametrize("url", STAFF_PAGES)
def test_a_page_of_one_account_reads_no_large_table_whole(app, crowd, asked, url):
    browser = Browser(app).sign_in(factories.make_staff())
    asked.clear()
    page = browser.get(url.format(number=crowd.number))
    assert page.one("h1") is not None
    assert 0 < len(asked) <= MOST_OF_STAFF, [sql for sql, _ in asked]
    for sql, params in list(asked):
        assert not _scanned(sql, params) & LARGE, sql


def _scanned(sql, params):
    """The tables a statement reads whole."""
    if on_sqlite():
        rows = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
        steps = [row[3] for row in rows]
        # «SCAN t1 USING INDEX» walks an index; a bare «SCAN» walks the table.
        names = _names(sql)
        return {
            names.get(step.split()[1], step.split()[1])
            for step in steps
            if step.startswith("SCAN") and "INDEX" not in step
        }
    plan = database.execute_sql(f"EXPLAIN (FORMAT JSON) {sql}", params).fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    return set(_sequential(plan[0]["Plan"]))


def _sequential(node):
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _sequential(child)


def _names(sql):
    return {alias: name for name, alias in re.findall(r'"(\w+)" AS "(\w+)"', sql)}


def test_a_whole_table_would_be_noticed(crowd):
    assert _scanned("SELECT * FROM reading", ()) == {"reading"}
