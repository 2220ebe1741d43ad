"""`cabinet doctor` of a database and a mail server that are ill in other ways."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cabinet.cli.context import Context
from cabinet.cli.doctor import database, outside
from cabinet.cli.doctor.words import FAULT, WARNING, WELL
from cabinet.config import Clock, Mode, load
from cabinet.models import connection
from tests.ports import free_port
from tests.postoffice import PostOffice


@pytest.fixture
def file(command, tmp_path, monkeypatch):
    """A database of SQLite, whatever the others are of."""
    path = tmp_path / "other.sqlite3"
    monkeypatch.setenv("CABINET_DATABASE_URL", f"sqlite:///{path}")
    assert command("migrate").exit_code == 0
    return path


def said_of(command, name):
    told = json.loads(command("doctor", "--inside", "--json").output)
    assert all(one["remedy"] for one in told if one["level"] != WELL)
    return [(one["level"], one["text"]) for one in told if one["name"] == name]


def test_a_file_that_keeps_no_log_of_writes_is_told(command, file, monkeypatch):
    others = [one for one in connection.PRAGMAS if one[0] != "journal_mode"]
    monkeypatch.setattr(connection, "PRAGMAS", (("journal_mode", "delete"), *others))
    assert said_of(command, "надёжность") == [
        (FAULT, "журнал SQLite: delete, нужен wal")
    ]


def test_a_row_that_leads_nowhere_is_told(command, file):
    with closing(sqlite3.connect(file)) as there, there:
        there.execute("PRAGMA foreign_keys = off")
        there.execute("INSERT INTO staff_branch (user_id, branch_id) VALUES (77, 77)")
    told = said_of(command, "база")
    assert (WELL, "sqlite: пишет и читает") in told
    assert FAULT in {level for level, _ in told}


def test_a_file_that_is_torn_is_told(command, file):
    with closing(sqlite3.connect(file)) as there:
        there.execute("PRAGMA wal_checkpoint(truncate)")
        page = there.execute("PRAGMA page_size").fetchone()[0]
        (root,) = there.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'session_sid_hash'"
        ).fetchone()
    with file.open("r+b") as handle:
        handle.seek((root - 1) * page)
        handle.write(b"\x00" * page)
    told = said_of(command, "база")
    assert FAULT in {level for level, _ in told}


GOOD = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "server_version_num": "150008",
    "archive": None,
}


class Server:
    """What a server of Postgres answers to who asks for its settings."""

    def __init__(self, **ill):
        self.told = GOOD | ill

    def execute_sql(self, sql):
        name = sql.split()[-1] if sql.startswith("SHOW ") else "archive"
        self.row = (self.told[name],)
        return self

    def fetchone(self):
        return self.row


@pytest.mark.parametrize(
    ("ill", "level", "words"),
    [
        ({"fsync": "off"}, FAULT, "fsync = off"),
        ({"full_page_writes": "off"}, FAULT, "full_page_writes = off"),
        ({"synchronous_commit": "off"}, FAULT, "synchronous_commit = off"),
        ({"server_version_num": "140011"}, WARNING, "Postgres 140011"),
        (
            {"archive": datetime(2026, 11, 22, 8, 30, tzinfo=UTC)},
            FAULT,
            "журнал базы не уходит в копии (2026-11-22 08:30 UTC)",
        ),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else None,
)
def test_a_server_that_may_lose_what_it_took_is_told(monkeypatch, ill, level, words):
    monkeypatch.setattr(database, "on_sqlite", lambda: False)
    monkeypatch.setattr(database, "database", Server(**ill))
    (told,) = database.lasting(None)
    assert told.level == level
    assert told.text.startswith(words)
    assert told.remedy


def test_a_server_that_keeps_everything_is_well(monkeypatch):
    monkeypatch.setattr(database, "on_sqlite", lambda: False)
    monkeypatch.setattr(database, "database", Server())
    assert [one.level for one in database.lasting(None)] == [WELL]


@pytest.fixture
def post(command, monkeypatch):
    """A mail server at work that knows neither TLS nor who signs in."""
    office = PostOffice(free_port())
    office.mode = "work"
    monkeypatch.setenv("CABINET_MAIL_SERVER", "127.0.0.1")
    monkeypatch.setenv("CABINET_MAIL_PORT", str(office.listener.getsockname()[1]))
    yield office
    office.close()


def mail_of(**more):
    settings = load(os.environ)
    mail = replace(settings.mail, **more)
    return list(outside.mail(Context(replace(settings, mail=mail), Clock())))


def test_a_mail_server_that_takes_letters_is_well(post):
    well, warned = mail_of(use_tls=False)
    assert (well.level, well.text.split()[-1]) == (WELL, "принимает")
    assert (warned.level, warned.text) == (WARNING, "письма уходят без TLS")
    assert warned.remedy == "CABINET_MAIL_TLS=1"


@pytest.mark.parametrize(
    "more",
    [{"use_tls": True}, {"use_tls": False, "user": "a", "password": "b"}],
    ids=["no TLS", "no signing in"],
)
def test_a_mail_server_that_refuses_us_is_told(post, more):
    (told,) = mail_of(**more)
    assert told.level == FAULT
    assert "CABINET_MAIL_" in told.remedy


def test_production_without_a_mail_server_is_ill(command):
    settings = replace(load(os.environ), mode=Mode.PRODUCTION)
    (told,) = outside.mail(Context(settings, Clock()))
    assert (told.level, told.remedy) == (FAULT, "задайте CABINET_MAIL_SERVER")
