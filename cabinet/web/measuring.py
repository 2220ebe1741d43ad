"""Every request gets a number, is counted, and may have a line in the log.

The number stands on the page of a fault and in every line of the log that was written
meanwhile. Neither the line nor the figures say who came from where, nor to which address:
one-time links and numbers of accounts stand in addresses.
"""

import logging
import re
import secrets
from http import HTTPStatus
from time import perf_counter

from flask import Flask, Response, g, request

from cabinet.config import Settings, logs
from cabinet.web import counting, identity

HEADER = "X-Request-ID"
#: What a proxy of ours may call a request; anything else gets a number of ours.
SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
#: For what has no endpoint, and for methods nobody has heard of: whoever comes must not
#: be able to make new rows of figures.
OTHER = "other"

log = logging.getLogger("cabinet.requests")


def register(app: Flask, settings: Settings) -> None:
    """Measure from before everything else to after it."""
    is_proxied = bool(settings.trusted_proxies)
    has_lines = settings.watch.requests
    app.jinja_env.globals["request_number"] = number

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()
        given = request.headers.get(HEADER, "") if is_proxied else ""
        logs.bind(request=given if SAFE.fullmatch(given) else secrets.token_hex(8))

    @app.after_request
    def end(response: Response) -> Response:
        seconds = perf_counter() - g.get("began", perf_counter())
        endpoint = request.endpoint or OTHER
        method = request.method if request.method in METHODS else OTHER
        status = response.status_code
        counting.counts().note((endpoint, method, f"{status // 100}xx"), seconds)
        # Of no use to a browser, and every page would weigh so much more.
        if number() and (is_proxied or status >= HTTPStatus.INTERNAL_SERVER_ERROR):
            response.headers[HEADER] = number()
        if has_lines:
            who, role = identity.known()
            log.info(
                "request",
                extra={
                    "endpoint": endpoint,
                    "method": method,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "who": who,
                    "role": role,
                },
            )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        logs.bind()


def number() -> str:
    """Return the number of the request, by which the log is searched."""
    return logs.bound("request")
