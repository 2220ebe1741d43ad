"""From SQLite to Postgres: every table compared, every changed byte seen, nothing halfway."""

import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.money import Money
from cabinet.models import MODELS, Account, LedgerEntry, filling, migrate, presence
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.models.triggers import found_triggers, trigger_names
from cabinet.services import bulk, demo, moving
from tests import every_table, factories
from tests.bringing import NOW
from tests.conftest import _on_server, _url
from tests.house.rows import digest

#: References, indexes, triggers.
SHAPE = (
    """
    SELECT conrelid::regclass::text, conname, contype::text, convalidated,
           pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    """
    SELECT indexrelid::regclass::text, indisunique, indkey::text, indisvalid,
           indpred IS NULL
    FROM pg_index JOIN pg_class ON oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace ORDER BY 1
    """,
    """
    SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY 1, 2
    """,
)
TABLES = {model._meta.table_name for model in MODELS}


def make(folder, fill):
    path = folder / "cabinet.sqlite3"
    open_database(f"sqlite:///{path}")
    migrate.migrate()
    fill()
    close_database()
    return path


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """An SQLite file with rows in every table."""
    return make(tmp_path_factory.mktemp("every"), every_table.fill)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An SQLite file with the demonstration."""
    return make(
        tmp_path_factory.mktemp("town"),
        lambda: list(demo.load_demo(pepper=factories.SECRET_KEY, now=NOW)),
    )


@pytest.fixture
def target():
    """The address of an empty database of the server."""
    name = f"cabinet_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}"')
    yield _url(name)
    close_database()
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def source(every, tmp_path):
    """A file of the test's own, with rows in every table."""
    path = tmp_path / "cabinet.sqlite3"
    shutil.copyfile(every, path)
    return path


@pytest.fixture
def command(source, tmp_path, monkeypatch):
    """Run `cabinet move …` in an installation on that file."""
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", f"sqlite:///{source}")
    return lambda *words: CliRunner().invoke(main, ["move", *map(str, words)])


def told(*_):
    """Say nothing of how far it has come."""


def tables_of(url):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()[0]


def change(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_every_table_of_the_model_is_moved_and_compared(every, target):
    tables = moving.move(every, target, tell=told)
    assert {table.name for table in tables} == TABLES
    assert all(table.source.rows > 0 for table in tables), "rows in every table"
    assert all(table.is_same for table in tables)
    # By the models, as the portal reads them, both sides are the same too.
    moved = digest()
    open_database(f"sqlite:///{every}")
    assert digest() == moved
    # What stands around the rows is what the migrations make.
    open_database(target)
    assert migrate.missing_migrations() == []
    assert trigger_names() <= found_triggers()
    fresh = f"cabinet_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{fresh}"')
    try:
        around = shape_of(target)
        open_database(_url(fresh))
        migrate.migrate()
        assert shape_of(_url(fresh)) == around
    finally:
        close_database()
        _on_server(f'DROP DATABASE "{fresh}" WITH (FORCE)')


def shape_of(url):
    with psycopg.connect(url) as connection:
        return [connection.execute(query).fetchall() for query in SHAPE]


#: How a value becomes another by as little as there is of its type.
OTHER = {
    "bigint": "coalesce({0}, 0) + 1",
    "boolean": "NOT {0}",
    "bytea": "set_bit({0}, 0, 1 - get_bit({0}, 0))",
    "character varying": "overlay({0} placing chr(ascii({0}) + 1) from 1)",
    "date": "{0} + 1",
    "integer": "coalesce({0}, 0) + 1",
    "jsonb": "jsonb_set({0}, '{{a,b}}', 'false')",
    "text": "overlay({0} placing chr(ascii({0}) + 1) from 1)",
    "timestamp without time zone": "{0} + interval '1 microsecond'",
    "uuid": "overlay({0}::text placing 'f' from 36)::uuid",
}


def test_a_changed_byte_in_any_column_of_any_table_is_seen(every, target):
    moving.move(every, target, tell=told)
    unseen, seen = [], set()
    # References and triggers would stop the hand that changes rows past the portal.
    database.execute_sql("SET session_replication_role = replica")
    for table, columns in filling.columns().items():
        last_row = f'WHERE ctid = (SELECT max(ctid) FROM "{table}")'
        with database.transaction():
            before = moving._digest(table, columns)
            for name, kind in columns:
                value = OTHER[kind].format(f'"{name}"')
                changes = f'UPDATE "{table}" SET "{name}" = {value} {last_row}'
                if is_seen(changes, table, columns, before) is False:
                    unseen.append(f"{table}.{name}")
                seen.add(f"{table}.{name}")
            assert is_seen(f'DELETE FROM "{table}" {last_row}', table, columns, before)
    assert unseen == []
    assert {name.partition(".")[0] for name in seen} == TABLES
    database.execute_sql("SET session_replication_role = origin")


def is_seen(statement, table, columns, before):
    """Change a row and take it back; None where there was nothing to change."""
    with database.savepoint() as trial:
        database.execute_sql(statement)
        after = moving._digest(table, columns)
        trial.rollback()
    return after != before


@pytest.mark.long
def test_the_town_is_moved_with_a_ledger_that_holds(town, target, command, monkeypatch):
    monkeypatch.setenv("CABINET_DATABASE_URL", f"sqlite:///{town}")
    before = town.read_bytes()
    done = command(target)
    assert done.exit_code == 0, done.output
    assert re.search(r"✓ ledger_entry +[0-9]{4}", done.output)
    assert "дайджесты совпали" in done.output
    assert "Книга сходится." in done.output
    assert f"→ {town} больше никто не читает" in done.output
    assert town.read_bytes() == before
    # Life goes on: numbers go on after the last, the ledger stays append-only.
    last = LedgerEntry.select().order_by(LedgerEntry.id.desc()).first()
    account = Account.get()
    assert factories.post(account, Money(-1000)).id == last.id + 1
    with pytest.raises(Exception, match="append only"):
        last.delete_instance()
    # And not a second time into the same.
    database.close()
    done = command(target)
    assert done.exit_code == 2
    assert "нужна пустая" in done.output


def spelt_otherwise(table, rows):
    for row in rows:
        yield tuple(
            cell.replace("Ё", "Е")
            if table == "usability_rating" and isinstance(cell, str)
            else cell
            for cell in row
        )


def lost(table, rows):
    return (row for row in rows if table != "usability_rating" or row[0] != 2)


@pytest.mark.parametrize("spoil", [spelt_otherwise, lost])
def test_a_row_that_comes_otherwise_stops_the_move(command, target, monkeypatch, spoil):
    whole = bulk.copy

    def copy(table, columns, values):
        whole(table, columns, spoil(table, values))

    monkeypatch.setattr(bulk, "copy", copy)
    done = command(target)
    assert done.exit_code == 1
    assert "таблицы различаются" in done.output
    assert "  ✗ usability_rating" in done.output
    assert "  ✓ bill " in done.output
    assert "прежняя база на месте, новая пуста" in done.output
    close_database()
    assert tables_of(target) == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE account SET number = printf('%.99c', '7') WHERE id = 1",
            "value too long for type character varying",
        ),
        ("UPDATE account SET holder = 'a' || char(0)", "NUL"),
        ("UPDATE account SET opened_on = 'вчера' WHERE id = 1", "account, строка 1"),
        (
            "UPDATE bill SET account_id = 99 WHERE id = 1",
            "violates foreign key constraint",
        ),
        ("ALTER TABLE account ADD extra TEXT", "таблицы не те же: account.extra"),
        ("CREATE TABLE extra (id INTEGER)", "таблицы не те же: extra.id"),
    ],
)
def test_what_postgres_cannot_take_is_named_and_nothing_stays(
    command, source, target, statement, words
):
    change(source, statement)
    done = command(target)
    assert done.exit_code == 1, done.output
    assert words in done.output
    close_database()
    assert tables_of(target) == 0


