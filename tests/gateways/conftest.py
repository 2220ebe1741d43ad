"""The provider on loopback, closed after each test."""

import pytest

from tests.gateways.provider import Provider


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()
