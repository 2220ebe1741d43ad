from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.people import Role
from cabinet.models import (
    AuditEntry,
    OutboxMessage,
    SecondFactor,
    StaffBranch,
    User,
)
from cabinet.models.connection import close_database, open_database
from tests import factories

GUIDE = Path(__file__).parents[2] / "docs" / "ru" / "README.md"


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


def _bare(text):
    """Without spaces: help is folded at hyphens too."""
    return "".join(text.split())


def commands(group, *path):
    """Yield the words that call each command, and the command."""
    for name, command in group.commands.items():
        yield (*path, name), command
        yield from (
            commands(command, *path, name) if hasattr(command, "commands") else ()
        )


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(*one, id=" ".join(one[0])) for one in commands(main)],
)
def test_every_command_has_help_in_english_and_names_what_it_takes(path, command):
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert command.help
    assert _bare(command.help.partition("\n")[0]) in _bare(result.output)
    assert result.output.isascii()
    usage = " ".join(result.output.partition("\n\n")[0].split())
    for taken in command.params:
        if isinstance(taken, click.Argument):
            assert taken.make_metavar(click.Context(command)) in usage
        else:
            assert taken.opts[0] in result.output
            assert taken.help, f"{taken.opts[0]} says nothing"


def test_the_help_tells_what_the_exit_codes_mean():
    said = " ".join(run("--help").output.split())
    assert "Exit codes: 0 done, 1 done with faults that were told, 2 wrong use" in said
    for wrong in (
        ("nothing",),
        ("check", "--nothing"),
        ("tariffs", "load", "/nothing"),
    ):
        assert run(*wrong).exit_code == 2, wrong


def test_every_command_stands_in_the_guide_of_the_administrator():
    guide = GUIDE.read_text(encoding="utf-8")
    groups = {path[:-1] for path, _ in commands(main)}
    for path, _ in commands(main):
        if path not in groups:
            assert f"cabinet {' '.join(path)}" in guide, path


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


def test_wrong_settings_of_a_file_are_told_with_their_lines(tmp_path):
    path = tmp_path / "cabinet.env"
    path.write_text("CABINET_SECRET_KEY=short\nCABINET_COMPANI=АО\nCABINET_ZONE=Mars\n")
    result = run("check", env={"CABINET_SETTINGS": str(path), "CABINET_MODE": ""})
    assert result.exit_code == 2
    for number, name in enumerate(("SECRET_KEY", "COMPANI", "ZONE"), start=1):
        assert f"cabinet: {path}:{number}: CABINET_{name}" in result.output
    assert "CABINET_PUBLIC_URL" in result.output


def test_staff_are_added(db, database_url, tmp_path):
    factories.make_branch()
    env = environ(database_url, tmp_path)
    arguments = ("staff", "add", "olga@example.org", "--name", "Ольга", "--branch")
    result = run(*arguments, "kursk", env=env, input="long enough password\n" * 2)
    assert result.exit_code == 0, result.output
    assert (
        run(*arguments, "nowhere", "--password", "long enough words", env=env).exit_code
        == 2
    )
    assert run(*arguments, "kursk", "--password", "short", env=env).exit_code == 2
    again = run(*arguments, "kursk", "--password", "long enough words", env=env)
    assert again.exit_code == 2
    assert "taken" in again.output
    open_database(database_url)
    assert User.select().count() == 1


def test_a_password_guessed_first_is_refused(db, database_url, tmp_path):
    factories.make_branch()
    env = environ(database_url, tmp_path)
    arguments = ("staff", "add", "olga@example.org", "--name", "Ольга", "--password")
    for password in ("short", "атомэнергосбыт", "olga@example.org", "1234567890123"):
        result = run(*arguments, password, env=env)
        assert result.exit_code == 2, password
        assert "the password" in result.output


def test_a_lost_telephone_is_forgotten(db, database_url, tmp_path):
    user = factories.make_staff()
    env = environ(database_url, tmp_path)
    result = run("staff", "reset-factor", "Operator@example.org", env=env)
    assert result.exit_code == 0, result.output
    open_database(database_url)
    assert not SecondFactor.select().exists()
    assert AuditEntry.get().subject == f"user:{user.id}"
    assert OutboxMessage.get().kind == "factor_changed"


def test_a_link_to_a_new_password_is_mailed_and_printed(db, database_url, tmp_path):
    factories.make_staff()
    env = environ(database_url, tmp_path)
    result = run("staff", "reset-password", "operator@example.org", env=env)
    assert result.exit_code == 0, result.output
    open_database(database_url)
    link = OutboxMessage.get().context["link"]
    assert link.startswith("/password/")
    assert link in result.output
    assert AuditEntry.get().action == "password.reset_sent"


def test_only_staff_are_reset_here(db, database_url, tmp_path):
    factories.make_customer("maria@example.org")
    env = environ(database_url, tmp_path)
    for command in ("reset-factor", "reset-password"):
        for email in ("maria@example.org", "nobody@example.org"):
            result = run("staff", command, email, env=env)
            assert result.exit_code == 2
            assert "nobody of the back office" in result.output


def test_another_role_is_given_here(db, database_url, tmp_path):
    user = factories.make_staff()
    factories.make_branch("tver", name="Тверь")
    env = environ(database_url, tmp_path)
    change = ("staff", "role", "Operator@example.org", "supervisor", "--branch", "tver")
    assert run(*change, env=env).exit_code == 0
    assert User.get_by_id(user.id).role is Role.SUPERVISOR
    (place,) = StaffBranch.select().where(StaffBranch.user == user.id)
    assert place.branch.code == "tver"
    assert run(*change[:-1], "nowhere", env=env).exit_code == 2
    (place,) = StaffBranch.select().where(StaffBranch.user == user.id)
    assert place.branch.code == "tver"
    customer = factories.make_customer("maria@example.org")
    result = run("staff", "role", customer.email, "admin", env=env)
    assert result.exit_code == 2
    assert "nobody of the back office" in result.output
    assert User.get_by_id(customer.id).role is Role.CUSTOMER


def test_the_link_of_somebody_disabled_is_not_made(db, database_url, tmp_path):
    user = factories.make_staff()
    user.disabled_at = factories.MADE_AT
    user.save()
    env = environ(database_url, tmp_path)
    result = run("staff", "reset-password", user.email, env=env)
    assert result.exit_code == 2
    assert "disabled" in result.output
