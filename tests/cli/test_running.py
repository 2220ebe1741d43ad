from click.testing import CliRunner

from cabinet.cli import main
from cabinet.models import User
from cabinet.models.connection import close_database
from tests import factories


def run(*arguments, env=None, **options):
    result = CliRunner().invoke(main, arguments, env=env, **options)
    close_database()
    return result


def environ(database_url, tmp_path):
    return {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(tmp_path / "home"),
        "CABINET_DATABASE_URL": database_url,
    }


def test_every_command_has_help_in_english():
    for name, command in main.commands.items():
        result = run(name, "--help")
        assert result.exit_code == 0, name
        assert command.help, name
        assert result.output.isascii(), name


def test_migrating_twice_says_so(database_url, tmp_path):
    env = environ(f"sqlite:///{tmp_path}/new.sqlite3", tmp_path)
    first = run("migrate", env=env)
    assert "applied 0001_first" in first.output
    assert "the schema is current" in run("migrate", env=env).output


def test_checking_a_current_database_is_well(database_url, tmp_path):
    result = run("check", env=environ(database_url, tmp_path))
    assert result.exit_code == 0
    assert "all is well" in result.output


def test_checking_an_empty_database_fails(tmp_path):
    result = run("check", env=environ(f"sqlite:///{tmp_path}/no.sqlite3", tmp_path))
    assert result.exit_code == 1
    assert "0001_first" in result.output


def test_serving_an_empty_database_says_what_to_do(tmp_path):
    result = run("serve", env=environ(f"sqlite:///{tmp_path}/no.sqlite3", tmp_path))
    assert result.exit_code == 2
    assert "cabinet migrate" in result.output


def test_wrong_settings_are_told_at_once_without_a_traceback(tmp_path):
    result = run(
        "check",
        env={
            "CABINET_MODE": "production",
            "CABINET_HOME": str(tmp_path),
            "CABINET_SECRET_KEY": "short",
            "CABINET_PUBLIC_URL": "",
        },
    )
    assert result.exit_code == 2
    assert "CABINET_SECRET_KEY" in result.output
    assert "CABINET_PUBLIC_URL" in result.output


def test_staff_are_added(db, database_url, tmp_path):
    factories.make_branch()
    env = environ(database_url, tmp_path)
    arguments = ("staff", "add", "olga@example.org", "--name", "Ольга", "--branch")
    result = run(*arguments, "kursk", env=env, input="long enough password\n" * 2)
    assert result.exit_code == 0, result.output
    assert run(*arguments, "nowhere", "--password", "x" * 12, env=env).exit_code == 2
    assert run(*arguments, "kursk", "--password", "short", env=env).exit_code == 2
    again = run(*arguments, "kursk", "--password", "x" * 12, env=env)
    assert again.exit_code == 2
    assert "taken" in again.output
    from cabinet.models.connection import open_database

    open_database(database_url)
    assert User.select().count() == 1
