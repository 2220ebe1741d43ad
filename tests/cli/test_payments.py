"""`cabinet payments` as an administrator types it."""

import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.cli import payments as command
from cabinet.cli.context import open_installation
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.models import Payment, Reconciliation
from cabinet.models.connection import close_database, open_database
from cabinet.services.audit import Actor
from cabinet.services.payments import notices, refunding
from cabinet.services.payments.refunding import RefundWish
from cabinet.services.staff import Member
from tests import factories


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
        result = CliRunner().invoke(main, ("payments", *arguments), env=env)
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
    result = run("reconcile", "2026-11-22")
    assert result.output.strip() == (
        "kursk-card 2026-11-22: matched 1, put back 0, differences 0, open 0"
    )
    assert result.exit_code == 0
    assert Reconciliation.select().count() == 1


def test_a_day_that_differs_or_a_silent_bank_ends_with_one(paid, bank, run):
    paid()
    bank.decide("bank-1", amount=Money(1))
    bank.listed = list(bank.by_id.values())
    result = run("reconcile", "2026-11-22", "--shop", "kursk-card")
    assert "differences 1, open 1" in result.output
    assert result.exit_code == 1
    bank.is_deaf = True
    assert run("reconcile", "2026-11-22").exit_code == 1


@pytest.mark.parametrize("wrong", [("22.11.2026",), ("2026-11-22", "--shop", "other")])
def test_a_wrong_day_or_shop_is_wrong_use(db, run, wrong):
    assert run(*wrong).exit_code == 2


def test_who_watches_is_told_that_nobody_asks(pay, run, now):
    # By the clock of the command it is nine in the morning of the next day in Moscow.
    at = now.replace(day=23, hour=6, minute=0)
    pay(100_00, at=at)
    result = run("check")
    assert (result.exit_code, result.output) == (0, "nothing waits\n")
    Payment.update(ask_at=at - timedelta(seconds=125)).execute()
    result = run("check")
    assert result.exit_code == 1
    assert "1 wait to be asked about or used, the oldest since" in result.output
    assert "2026-11-23 05:57:55 UTC" in result.output


def test_notices_and_refunds_that_wait_are_told_too(paid, owed, shops, run, now):
    olga = Member(user_id=factories.make_staff().id, role=Role.OPERATOR)
    wish = RefundWish(
        payment=paid().public_id,
        account=owed.number,
        amount=Money(100_00),
        why="Заплачено дважды",
        nonce=uuid.uuid4(),
    )
    refunding.request_refund(olga, wish, actor=Actor(olga.user_id), now=now)
    notices.keep("kursk-card", b"bank-1", {}, {}, None, shops=shops, now=now)
    result = run("check")
    assert result.exit_code == 1
    assert result.output.startswith("2 wait")
