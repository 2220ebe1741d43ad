"""A pool of which some connections are being made, to a machine that says nothing."""

import socket
import threading
import time
from contextlib import closing

import psycopg
import pytest
from peewee import OperationalError
from playhouse.pool import MaxConnectionsExceeded

from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database, open_database


@pytest.fixture
def silent():
    """The port of a machine that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def address(db, database_url):
    """How the test's database is reached, None on SQLite."""
    if on_sqlite():
        return None
    return psycopg.conninfo.conninfo_to_dict(database_url)


def url_of(address, *, before="", **more):
    hosts = f"{before}{address['host']}"
    query = {"connect_timeout": "2", "max_connections": "3", **more}
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"postgresql://{address['user']}@/{address['dbname']}?host={hosts}&{words}"


def ask():
    try:
        return database.execute_sql("SELECT 1").fetchone()
    finally:
        database.close()


def test_who_has_a_connection_does_not_wait_for_who_is_making_one(address, silent):
    if address is None:
        return  # one file, one machine
    port = address.get("port", "5432")
    both = {"before": "127.0.0.1,", "port": f"{silent},{port}"}
    open_database(url_of(address, **both))
    pool = database.obj
    # The silent machine is asked first once more: as when the primary has just moved.
    assert ask() == (1,)
    pool._last = 0
    taken = threading.Event()

    def connect():
        with closing(pool):
            pool.connect()
            taken.set()

    # One connection is free; a second is being made for two seconds.
    database.connect()
    other = threading.Thread(target=connect)
    other.start()
    time.sleep(0.2)
    began = time.monotonic()
    for _ in range(20):
        database.execute_sql("SELECT 1")
        database.close()
        database.connect()
    database.close()
    assert time.monotonic() - began < 1
    assert not taken.is_set()
    other.join()
    assert taken.is_set()
    # The machine that answered is asked first from now on.
    close_database()
    began = time.monotonic()
    assert ask() == (1,)
    assert time.monotonic() - began < 1


def test_no_more_connections_than_allowed_are_made_at_once(address, silent):
    if address is None:
        return  # one file, one machine
    only = {"host": "127.0.0.1"}
    open_database(url_of(address | only, port=silent))
    pool = database.obj
    pool._wait_timeout = 0.1
    met = []

    def connect():
        try:
            pool.connect()
        except (OperationalError, MaxConnectionsExceeded) as error:
            met.append(type(error).__name__)

    threads = [threading.Thread(target=connect) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(met) == ["MaxConnectionsExceeded"] * 2 + ["OperationalError"] * 3
    assert (pool._opening, pool._in_use) == (0, {})


def test_a_connection_the_server_has_closed_is_not_used_again(address):
    if address is None:
        return  # one file, one machine
    open_database(url_of(address))
    pid = database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
    database.close()
    with psycopg.connect(**address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    time.sleep(0.2)
    assert database.execute_sql("SELECT pg_backend_pid()").fetchone()[0] != pid


def test_a_connection_is_not_used_for_ever(address):
    if address is None:
        return  # one file, one machine
    open_database(url_of(address))
    pids = []
    for age in (3600, 0.2, 3600):
        database.obj._stale_timeout = age
        pids.append(database.execute_sql("SELECT pg_backend_pid()").fetchone()[0])
        time.sleep(0.3)
        database.close()
    assert pids[0] != pids[1] != pids[2]
