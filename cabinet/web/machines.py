"""What machines ask: they know the portal by its address and port, not by its name.

To everything else it answers under its own name only. Here the name is put in place of
whatever was asked for, and what it was is kept: who came by the public name is the public.
"""

import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import current_app, request

from cabinet.config import Settings
from cabinet.web import network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
#: By these a proxy tells for whom it asks; who asks for themselves does not send them.
OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
ASKED = "cabinet.asked_host"
_BEARER = "Bearer "


class ByAnyName:
    """Lets machines ask by an address where the portal has a name."""

    def __init__(self, app: "WSGIApplication", host: str) -> None:
        self._app = app
        self._host = host

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer under the portal's own name."""
        if environ.get("PATH_INFO") in PATHS:
            environ[ASKED] = environ.get("HTTP_HOST", "")
            environ["HTTP_HOST"] = self._host
        return self._app(environ, start_response)


def is_direct() -> bool:
    """Tell whether whoever asks came by no proxy and not by the portal's public name."""
    if any(name in request.headers for name in OF_PROXIES):
        return False
    settings: Settings = current_app.extensions["cabinet.settings"]
    asked = str(request.environ.get(ASKED, request.host)).rpartition(":")
    name = asked[0] or asked[2]
    return name.casefold() not in settings.hosts


def may_watch() -> bool:
    """Tell whether the figures of the installation are for whoever asks."""
    settings: Settings = current_app.extensions["cabinet.settings"]
    watch = settings.watch
    given = request.headers.get("Authorization", "")
    if watch.token and given.startswith(_BEARER):
        shown = given.removeprefix(_BEARER).encode()
        if hmac.compare_digest(shown, watch.token.encode()):
            return True
    address = network.sender()
    return (
        address is not None
        and is_direct()
        and any(address in each for each in watch.networks)
    )
