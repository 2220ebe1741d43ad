"""How many statements the hot pages take: one more is seen here, not in a slow month.

Sign-in and account included; BEGIN and COMMIT are not counted.
"""

import pytest

from cabinet.models import Reading
from cabinet.models.base import database, on_sqlite
from tests import factories
from tests.browsing import Browser

#: Of a page that was opened before by the same process.
STATEMENTS = {
    "/": 7,
    "/readings": 5,
    "/history": 8,
    "/bills": 4,
    "/bills/2026-10": 11,
    "/bills/2026-10.pdf": 13,
}
#: A first reading of a month, with its trace and what is asked after it.
OF_A_READING = 13
#: Postgres locks the meter first; on SQLite the transaction is the lock.
LOCKS = 1

TURNS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET")


@pytest.fixture
def sent(app):
    """The statements sent to the database meanwhile."""
    statements = []

    def note(event):
        if not event.sql.lstrip().upper().startswith(TURNS):
            statements.append(event.sql)

    database.obj.query_hooks.append(note)
    yield statements
    database.obj.query_hooks.remove(note)


@pytest.fixture
def reader(app, alice, account, meter):
    """A customer whose account has been read and billed."""
    factories.make_rates()
    factories.make_ranges()
    factories.make_reading(meter, "2026-10", (4634,))
    factories.make_bill(account, "2026-10")
    return Browser(app).sign_in(alice)


@pytest.mark.parametrize("url", STATEMENTS)
def test_a_hot_page_takes_so_many_statements(reader, sent, url):
    reader.get(url)
    sent.clear()
    reader.get(url)
    assert len(sent) == STATEMENTS[url], "\n".join(sent)


def test_a_reading_takes_so_many_statements(reader, sent):
    page = reader.get("/readings")
    sent.clear()
    reader.submit(page, "#reading-form", htmx=True, t1="4772")
    most = OF_A_READING if on_sqlite() else OF_A_READING + LOCKS
    assert len(sent) == most, "\n".join(sent)
    assert Reading.select().where(Reading.key.is_null(False)).count() == 1


def test_one_statement_more_would_be_noticed(reader, sent):
    database.execute_sql("SELECT 1")
    assert sent == ["SELECT 1"]
