"""`cabinet upgrade`: to a newer version and back, and all that may go wrong on the way."""

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.cli.doctor import machine
from cabinet.domain.money import Money
from cabinet.models import LedgerEntry, migrate, presence
from cabinet.models.base import database
from cabinet.services import searching
from cabinet.services.ledger_check import check_ledger
from tests import factories
from tests.conftest import SERVER
from tests.house.rows import digest

NEXT = '''"""A column of the version to come, filled for every row there is."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE account ADD nickname VARCHAR(24) DEFAULT ''")
    db.execute_sql("UPDATE account SET nickname = number")
    for statement in {statements}:
        db.execute_sql(statement)


def down(migrator, db):
    db.execute_sql("ALTER TABLE account DROP nickname")
'''
#: What a newer version makes beside what there is, and the older one knows nothing of.
BESIDE = [
    "CREATE TABLE pet (id INTEGER PRIMARY KEY, one INTEGER REFERENCES account (id))",
    "INSERT INTO pet SELECT id, id FROM account",
]
if SERVER != "sqlite":
    words = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    BESIDE.append(f"CREATE FUNCTION pet() {words}")
    BESIDE.append("CREATE TRIGGER pet AFTER INSERT ON pet EXECUTE FUNCTION pet()")
NEXT = NEXT.replace("{statements}", repr(BESIDE))
#: SQLite makes the table anew for this, and its triggers are gone.
CARELESS = '''"""A column that may not be empty."""

from peewee import CharField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("account", "nickname", CharField(default="", max_length=24))
    )
    db.execute_sql("DROP TRIGGER IF EXISTS search_meter_new{on_postgres}")
'''
BROKEN = '''"""One that fails after it has changed rows."""


def up(migrator, db):
    db.execute_sql("UPDATE account SET holder = 'x'")
    db.execute_sql("SELECT no_such_column FROM account")
'''
SLOW = NEXT.replace(
    '    db.execute_sql("U', "    __import__('time').sleep(60)\n    db.execute_sql(\"U"
)


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """Let the program be a newer version with these migrations more; `None`: as it is."""
    usual = migrate.FOLDER

    def newer(*bodies):
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(usual, folder)
        for number, body in enumerate(bodies, start=9001):
            (folder / f"{number}_next.py").write_text(body)
        monkeypatch.setattr(migrate, "FOLDER", folder if bodies else usual)

    return newer


def nicknames():
    return [row[0] for row in database.execute_sql("SELECT nickname FROM account")]


def notes(tmp_path):
    return sorted((tmp_path / "home" / "backups").glob("*.json"))


def test_to_a_newer_version_and_back(command, newer, account, tmp_path):
    """The drill: upgrade, go on working, go back to the copy with the old version."""
    factories.post(account, Money(-5000))
    searching.make_due()
    before, last = digest(), migrate.last_migration()
    newer(NEXT, '"""Nothing."""\n\n\ndef up(migrator, db):\n    pass\n')
    done = command("upgrade")
    assert done.exit_code == 0, done.output
    (note,) = notes(tmp_path)
    for words in (
        f"✓ версия        {last} → 9002_next",
        f"✓ {note}",
        "✓ 9001_next\n  ✓ 9002_next",
        "✓ книга         остатки, проводки",
        "→ перезапустите cabinet serve и cabinet work",
        f"cabinet restore {note} --replace",
    ):
        assert words in done.output
    assert nicknames() == [account.number]
    assert digest() == before
    # Work goes on, then the old version comes back with its copy.
    factories.post(account, Money(-7000))
    newer()
    assert command("doctor", "--inside").output.count("база новее программы") == 1
    done = command("restore", note, "--replace")
    assert done.exit_code == 0, done.output
    assert migrate.unknown_migrations() == []
    assert [row.amount for row in LedgerEntry.select()] == [Money(-5000)]
    assert list(check_ledger()) == []
    assert command("check").exit_code == 0
    # Nothing of the newer one is left, and once more to it.
    assert "pet" not in database.get_tables()
    newer(NEXT)
    assert command("upgrade").exit_code == 0
    assert nicknames() == [account.number]


def test_a_second_time_changes_nothing(command, newer, account, tmp_path):
    newer(NEXT)
    done = command("upgrade")
    assert done.exit_code == 0, done.output
    done = command("upgrade")
    assert done.exit_code == 0, done.output
    assert "обновлять нечего" in done.output
    assert len(notes(tmp_path)) == 1


@pytest.mark.parametrize("before", [(), (NEXT,)])
def test_a_migration_that_fails_leaves_the_database_as_it_was(
    command, newer, account, before
):
    kept, last = digest(), migrate.last_migration()
    newer(*before, BROKEN)
    done = command("upgrade")
    assert done.exit_code == 1
    name = f"{9001 + len(before)}_next"
    assert f"обновление {name} не прошло, база осталась какой была" in done.output
    assert "no_such_column" in done.output
    assert digest() == kept
    assert migrate.last_migration() == last
    assert "nickname" not in {one.name for one in database.get_columns("account")}
    done = command("migrate")
    assert done.exit_code == 1
    assert "nothing was changed" in done.output
    newer()
    assert command("upgrade").exit_code == 0


