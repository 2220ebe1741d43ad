"""Each schema that was ever released comes to this version, with its rows as they were."""

import gzip
import re
import secrets
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from playhouse.schema_diff import diff_models

from cabinet.app import create_app
from cabinet.cli import main
from cabinet.config import Clock, Mode, Settings
from cabinet.config.settings import MailSettings
from cabinet.models import MODELS, AccountAccess, User, migrate
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.models.triggers import found_triggers, trigger_names
from cabinet.services.health import faults
from tests import factories
from tests.bringing import NOW
from tests.browsing import Browser
from tests.checkouts import ROOT
from tests.conftest import SERVER, _on_server, _url
from tests.house.test_schema import BY_HAND
from tests.released.freeze import MOST_BYTES

HERE = Path(__file__).parent
FROZEN = sorted(
    path.name for path in HERE.iterdir() if (path / "sqlite.sql.gz").exists()
)

#: The oldest and the newest every time, those between them with the long tests.
IN_TURN = [
    pytest.param(one, marks=[] if one in {FROZEN[0], FROZEN[-1]} else pytest.mark.long)
    for one in FROZEN
]
#: Tables whose rows are made anew of others, and tables that get rows more, with reasons.
MADE_ANEW = {"search_due": "who waits for words", "search_word": "words of accounts"}
ADDED = {
    "attempt": "the row by which the portal tries whether rows are taken",
    "other_rule": "0021: days that cost penalties, where there are their shares",
}


def read(name, kind):
    return gzip.decompress((HERE / name / f"{kind}.sql.gz").read_bytes()).decode()


@pytest.fixture
def thawed(request, tmp_path, monkeypatch):
    """The address of a database as the version left it, named in the settings."""
    made = thaw(request.param, tmp_path)
    url = next(made)
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", url)
    open_database(url)
    yield url
    close_database()
    next(made, None)


@pytest.fixture
def settings(thawed, tmp_path):
    """The same settings, for an application."""
    return Settings(
        mode=Mode.DEMO,
        home=tmp_path / "home",
        secret_key=factories.SECRET_KEY,
        database_url=thawed,
        mail=MailSettings(),
    )


def thaw(version, folder):
    if SERVER == "sqlite":
        path = folder / "cabinet.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(read(version, "sqlite"))
        yield f"sqlite:///{path}"
        return
    name = f"cabinet_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}"')
    with psycopg.connect(_url(name), autocommit=True) as connection:
        connection.execute(read(version, "postgres"))
    yield _url(name)
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def rows(columns_of):
    """Every row of the tables as they lie there, by the names of its columns."""
    found = {}
    for table, names in columns_of.items():
        listed = ", ".join(f'"{name}"' for name in names)
        cursor = database.execute_sql(f'SELECT {listed} FROM "{table}"')
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return found


def alike(found, names):
    """What of the rows stands in the columns named, in no order."""
    return Counter(repr([row[name] for name in names]) for row in found)


def columns():
    return {
        table: [column.name for column in database.get_columns(table)]
        for table in database.get_tables()
        if table != "schema_migration"
    }


@pytest.mark.slow
@pytest.mark.parametrize("thawed", IN_TURN, indirect=True)
def test_a_released_schema_comes_to_this_version(thawed, tmp_path, settings):
    before = columns()
    kept = rows(before)
    assert sum(map(len, kept.values())) > 500, "there are rows to lose"
    missing = migrate.missing_migrations()
    close_database()
    done = CliRunner().invoke(main, ["upgrade"])
    assert done.exit_code == 0, done.output
    assert [name for name in missing if f"✓ {name}" not in done.output] == []
    assert missing or "обновлять нечего" in done.output
    # The ledger holds, the health is good, the schema is that of the models.
    assert "✓ книга" in done.output
    assert faults() == []
    *difference, indexes = diff_models(database.obj, MODELS)
    assert [list(part) for part in difference] == [[], [], [], []]
    assert {one.name for one in indexes} == BY_HAND
    assert trigger_names() <= found_triggers()
    # Every row is as it was, in every column that is still there.
    left = columns()
    now = rows(left)
    lost, added = set(), set()
    for table, names in before.items():
        shared = [name for name in names if name in left.get(table, ())]
        then, found = alike(kept[table], shared), alike(now.get(table, ()), shared)
        lost |= {table} if then - found else set()
        added |= {table} if found - then else set()
    assert lost <= set(MADE_ANEW)
    assert added <= {*MADE_ANEW, *ADDED}
    # And whoever had a cabinet opens it.
    app = create_app(settings, clock=Clock(source=lambda: NOW))
    access = AccountAccess.select().where(AccountAccess.ended_at.is_null()).first()
    browser = Browser(app).sign_in(User.get_by_id(access.user_id))
    assert "показания" in browser.get("/").html.lower()


@pytest.mark.parametrize("version", FROZEN)
def test_what_is_frozen_is_small_and_has_both_kinds(version):
    for kind in ("sqlite", "postgres"):
        path = HERE / version / f"{kind}.sql.gz"
        assert path.stat().st_size <= MOST_BYTES
        assert "CREATE TABLE" in read(version, kind)


def released(text):
    """The versions that the list of changes says are out."""
    heads = re.findall(r"^## (\d+\.\d+\.\d+)(.*)$", text, re.MULTILINE)
    return {version for version, rest in heads if "не выпущена" not in rest}


def test_every_released_version_is_frozen():
    assert released("## 1.0.0 — 01.02.2027\n## 0.9.9 — не выпущена") == {"1.0.0"}
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## 0.1.0" in text
    assert released(text) <= set(FROZEN), "freeze it: see CONTRIBUTING.md, Releasing"
