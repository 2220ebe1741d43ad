import pytest

from cabinet.domain.period import Month
from tests.factories import make_bill, make_reading


@pytest.fixture
def year(account, meter):
    """Readings and receipts from January to October 2026: 101 kWh, 102, … 110."""
    register = 4000
    for number in range(1, 11):
        register += 100 + number
        month = f"2026-{number:02}"
        make_reading(meter, month, (register,), counted_in=Month(2026, number))
        make_bill(account, month, "500,00")
    return meter


@pytest.fixture
def signed_in(browser, alice, account):
    """Alice's browser."""
    return browser.sign_in(alice)
