"""The shops of an installation, opened once for each process."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from cabinet.config.acquirers import Shop
from cabinet.gateways.base import Gateway

#: Calls to one shop at once by those who follow payments: a provider that is silent holds
#: each for ten seconds, and the other shops must not wait for it.
MOST_AT_ONCE = 2
#: So long a change of a shop may go unseen.
LOOK_SECONDS = 2.0


class OfShop(Protocol):
    """A row that belongs to a shop."""

    shop: str


R = TypeVar("R", bound=OfShop)


@dataclass(frozen=True, slots=True)
class OpenShop:
    """A shop and the gateway that speaks for it."""

    settings: Shop
    gateway: Gateway
    #: The portal's own address, `https://lk.example.ru`; empty where it has none.
    origin: str = ""

    @property
    def name(self) -> str:
        """Return the shop's own word."""
        return self.settings.name

    @property
    def environment(self) -> str:
        """Return what its orders say of the money: `live`, or `trial`."""
        return "trial" if self.settings.is_trial else "live"

    @property
    def installation(self) -> str:
        """Return what its orders say of whose they are: the portal's host."""
        return urlsplit(self.origin).netloc


class Kept(Protocol):
    """Shops that are kept where every process sees a change of them."""

    def mark(self) -> int:
        """Return a number that is greater after each change."""

    def shops(self) -> Iterable[Shop]:
        """Return the shops as they are now."""


class Shops:
    """Finds a shop by its name and by the branch whose money it takes.

    The shops of the installation's file are opened once and come first; those that are
    `kept` elsewhere are looked for again every two seconds, and opened anew where one
    has changed.
    """

    def __init__(
        self,
        shops: Iterable[Shop],
        open_gateway: Callable[[Shop], Gateway],
        kept: Kept | None = None,
        *,
        origin: str = "",
    ) -> None:
        self._open_gateway = open_gateway
        self._origin = origin
        self._own = {shop.name: self._open(shop) for shop in shops}
        self._all = dict(self._own)
        self._kept = kept
        self._mark: int | None = None
        self._look_at = 0.0
        self._turn = Lock()
        self._looking = Lock()
        self._calls: Counter[str] = Counter()

    @property
    def of_file(self) -> frozenset[str]:
        """Return the names of those that the installation's file has."""
        return frozenset(self._own)

    def refresh(self) -> None:
        """Look for changes at the next use, whenever the last look was."""
        self._look_at = 0.0

    @property
    def _by_name(self) -> dict[str, OpenShop]:
        if self._kept is None or monotonic() < self._look_at:
            return self._all
        with self._looking:
            if monotonic() >= self._look_at:
                self._look(self._kept)
                self._look_at = monotonic() + LOOK_SECONDS
        return self._all

    def _open(self, shop: Shop) -> OpenShop:
        return OpenShop(shop, self._open_gateway(shop), self._origin)

    def _look(self, kept: Kept) -> None:
        """Open anew what has changed; what has not keeps its gateway and connections."""
        mark = kept.mark()
        if self._mark is not None and mark <= self._mark:
            # Who looks from an older snapshot knows less, not otherwise.
            return
        found = dict(self._own)
        for shop in kept.shops():
            known = self._all.get(shop.name)
            if shop.name not in found:
                is_same = known is not None and known.settings == shop
                found[shop.name] = (
                    known if known is not None and is_same else self._open(shop)
                )
        self._all, self._mark = found, mark

    def named(self, name: str) -> OpenShop | None:
        """Return the shop, None when the installation no longer has it."""
        return self._by_name.get(name)

    def of_branch(self, code: str) -> OpenShop | None:
        """Return the shop that takes the branch's money, the first of several."""
        return next(
            (
                shop
                for shop in self
                if code in shop.settings.branches and not shop.settings.is_closed
            ),
            None,
        )

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
