import pytest
from peewee import OperationalError

from cabinet.domain.money import Money
from cabinet.models import Account, AuditEntry, Beat
from cabinet.models.connection import open_database
from cabinet.services import beats
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


def test_what_came_of_it_is_kept_as_that_of_the_night_is(env, database_url):
    """So an alarm of the night is over once the fault is mended and it was run again."""
    open_database(database_url)
    right = Account.get().balance
    for balance, count in ((Money(1), 1), (right, 0)):
        Account.update(balance=balance).execute()
        assert run("ledger", "check", env=env).exit_code == count
        open_database(database_url)
        told = Beat.get(Beat.name == beats.LEDGER).told
        assert (told["made"], told["findings"]) == (True, count)
        (entry,) = AuditEntry.select().order_by(AuditEntry.id.desc()).limit(1)
        assert (entry.action, entry.details["findings"]) == ("ledger.checked", count)


def test_a_database_that_only_reads_is_proved_all_the_same(env, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("read-only")

    monkeypatch.setattr("cabinet.services.ledger_night.keep", refuse)
    checked = run("ledger", "check", env=env)
    assert checked.exit_code == 0
    assert "not noted: read-only" in checked.output
