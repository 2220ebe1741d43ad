"""The shops of an installation, opened once for each process."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cabinet.config.acquirers import Shop
from cabinet.gateways.base import Gateway


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A shop and the gateway that speaks for it."""

    settings: Shop
    gateway: Gateway

    @property
    def name(self) -> str:
        """Return the shop's own word."""
        return self.settings.name


class Shops:
    """Finds a shop by its name and by the branch whose money it takes."""

    def __init__(
        self, shops: Iterable[Shop], open_gateway: Callable[[Shop], Gateway]
    ) -> None:
        self._by_name = {
            shop.name: OpenShop(shop, open_gateway(shop)) for shop in shops
        }

    def named(self, name: str) -> OpenShop | None:
        """Return the shop, None when the installation no longer has it."""
        return self._by_name.get(name)

    def of_branch(self, code: str) -> OpenShop | None:
        """Return the shop that takes the branch's money, the first of several."""
        return next((shop for shop in self if code in shop.settings.branches), None)

    def __iter__(self) -> Iterator[OpenShop]:
        return iter(self._by_name.values())
