"""The shops of an installation, opened once for each process."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, TypeVar

from cabinet.config.acquirers import Shop
from cabinet.gateways.base import Gateway

#: Calls to one shop at once by those who follow payments: a provider that is silent holds
#: each for ten seconds, and the other shops must not wait for it.
MOST_AT_ONCE = 2


class OfShop(Protocol):
    """A row that belongs to a shop."""

    shop: str


R = TypeVar("R", bound=OfShop)


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
        self._turn = Lock()
        self._calls: Counter[str] = Counter()

    def named(self, name: str) -> OpenShop | None:
        """Return the shop, None when the installation no longer has it."""
        return self._by_name.get(name)

    def of_branch(self, code: str) -> OpenShop | None:
        """Return the shop that takes the branch's money, the first of several."""
        return next((shop for shop in self if code in shop.settings.branches), None)

    @contextmanager
    def claimed(self, claim: Callable[[list[str]], R | None]) -> Iterator[R | None]:
        """Let `claim` take a row, and keep a place at its shop while it is dealt with.

        `claim` is given the names of the shops that have no place left.
        """
        with self._turn:
            full = [name for name, n in self._calls.items() if n >= MOST_AT_ONCE]
            row = claim(full)
            if row is not None:
                self._calls[row.shop] += 1
        try:
            yield row
        finally:
            if row is not None:
                with self._turn:
                    self._calls[row.shop] -= 1

    def __iter__(self) -> Iterator[OpenShop]:
        return iter(self._by_name.values())
