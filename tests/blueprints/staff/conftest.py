"""A specialist at work, and a bank that does what it is told."""

from datetime import date

import pytest

from cabinet.domain.metering import ReadingState
from tests import billing, factories
from tests.blueprints.staff.steps import AUGUST
from tests.browsing import Browser
from tests.services.billing.conftest import kursk  # noqa: F401 - a fixture


@pytest.fixture
def desk(app, shops):
    """Let the portal speak with the bank of the test."""
    app.extensions["cabinet.shops"] = shops
    return app


@pytest.fixture
def worker(desk):
    """A specialist of Kursk who has signed in, and has proved lately who it is."""
    return Browser(desk).sign_in(factories.make_staff())


@pytest.fixture
def unsure(desk, clock, now):
    """The same, a quarter of an hour later."""
    from datetime import timedelta

    browser = Browser(desk).sign_in(factories.make_staff())
    clock.set(now + timedelta(minutes=20))
    return browser


@pytest.fixture
def second(desk):
    """Another specialist of Kursk."""
    return Browser(desk).sign_in(factories.make_staff("igor@example.org"))


@pytest.fixture
def household(kursk):  # noqa: F811 - the fixture
    """An account of Kursk without a meter."""
    return factories.make_account("460000000001", kursk)


@pytest.fixture
def charged(household, kursk):  # noqa: F811 - the fixture
    """A meter charged to 1100 of 22 August, 587,00; of September nothing was sent."""
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 7, 31))
    factories.make_reading(meter, "2026-08", (1100,), state=ReadingState.ACCEPTED)
    billing.bill(kursk, AUGUST)
    return meter
