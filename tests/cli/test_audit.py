from datetime import timedelta

import pytest

from cabinet.models import AuditEntry, AuditSeal
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import audit as log
from cabinet.services import audit_heads
from tests.cli.test_running import environ, run


@pytest.fixture
def env(db, database_url, tmp_path, now):
    with writing():
        for number in range(3):
            log.record(log.SYSTEM, f"act.{number}", now=now)
    return environ(database_url, tmp_path)


def test_sealing_and_checking(env):
    sealed = run("audit", "seal", env=env)
    assert sealed.exit_code == 0
    assert sealed.output.startswith("sealed: 3, head ")
    head = sealed.output.split()[-1]
    assert "sealed: 0" in run("audit", "seal", env=env).output
    checked = run("audit", "verify", "--head", head, env=env)
    assert checked.exit_code == 0
    assert checked.output == (f"good under seal: 3, waiting: 0, head {head}\n")


def test_the_place_of_the_damage_is_told(env, database_url):
    run("audit", "seal", env=env)
    open_database(database_url)
    on = "" if on_sqlite() else " ON audit_entry"
    database.execute_sql(f"DROP TRIGGER audit_entry_no_update{on}")
    AuditEntry.update(action="forged").where(AuditEntry.id == 2).execute()
    checked = run("audit", "verify", env=env)
    assert checked.exit_code == 1
    assert "good under seal: 1" in checked.output
    assert "broken at entry 2: the entry or its seal was changed" in checked.output


def test_a_head_of_another_chain_is_told(env):
    run("audit", "seal", env=env)
    checked = run("audit", "verify", "--head", "0" * 64, env=env)
    assert checked.exit_code == 1
    assert "a kept head is not in the chain" in checked.output
    assert run("audit", "verify", "--head", "x", env=env).exit_code == 2


def test_a_new_secret_needs_the_older_one(env, tmp_path):
    run("audit", "seal", env=env)
    older = tmp_path / "home" / "secret-key"
    kept = tmp_path / "older"
    older.rename(kept)
    checked = run("audit", "verify", env=env)
    assert checked.exit_code == 1
    assert "give --older-secret" in checked.output
    checked = run("audit", "verify", "--older-secret", str(kept), env=env)
    assert checked.exit_code == 0


def test_the_head_in_one_line(env):
    none = run("audit", "head", env=env)
    assert none.exit_code == 1
    run("audit", "seal", env=env)
    printed = run("audit", "head", env=env)
    assert printed.exit_code == 0
    (line,) = printed.output.splitlines()
    _at, entry, head = line.split()
    assert entry == "3"
    assert run("audit", "verify", "--head", head, env=env).exit_code == 0


def test_a_chain_made_anew_is_found_by_the_kept_heads(env, tmp_path, database_url, now):
    """By whoever holds the database and the secret, so that every seal fits."""
    home = tmp_path / "home"
    run("audit", "seal", env=env)
    open_database(database_url)
    audit_heads.keep(home, now=now)
    copy = tmp_path / "copy.txt"
    copy.write_text((home / "audit-heads.txt").read_text())
    for table in ("audit_entry", "audit_seal"):
        for act in ("update", "delete"):
            on = "" if on_sqlite() else f" ON {table}"
            database.execute_sql(f"DROP TRIGGER {table}_no_{act}{on}")
    AuditEntry.update(action="forged").where(AuditEntry.id == 2).execute()
    AuditSeal.delete().execute()
    close_database()
    run("audit", "seal", env=env)
    checked = run("audit", "verify", env=env)
    assert checked.exit_code == 1
    assert "good under seal: 3" in checked.output
    assert "made anew" in checked.output
    (home / "audit-heads.txt").unlink()
    assert run("audit", "verify", env=env).exit_code == 0  # nothing is kept here
    checked = run("audit", "verify", "--heads-file", str(copy), env=env)
    assert checked.exit_code == 1


def test_what_was_removed_by_its_term_is_not_asked_for(
    env, tmp_path, database_url, now
):
    home = tmp_path / "home"
    run("audit", "seal", env=env)
    open_database(database_url)
    audit_heads.keep(home, now=now - timedelta(days=1))
    AuditEntry.create(at=now, action="late")
    close_database()
    run("audit", "seal", env=env)
    environment = env | {"CABINET_NOW": "2030-11-22T12:00:00+03:00"}
    removed = run("audit", "remove", env=environment)
    assert removed.output == "removed: 4\n"
    assert run("audit", "verify", env=environment).exit_code == 0


def test_entries_under_an_older_secret_need_it_to_be_removed(env, tmp_path):
    run("audit", "seal", env=env)
    kept = tmp_path / "older"
    (tmp_path / "home" / "secret-key").rename(kept)
    later = env | {"CABINET_NOW": "2030-11-22T12:00:00+03:00"}
    assert run("audit", "remove", env=later).output == "removed: 0\n"
    removed = run("audit", "remove", "--older-secret", str(kept), env=later)
    assert removed.output == "removed: 3\n"
