"""A specialist at work, and a bank that does what it is told."""

import pytest

from tests import factories
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
