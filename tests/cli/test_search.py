"""The words of the search by command: told, caught up with, made anew."""

import pytest

from cabinet.cli import running
from cabinet.models import SearchDue, SearchWord
from cabinet.models.connection import open_database
from cabinet.services import searching
from cabinet.services.searching import keeping
from tests.cli.test_running import environ, run
from tests.factories import make_account


@pytest.fixture
def env(db, database_url, tmp_path):
    for number in range(1, 6):
        make_account(f"46000000000{number}")
    return environ(database_url, tmp_path)


def test_who_waits_is_told_and_made_up_for(env):
    told = run("search", "status", env=env)
    assert (told.exit_code, told.output) == (1, "accounts: 5, waiting: 5\n")
    made = run("search", "catch-up", env=env)
    assert (made.exit_code, made.output) == (0, "made: 5\n")
    told = run("search", "status", env=env)
    assert (told.exit_code, told.output) == (0, "accounts: 5, waiting: 0\n")


def test_all_are_made_anew_and_it_is_told_how_far(env, monkeypatch, database_url):
    run("search", "catch-up", env=env)
    monkeypatch.setattr(searching, "AT_ONCE", 2)
    monkeypatch.setattr(keeping.make_words, "__kwdefaults__", {"at_once": 2})
    open_database(database_url)
    SearchWord.delete().execute()
    made = run("search", "rebuild", env=env)
    assert made.exit_code == 0
    assert made.output.splitlines()[-4:] == ["2 of 5", "4 of 5", "5 of 5", "made: 5"]
    open_database(database_url)
    assert SearchWord.select(SearchWord.account_id).distinct().count() == 5
    assert not SearchDue.select().exists()


def test_a_small_database_has_its_words_at_once_when_it_is_migrated(env, monkeypatch):
    monkeypatch.setattr(running, "AT_MIGRATION", 4)
    assert "5 accounts wait for the worker" in run("migrate", env=env).output
    monkeypatch.undo()
    assert "words of the search: 5 accounts" in run("migrate", env=env).output
    assert "words" not in run("migrate", env=env).output
