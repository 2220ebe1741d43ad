"""The shops of an installation, opened by their providers."""

import pytest

from cabinet.gateways import open_gateway
from cabinet.gateways.sberbank import Sberbank
from cabinet.gateways.shops import Shops
from cabinet.gateways.tbank import TBank
from cabinet.gateways.yookassa import YooKassa
from tests.gateways.provider import shop

URL = "https://bank.example/"


@pytest.mark.parametrize(
    ("name", "kind"), [("yookassa", YooKassa), ("sberbank", Sberbank), ("tbank", TBank)]
)
def test_a_shop_is_opened_by_its_provider(name, kind):
    assert isinstance(open_gateway(shop(name, URL)), kind)


def test_a_shop_is_found_by_its_name_and_by_its_branch():
    shops = Shops([shop("yookassa", URL)], open_gateway)
    assert [one.name for one in shops] == ["kursk"]
    assert shops.named("kursk") is shops.of_branch("kursk")
    assert shops.named("tula") is None
    assert shops.of_branch("tula") is None
