import re

import pytest

from cabinet.cli.privacy import CATEGORIES
from cabinet.models import User
from cabinet.models.base import writing
from cabinet.models.connection import open_database
from cabinet.services.erasure import traces
from tests import factories
from tests.cli.test_running import environ, run


@pytest.fixture
def env(alice, account, database_url, tmp_path):
    return environ(database_url, tmp_path)


@pytest.fixture
def act(env):
    """The number of the act of who was erased by the command."""
    result = run("privacy", "erase", "alice@example.org", "--yes", env=env)
    assert result.exit_code == 0, result.output
    return re.search(r"privacy act (\S+)", result.output)[1]


def test_a_customer_is_erased_by_mail_and_by_number(env, alice, database_url):
    result = run("privacy", "erase", str(alice.id), env=env, input="y\n")
    assert f"erased user {alice.id}" in result.output
    open_database(database_url)
    assert User.get_by_id(alice.id).email is None


def test_it_asks_first(env, alice, database_url):
    result = run("privacy", "erase", "alice@example.org", env=env, input="n\n")
    assert result.exit_code == 1
    open_database(database_url)
    assert User.get_by_id(alice.id).email == "alice@example.org"


def test_nobody_and_staff_are_wrong_use(env, act):
    open_database(env["CABINET_DATABASE_URL"])
    factories.make_staff("olga@example.org")
    for who in ("alice@example.org", "nobody@example.org", "9999", "olga@example.org"):
        assert run("privacy", "erase", who, "--yes", env=env).exit_code == 2


def test_the_act_has_what_the_order_asks_for(env, alice, act):
    text = run("privacy", "act", act, env=env).output
    for part in (
        f"Акт № {act}",
        "Оператор: Энергосбыт",
        f"учётная запись № {alice.id}",
        "Причина: обращение владельца",
        "Способ: перезапись",
        "- почта, имя и пароль учётной записи: 1",
        "- доступы к лицевым счетам: 1",
        "приказ Роскомнадзора от 28.10.2022 № 179",
        "Выгрузка из журнала событий",
        "данные уничтожены",
    ):
        assert part in text
    assert "alice@" not in text
    assert "Алиса" not in text


def test_whatever_is_destroyed_has_its_words(db, alice, account, now):
    with writing():
        destroyed = traces.forget(alice, now=now)
    assert set(destroyed) == set(CATEGORIES)


def test_the_act_of_who_has_paid(env, alice, account, now):
    factories.make_payment(account, "812,40", now, user=alice, email=alice.email)
    done = run("privacy", "erase", "alice@example.org", "--yes", env=env)
    number = re.search(r"privacy act (\S+)", done.output)[1]
    text = run("privacy", "act", number, env=env).output
    line = "почта в платежах и уведомления банков о них"
    assert f"- {line}: 1" in text
    extract = run("privacy", "act", number, "--csv", env=env)
    assert f";{line};1;" in extract.stdout_bytes.decode("utf-8-sig")


def test_the_extract_opens_in_a_spreadsheet(env, act):
    result = run("privacy", "act", act, "--csv", env=env)
    head, first, *_ = result.stdout_bytes.decode("utf-8-sig").split("\r\n")
    assert head.startswith("Запись;Дата и время;Событие")
    assert ';"почта, имя и пароль учётной записи";1;' in first


def test_an_unknown_act_is_wrong_use(env):
    nobody = "00000000-0000-4000-8000-000000000000"
    assert run("privacy", "act", nobody, env=env).exit_code == 2
    assert run("privacy", "act", "x", env=env).exit_code == 2


def test_the_list_tells_the_numbers(env, alice, act):
    (line,) = run("privacy", "list", env=env).output.splitlines()
    assert line.split()[:3] == [act, str(alice.id), "done"]


def test_reapplying_finds_nothing_to_do(env, act, tmp_path):
    result = run("privacy", "reapply", env=env)
    assert (result.exit_code, result.output) == (0, "0 erased, 1 were erased already\n")
    with (tmp_path / "home" / "erased.txt").open("a") as handle:
        handle.write("odd\n")
    result = run("privacy", "reapply", env=env)
    assert result.exit_code == 1
    assert "line 2 of erased.txt cannot be read" in result.output


def test_reapplying_erases_who_came_back(env, alice, act, database_url):
    open_database(database_url)
    User.update(email="alice@example.org", erased_at=None).execute()
    result = run("privacy", "reapply", env=env)
    assert f"erased user {alice.id} again" in result.output
    open_database(database_url)
    assert User.get_by_id(alice.id).email is None