@pytest.fixture
def program(command, newer):
    """Start `cabinet upgrade` of the newer version as a process of its own."""

    def program():
        database.close()
        script = (
            "from pathlib import Path; from cabinet.models import migrate;"
            f" migrate.FOLDER = Path({str(migrate.FOLDER)!r});"
            " from cabinet.cli import main; main(['upgrade'])"
        )
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        )

    yield program
    database.connect(reuse_if_open=True)


@pytest.mark.long
def test_killed_amid_a_migration_it_is_as_it_was(program, newer, account):
    newer(SLOW)
    kept = digest()
    process = program()
    with process.stdout as told:
        for line in told:
            if line.startswith("Таблицы"):
                break
        # The column is there, in its transaction; the rows are not yet filled.
        time.sleep(1)
        process.kill()
        process.wait()
    assert digest() == kept
    assert migrate.missing_migrations() == ["9001_next"]


@pytest.mark.long
def test_two_at_once_are_harmless(program, newer, account, tmp_path):
    newer(NEXT)
    processes = [program() for _ in range(2)]
    told = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert sorted("обновлять нечего" in one for one in told) == [False, True]
    assert nicknames() == [account.number]
    assert len(notes(tmp_path)) == 1


def test_without_room_nothing_is_begun(command, newer, account, monkeypatch, tmp_path):
    newer(NEXT)
    usage = type("usage", (), {"total": 10**12, "free": 600 * 1024**2})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr("cabinet.models.snapshot.size", lambda: 400 * 1024**2)
    monkeypatch.setattr(machine, "EMPTY", 0)
    done = command("upgrade")
    assert done.exit_code == 1
    assert "нужно 800 МБ, свободно 600 МБ" in done.output
    assert "ничего не изменено" in done.output
    assert notes(tmp_path) == []
    assert migrate.missing_migrations() == ["9001_next"]


def test_a_database_newer_than_the_program_is_left(command, newer, account):
    newer(NEXT)
    assert command("upgrade").exit_code == 0
    newer(NEXT.replace("nickname", "other"))
    (migrate.FOLDER / "9001_next.py").rename(migrate.FOLDER / "9002_other.py")
    done = command("upgrade")
    assert done.exit_code == 1
    assert "база новее программы: 9001_next" in done.output


@pytest.fixture
def production(monkeypatch):
    monkeypatch.setenv("CABINET_SECRET_KEY", factories.SECRET_KEY)
    monkeypatch.setenv("CABINET_PUBLIC_URL", "https://lk.example.ru")

    def production():
        monkeypatch.setenv("CABINET_MODE", "production")

    return production


def test_in_production_a_file_is_not_upgraded_without_a_copy(
    command, newer, account, production, tmp_path
):
    production()
    command("backup")
    newer(NEXT)
    done = command("upgrade", "--no-backup")
    if SERVER != "sqlite":
        # All migrations are one transaction there, and its copies are the company's own.
        assert done.exit_code == 0, done.output
        assert "вернуться можно будет только к своей копии" in done.output
        return
    assert done.exit_code == 2
    assert "--copy ОПИСАНИЕ" in done.output
    (note,) = notes(tmp_path)
    done = command("upgrade", "--copy", note)
    assert done.exit_code == 0, done.output
    assert f"cabinet restore {note} --replace" in done.output
    assert len(notes(tmp_path)) == 1


def test_a_copy_of_long_ago_is_no_way_back(
    command, newer, account, monkeypatch, tmp_path
):
    monkeypatch.setenv(
        "CABINET_NOW", (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    )
    command("backup")
    monkeypatch.setenv("CABINET_NOW", datetime.now(UTC).isoformat())
    newer(NEXT)
    (note,) = notes(tmp_path)
    done = command("upgrade", "--copy", note)
    assert done.exit_code == 2
    assert "за последний час" in done.output
    assert command("upgrade", "--copy", note, "--no-backup").exit_code == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            NEXT.replace("SET nickname = number", "SET nickname = number, balance = 7"),
            "I2",
        ),
        (
            CARELESS.format(on_postgres="" if SERVER == "sqlite" else " ON meter"),
            "trigger search_meter_new is missing",
        ),
    ],
)
def test_what_does_not_hold_afterwards_is_told_with_the_way_back(
    command, newer, account, tmp_path, body, words
):
    newer(body)
    done = command("upgrade")
    assert done.exit_code == 1
    assert "✗ книга" in done.output
    assert words in done.output
    assert "как вернуться: остановите cabinet serve" in done.output
    assert str(notes(tmp_path)[0]) in done.output


def test_an_empty_database_is_for_migrate(command, monkeypatch, tmp_path):
    monkeypatch.setenv("CABINET_DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
    done = command("upgrade")
    assert done.exit_code == 2
    assert "база пуста: сначала cabinet migrate" in done.output


def test_a_copy_is_not_put_back_under_a_running_portal(command, account, tmp_path):
    if SERVER != "sqlite":
        # Nothing replaces files there.
        assert not presence.is_in_use()
        return
    command("backup")
    (note,) = notes(tmp_path)
    with presence.present():
        assert presence.is_in_use()
        done = command("restore", note, "--replace")
        assert done.exit_code == 2
        assert "stop cabinet serve and cabinet work" in done.output
    assert not presence.is_in_use()
    with presence.absent():
        for name in ("serve", "work"):
            done = command(name)
            assert done.exit_code == 2, done.output
            assert "start again after it" in done.output
    assert command("restore", note, "--replace").exit_code == 0
