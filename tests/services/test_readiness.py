"""Whether rows are taken is tried for real, seldom, and in nobody's way."""

import resource
import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest
from peewee import PeeweeException

from cabinet.models import Attempt
from cabinet.models.base import database, on_sqlite, writing
from cabinet.services import beats, outbox, readiness, vitals
from cabinet.services.health import UNAVAILABLE
from cabinet.services.readiness import (
    BAD_FOR,
    GOOD_FOR,
    KEY,
    MOST_LOCKED,
    MOST_TAKEN,
    PATIENCE,
    Trial,
)

MINUTE = timedelta(minutes=1)


class Seconds:
    """A clock of seconds that goes when it is told to."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def trial(db, seconds):
    return Trial(seconds)


@pytest.fixture
def written(db):
    """The statements that write, while the test goes on."""
    statements = []

    def note(event):
        if event.sql.lstrip().upper().startswith("INSERT"):
            statements.append(event.sql)

    database.obj.query_hooks.append(note)
    yield statements
    database.obj.query_hooks.remove(note)


def test_a_row_is_written_once_in_a_while_and_stays_one(trial, seconds, written, now):
    for _ in range(50):
        assert trial.fault(now) == ""
    assert len(written) == 1
    seconds.at += GOOD_FOR - 1
    assert (trial.fault(now), len(written)) == ("", 1)
    seconds.at += 1
    assert (trial.fault(now), len(written)) == ("", 2)
    (row,) = Attempt.select()
    assert (row.key, row.expires_at) == (KEY, now + readiness.KEPT)


def test_a_database_that_only_reads_is_found_and_let_go(trial, seconds, now):
    only, both = (
        ("PRAGMA query_only = 1", "PRAGMA query_only = 0")
        if on_sqlite()
        else (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        )
    )
    database.execute_sql(only)
    assert trial.fault(now) == "no row is taken"
    database.execute_sql(both)
    # The same is told for a second, and no longer.
    assert trial.fault(now) == "no row is taken"
    seconds.at += BAD_FOR
    assert trial.fault(now) == ""


@contextmanager
def no_room():
    """Let this process write not one byte more into any file."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def test_a_disk_that_takes_nothing_is_found_by_what_is_kept(trial, seconds, now):
    """A row that is taken back fits on a full disk: it is never written."""
    if not on_sqlite():
        # There another process writes; tests/cli/test_disk_full_postgres.py fills it.
        return

    class TakenBackError(Exception):
        pass

    def take_back():
        with writing():
            readiness.write_row(now)
            raise TakenBackError

    with writing():
        readiness.write_row(now - MINUTE)
    with no_room(), pytest.raises(TakenBackError):
        take_back()
    with no_room():
        fault = trial.fault(now)
    assert fault.startswith("no row is taken")
    seconds.at += BAD_FOR
    assert trial.fault(now) == ""
    with no_room(), pytest.raises((PeeweeException, *UNAVAILABLE)), writing():
        # As whoever sends a reading meets it.
        readiness.write_row(now + MINUTE)


@contextmanager
def another_writer(url):
    """Hold what the trial writes, as another process would."""
    if on_sqlite():
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(url) as other:
        other.execute("UPDATE attempt SET count = 2 WHERE key = %s", (KEY,))
        yield
        other.rollback()


def test_who_writes_is_waited_for_a_moment_and_is_no_fault(
    trial, seconds, database_url, now
):
    assert trial.fault(now) == ""
    with another_writer(database_url):
        seconds.at += GOOD_FOR
        assert trial.fault(now) == ""
        # For a minute nobody came between: readings are not taken either.
        seconds.at += MOST_LOCKED
        assert trial.fault(now) == "the database was locked for a minute"
        seconds.at += BAD_FOR
        assert trial.fault(now) == "the database was locked for a minute"
    seconds.at += BAD_FOR
    assert trial.fault(now) == ""
    if on_sqlite():
        # Others of this process are waited for as long as ever.
        ((waits,),) = database.execute_sql("PRAGMA busy_timeout").fetchall()
        assert waits == 5000


def test_a_writer_of_this_process_is_no_fault_either(trial, seconds, now):
    if not on_sqlite():
        return
    is_in, may_go = Event(), Event()

    def write():
        with writing():
            is_in.set()
            may_go.wait(30)
        database.close()

    thread = Thread(target=write)
    thread.start()
    assert is_in.wait(30)
    assert trial.fault(now) == ""
    may_go.set()
    thread.join()
    assert Attempt.select().count() == 0
    seconds.at += BAD_FOR
    assert trial.fault(now) == ""
    assert Attempt.select().count() == 1


def test_in_a_storm_of_writers_it_is_quick_and_finds_a_gap(trial, seconds, now):
    """The hour when everybody sends readings is no hour to be found not ready."""
    is_over = Event()

    def write(name):
        while not is_over.is_set():
            beats.note(name, now=now)
        database.close()

    threads = [Thread(target=write, args=(f"writer {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    took = []
    try:
        for _ in range(15):
            seconds.at += GOOD_FOR
            begun = monotonic()
            assert trial.fault(now) == ""
            took.append(monotonic() - begun)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    # Both locks are waited for, and then the write itself.
    assert max(took) < 3 * PATIENCE + 1
    assert Attempt.select().count() == 1


def test_a_write_that_does_not_end_holds_one_and_is_told_to_others(
    trial, seconds, now, monkeypatch
):
    is_in, may_go = Event(), Event()

    def hang(_now):
        is_in.set()
        may_go.wait(30)
        return ""

    monkeypatch.setattr(trial, "_try", hang)
    thread = Thread(target=trial.fault, args=(now,))
    thread.start()
    assert is_in.wait(30)
    assert trial.fault(now) == ""
    seconds.at += MOST_TAKEN + 1
    assert trial.fault(now) == "a write does not end"
    may_go.set()
    thread.join()
    monkeypatch.undo()
    assert trial.fault(now) == ""


def test_what_is_late_is_told_and_no_more(db, now):
    def told(apart=None):
        return list(readiness.remarks(vitals.ask_all(now), apart=apart))

    assert told() == told(apart=1.9) == told(apart=-1.9) == []
    assert told(apart=-40.0) == ["the clock differs from the database's by 40 s"]
    with writing():
        outbox.put(
            "login_notice",
            key="late",
            recipient="a@example.org",
            context={},
            now=now - 16 * MINUTE,
        )
    beats.note(beats.LETTERS, now=now - 6 * MINUTE)
    beats.note(beats.PAYMENTS, now=now - 4 * MINUTE)
    silent = f"the worker's letters are silent since {now - 6 * MINUTE:%Y-%m-%dT%H:%M}"
    first, second = told()
    assert first == "letters wait for 960 s"
    assert second.startswith(silent)


def test_the_databases_clock_is_compared_where_it_is_another(db, now):
    apart = readiness.seconds_apart(now)
    if on_sqlite():
        assert apart is None
    else:
        assert apart + 100_000 < readiness.seconds_apart(now + timedelta(days=2))
