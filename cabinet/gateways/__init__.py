"""Acquirers: one protocol, a folder for each provider."""

from collections.abc import Callable

from cabinet.config.acquirers import Shop
from cabinet.gateways.base import Gateway
from cabinet.gateways.sberbank import Sberbank
from cabinet.gateways.tbank import TBank
from cabinet.gateways.yookassa import YooKassa

PROVIDERS: dict[str, Callable[[Shop], Gateway]] = {
    "yookassa": YooKassa,
    "sberbank": Sberbank,
    "tbank": TBank,
}


def open_gateway(shop: Shop) -> Gateway:
    """Return the gateway of the shop's provider; reads its certificates."""
    return PROVIDERS[shop.provider](shop)
