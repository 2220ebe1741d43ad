"""A use case is one transaction, and what it is depends on what the use case does."""

import contextlib
import sqlite3

import psycopg
import pytest

from cabinet.models import Branch
from cabinet.models.base import on_sqlite, reading, writing
from tests import factories


@pytest.fixture
def other(db, database_url):
    """Somebody else's connection: what it does it does at once."""
    if on_sqlite():
        path = database_url.removeprefix("sqlite:///")
        made = sqlite3.connect(path, timeout=0, isolation_level=None)
    else:
        made = psycopg.connect(database_url, autocommit=True)
    with contextlib.closing(made) as connection:
        yield connection


def name_of(branch):
    return Branch.get_by_id(branch.id).name


def test_a_writer_has_the_lock_from_its_first_moment(other):
    if not on_sqlite():
        return  # rows are locked one by one there, by whoever changes them
    with writing():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("SELECT count(*) FROM branch").fetchone()
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")


def test_a_reader_stops_no_writer_and_sees_one_moment(other):
    branch = factories.make_branch(name="Курск")
    with reading():
        assert name_of(branch) == "Курск"
        other.execute("UPDATE branch SET name = 'Орёл'")
        assert name_of(branch) == "Курск"
    assert name_of(branch) == "Орёл"


def test_of_a_use_case_that_failed_nothing_is_left(other):
    branch = factories.make_branch(name="Курск")
    with contextlib.suppress(ZeroDivisionError), writing():
        Branch.update(name="Орёл").execute()
        factories.make_branch("tver")
        _ = 1 / 0
    assert name_of(branch) == "Курск"
    assert other.execute("SELECT count(*) FROM branch").fetchone()[0] == 1


def test_what_nobody_has_finished_nobody_else_sees(other):
    factories.make_branch(name="Курск")
    with writing():
        Branch.update(name="Орёл").execute()
        seen = other.execute("SELECT name FROM branch").fetchone()[0]
    assert seen == "Курск"
    assert other.execute("SELECT name FROM branch").fetchone()[0] == "Орёл"