def test_a_file_that_is_written_to_meanwhile_is_not_moved(
    command, source, target, monkeypatch
):
    def write(table, done, count):
        if table == "account":
            change(source, "UPDATE account SET holder = 'новый'")

    monkeypatch.setattr("cabinet.cli.move._tell", write)
    done = command(target)
    assert done.exit_code == 1
    assert "в прежнюю базу писали во время переноса" in done.output
    close_database()
    assert tables_of(target) == 0


def test_it_waits_for_nobody_who_runs(command, source, target):
    open_database(f"sqlite:///{source}")
    with presence.present():
        done = command(target)
    assert done.exit_code == 2
    assert "остановите cabinet serve и cabinet work" in done.output.replace("\n", " ")
    assert tables_of(target) == 0


@pytest.mark.long
def test_killed_at_any_moment_it_leaves_an_empty_target(
    command, source, target, tmp_path
):
    """The command is killed ever later; given again, it does all of it."""
    script = (
        "import sys; from cabinet.cli import main;"
        " sys.modules['cabinet.cli.move'].SHOWN = 0; main()"
    )
    program = [sys.executable, "-c", script]
    address = tmp_path / "address"
    address.write_text(f"{target}\n")
    words = ["move", "--address-file", str(address)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    kept = source.read_bytes()
    for table in ("account:", "payment:", "vat_rate:"):
        process = subprocess.Popen(
            program + words, env=environ, stderr=subprocess.PIPE, text=True
        )
        with process.stderr as said:
            for line in said:
                if line.strip().startswith(table):
                    break
            process.kill()
            process.wait()
        assert tables_of(target) == 0
    done = command(*words[1:])
    assert (
        f"таблиц {len(TABLES)}, строк {2 * len(TABLES)}, дайджесты совпали"
        in done.output
    )
    assert source.read_bytes() == kept
    # Such rows are no ledger: that is told, and that it was so before.
    assert done.exit_code == 1
    assert "книга не сходится и в прежней базе" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "назовите новую базу"),
        (("sqlite:////tmp/x",), "новая база — это postgresql://"),
        (("mysql://x",), "новая база — это postgresql://"),
    ],
)
def test_a_wrong_use_is_told(command, words, said):
    done = command(*words)
    assert done.exit_code == 2
    assert said in done.output


def test_a_server_that_is_away_is_told(command, target):
    done = command("postgresql://nobody@127.0.0.1:9/none")
    assert done.exit_code == 1
    assert "новая база не отвечает" in done.output


def test_an_installation_on_postgres_has_nothing_to_move(command, target, monkeypatch):
    open_database(target)
    migrate.migrate()
    close_database()
    monkeypatch.setenv("CABINET_DATABASE_URL", target)
    done = command(target)
    assert done.exit_code == 2
    assert "переносить нечего" in done.output
