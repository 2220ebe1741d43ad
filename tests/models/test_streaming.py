"""Rows come a few at a time, and a statement that takes for ever is ended from beside it."""

import sqlite3
import threading
import time

import peewee
import pytest

from cabinet.models.base import database, on_sqlite, reading, writing
from cabinet.models.interrupting import interruptible
from cabinet.models.streaming import FETCHED, stream
from tests import factories

#: As many numbers as one asks for, made by the database.
NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    " SELECT i FROM n"
)
ENDLESS = NUMBERS.format(10**12).replace("SELECT i FROM n", "SELECT COUNT(*) FROM n")


@pytest.fixture
def asked(db):
    statements = []
    hooks = database.obj.query_hooks
    hooks.append(lambda event: statements.append(event.sql))
    yield statements
    hooks.pop()


def test_all_rows_come_in_their_order(db):
    count = 2 * FETCHED + 1
    with reading():
        rows = list(stream(NUMBERS.format(count)))
    assert rows == [(number,) for number in range(1, count + 1)]


def test_none_is_made_before_it_is_asked_for(asked):
    with reading():
        rows = stream(NUMBERS.format(3 * FETCHED))
        assert asked[1:] == []
        assert next(rows) == (1,)
        fetched = [sql for sql in asked if sql.startswith("FETCH")]
        assert len(fetched) == (0 if on_sqlite() else 1)
        for _ in range(2 * FETCHED):
            next(rows)
        fetched = [sql for sql in asked if sql.startswith("FETCH")]
        assert len(fetched) == (0 if on_sqlite() else 3)


def test_values_and_rows_left_unread_do_no_harm(account, db):
    mark = "?" if on_sqlite() else "%s"
    one = f"SELECT number FROM account WHERE number = {mark}"
    with reading():
        next(stream(NUMBERS.format(5)))
        assert list(stream(one, account.number)) == [(account.number,)]
        assert list(stream(one, "none")) == []
    with reading():
        assert list(stream(NUMBERS.format(1))) == [(1,)]


def test_a_statement_that_takes_for_ever_is_ended(db):
    begun = time.monotonic()
    over = threading.Event()
    threading.Timer(0.2, over.set).start()
    with (
        pytest.raises((peewee.OperationalError, sqlite3.OperationalError)),
        interruptible(over.is_set, every=0.05),
        reading(),
    ):
        list(stream(ENDLESS))
    assert time.monotonic() - begun < 30
    # The connection is as good as before.
    with writing():
        factories.make_branch("tver")


def test_who_is_not_over_is_left_alone(db):
    looked = []
    with interruptible(lambda: bool(looked.append(1)), every=0.01), reading():
        assert list(stream(NUMBERS.format(20_000)))[-1] == (20_000,)
        time.sleep(0.1)
    assert looked
    after = len(looked)
    time.sleep(0.05)
    assert len(looked) == after
