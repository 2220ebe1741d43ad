import pytest

from cabinet.models import AuditEntry
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import open_database
from cabinet.services import audit as log
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
    assert "the kept head is not in the chain" in checked.output
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
