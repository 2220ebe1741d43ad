"""`cabinet payments reconcile` as an administrator types it."""

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.cli import payments as command
from cabinet.cli.context import open_installation
from cabinet.domain.money import Money
from cabinet.models import Reconciliation
from cabinet.models.connection import close_database, open_database


@pytest.fixture
def run(database_url, tmp_path, bank, monkeypatch):
    def run(*arguments):
        env = {
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(tmp_path / "home"),
            "CABINET_DATABASE_URL": database_url,
            "CABINET_NOW": "2026-11-23T09:00:00+03:00",
        }
        monkeypatch.setattr(command, "open_installation", with_shop)
        monkeypatch.setattr(command, "open_gateway", lambda _shop: bank)
        result = CliRunner().invoke(
            main, ("payments", "reconcile", *arguments), env=env
        )
        close_database()
        open_database(database_url)
        return result

    def with_shop():
        from dataclasses import replace

        context = open_installation()
        return replace(context, settings=replace(context.settings, shops=(bank.shop,)))

    return run


def test_a_day_that_agrees(paid, bank, run):
    paid()
    bank.listed = list(bank.by_id.values())
    result = run("2026-11-22")
    assert result.output.strip() == (
        "kursk-card 2026-11-22: matched 1, differences 0, open 0"
    )
    assert result.exit_code == 0
    assert Reconciliation.select().count() == 1


def test_a_day_that_differs_or_a_silent_bank_ends_with_one(paid, bank, run):
    paid()
    bank.decide("bank-1", amount=Money(1))
    bank.listed = list(bank.by_id.values())
    result = run("2026-11-22", "--shop", "kursk-card")
    assert "differences 1, open 1" in result.output
    assert result.exit_code == 1
    bank.is_deaf = True
    assert run("2026-11-22").exit_code == 1


@pytest.mark.parametrize("wrong", [("22.11.2026",), ("2026-11-22", "--shop", "other")])
def test_a_wrong_day_or_shop_is_wrong_use(db, run, wrong):
    assert run(*wrong).exit_code == 2
