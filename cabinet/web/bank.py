"""The way to the acquirer's page: who takes the money, and where a form may lead."""

from collections.abc import Iterable
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app

from cabinet.config import Settings
from cabinet.gateways import open_gateway
from cabinet.gateways.shops import Shops
from cabinet.services.acquirers import KeptShops
from cabinet.web import htmx
from cabinet.web.security import POLICY


def register(app: Flask, settings: Settings) -> None:
    """Open the shops of the installation; nothing is sent to them yet."""
    kept = KeptShops(settings.secret_key, is_production=not settings.is_demo)
    app.extensions["cabinet.shops"] = Shops(
        settings.shops, open_gateway, kept, origin=settings.public_url
    )


def shops() -> Shops:
    """Return the shops of the installation."""
    return cast("Shops", current_app.extensions["cabinet.shops"])


def takes_payments() -> bool:
    """Tell whether any shop takes new payments."""
    return any(not shop.settings.is_closed for shop in shops())


def with_ways_out(response: Response, origins: Iterable[str]) -> Response:
    """Let the forms of the page lead to the acquirer's page.

    Browsers hold a redirect after a form to the page's policy too.
    """
    allowed = " ".join((POLICY["form-action"], *origins))
    policy = POLICY | {"form-action": allowed}
    response.headers["Content-Security-Policy"] = "; ".join(
        f"{name} {value}" for name, value in policy.items()
    )
    return response


def lead(pay_url: str, shop_name: str, own_page: str) -> Response:
    """Send the browser to the acquirer's page, or to our own with a link to it.

    An address that is none of the shop's is not followed by itself: a person sees it
    first.
    """
    parts = urlsplit(pay_url)
    shop = shops().named(shop_name)
    if shop is None or f"{parts.scheme}://{parts.netloc}" not in (
        shop.settings.page_origins
    ):
        return htmx.go(own_page)
    return htmx.go(pay_url)
