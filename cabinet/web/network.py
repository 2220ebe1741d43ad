"""Where a request came from, and the address the portal is known by."""

from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from flask import current_app, request

from cabinet.config import Settings

#: What a provider gives one household; the rest of an address is the household's own.
HOUSEHOLD = 64
#: How much of an address stays as it is where somebody lives, by version 6 and 4.
SITE, TOWN = 48, 24


def network() -> str:
    """Return whom tries are counted against: an IPv4 address, an IPv6 network.

    What a proxy passes on in another form is taken as it is.
    """
    address = sender()
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, HOUSEHOLD), strict=False))
    return str(address or request.remote_addr or "")


def neighbourhood() -> str:
    """Return the network a provider gives addresses from, empty where there is none.

    Within it an address changes by itself: a /24 of version 4, a /48 of version 6.
    """
    address = sender()
    if address is None:
        return ""
    of_six = isinstance(address, IPv6Address)
    return str(ip_network((address, SITE if of_six else TOWN), strict=False))


def is_this_machine() -> bool:
    """Tell whether the request came from the machine the portal runs on."""
    address = sender()
    return address is not None and address.is_loopback


def public_url(path: str) -> str:
    """Return the whole address of a page of ours for a letter.

    The settings name the host; only a demonstration without one believes the browser.
    """
    settings: Settings = current_app.extensions["cabinet.settings"]
    return (settings.public_url or request.host_url.rstrip("/")) + path


def sender() -> IPv4Address | IPv6Address | None:
    """Return the address a request came from, None where it is none."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
