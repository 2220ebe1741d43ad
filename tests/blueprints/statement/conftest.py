from datetime import UTC, datetime

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from tests.factories import make_bill, post


@pytest.fixture
def signed_in(browser, alice, account):
    """Alice's browser."""
    return browser.sign_in(alice)


@pytest.fixture
def autumn(account):
    """Charges of two months, a penalty and a payment that leave 312,40 to pay."""
    for month in ("2026-09", "2026-10"):
        bill = make_bill(account, month, "400,00")
    post(
        account,
        Money(1240),
        kind=EntryKind.PENALTY,
        at=datetime(2026, 11, 1, tzinfo=UTC),
        month=Month(2026, 10),
        bill=bill,
    )
    post(
        account,
        Money(-50000),
        at=datetime(2026, 11, 5, 9, tzinfo=UTC),
        channel="registry",
        document="77-01",
    )
    return account
