"""A portal whose branch has a shop at the bank of a few lines."""

import pytest

from cabinet.domain.money import Money
from cabinet.gateways.shops import Shops
from cabinet.models import Account
from tests import factories


@pytest.fixture
def portal(app, bank):
    app.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    return app


@pytest.fixture
def owing(account):
    """Alice owes for two months; the last receipt is less than that."""
    factories.make_bill(account, "2026-10", charged="812,40")
    Account.update(balance=Money(1000_50)).where(Account.id == account.id).execute()
    return account
