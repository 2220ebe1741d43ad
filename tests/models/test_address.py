"""The address of the database, where it is several machines that copy each other."""

import psycopg
import pytest
from peewee import OperationalError

from cabinet.models import snapshot
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database, open_database

#: Nobody listens there.
DEAD = "127.0.0.1"


def opened(url):
    open_database(url)
    return database.obj.connect_params


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://c:p%40s@one,two:5433/lk", "one,two", "5432,5433"),
        ("postgresql://c@[fd00::1]:5432,[fd00::2]/lk", "fd00::1,fd00::2", "5432,5432"),
        ("postgresql://c@10.0.0.21:6432/lk", "10.0.0.21", "6432"),
        ("postgresql://c@/lk?host=/run/a,/run/b&port=5433", "/run/a,/run/b", "5433"),
        ("postgresql://c@/lk", None, "5432"),
    ],
)
def test_every_node_is_named_to_the_driver(url, host, port):
    params = opened(url)
    assert (params["host"], params["port"]) == (host, port)


def test_what_else_the_address_says_comes_to_the_driver_and_to_the_copier():
    params = opened(
        "postgresql://c:p%40s@one,two/lk?target_session_attrs=read-write&connect_timeout=3"
    )
    assert params["password"] == "p@s"
    assert params["target_session_attrs"] == "read-write"
    told = snapshot._address(database.obj)
    assert told["PGHOST"] == "one,two"
    assert told["PGPORT"] == "5432,5432"
    assert told["PGTARGETSESSIONATTRS"] == "read-write"
    assert told["PGCONNECT_TIMEOUT"] == "3"


@pytest.fixture
def pair(db, database_url):
    """An address of two nodes, the first of which is dead; None on SQLite."""
    if on_sqlite():
        return None
    info = psycopg.conninfo.conninfo_to_dict(database_url)
    name, host, port = info["dbname"], info["host"], info.get("port", "5432")
    return (
        f"postgresql://{info['user']}@/{name}?host={DEAD},{host}&port=1,{port}"
        "&target_session_attrs=read-write&connect_timeout=3"
    )


def test_the_node_that_lives_is_found(pair, tmp_path):
    if pair is None:
        return  # one file, one machine
    open_database(pair)
    assert database.execute_sql("SELECT count(*) FROM branch").fetchone() == (0,)
    close_database()
    open_database(pair)
    snapshot.take(tmp_path / "copy")
    assert snapshot.is_copy(tmp_path / "copy") == "postgres"


def test_a_node_that_takes_no_writes_is_passed_over(pair, database_url):
    if pair is None:
        return  # one file, one machine
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
        )
        try:
            open_database(pair)
            with pytest.raises(OperationalError, match="read-only"):
                database.execute_sql("SELECT 1")
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(
                f'ALTER DATABASE "{name}" RESET default_transaction_read_only'
            )
            open_database(database_url)
