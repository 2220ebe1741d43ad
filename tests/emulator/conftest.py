"""One practice bank for the tests that do no harm to it, and a shop of each test."""

import pytest

from tests.emulator.running import Bank, Shop


@pytest.fixture(scope="session")
def standing(tmp_path_factory):
    """A bank for many tests; pauses between notices are a hundredth of their length."""
    bank = Bank(tmp_path_factory.mktemp("bank"), "--pace", "0.01", "--hang", "2")
    bank.start()
    yield bank
    bank.stop()


@pytest.fixture
def bank(standing):
    """The standing bank without the faults another test has planted."""
    standing.control("faults", method="DELETE")
    return standing


@pytest.fixture
def shop():
    """A shop that takes notices."""
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def own_bank(tmp_path):
    """A bank that may be killed and started again."""
    bank = Bank(tmp_path / "bank", "--pace", "0.01", "--hang", "2")
    bank.start()
    yield bank
    bank.kill()
