import pytest

from cabinet.domain.money import Money
from cabinet.models import Account
from cabinet.models.connection import open_database
from tests.cli.test_running import environ, run
from tests.factories import make_account, make_bill


@pytest.fixture
def env(db, database_url, tmp_path):
    make_bill(make_account(), "2026-10")
    return environ(database_url, tmp_path)


def test_good_books_end_with_0(env):
    checked = run("ledger", "check", env=env)
    assert (checked.exit_code, checked.output) == (0, "findings: 0\n")


def test_a_finding_is_a_line_with_the_account_and_ends_with_1(env, database_url):
    open_database(database_url)
    Account.update(balance=Money(1)).execute()
    checked = run("ledger", "check", env=env)
    assert checked.exit_code == 1
    line, last = checked.output.splitlines()
    assert line.startswith("I2 460000000001: the balance is 0.01, its entries come to")
    assert last == "findings: 1"
