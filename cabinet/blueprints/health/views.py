"""What a load balancer asks, and what browsers report."""

import logging
from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, request

from cabinet.services import health
from cabinet.web import identity, moment

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

MAX_REPORT = 8 * 1024


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer while the process lives."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 when the database answers and its schema is current.

    What is wrong is told to this machine only.
    """
    faults = health.faults()
    is_near = ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - no address is a far one
    told = faults if is_near else ["not ready"]
    text = "ok\n" if not faults else "\n".join(told) + "\n"
    return Response(text, 503 if faults else 200, mimetype="text/plain")


@blueprint.post("/csp-report")
def csp_report() -> Response:
    """Log that a browser stopped something on a page of ours; ten a minute at most."""
    if request.content_length is None or request.content_length > MAX_REPORT:
        abort(413)
    if health.may_report(
        identity.address_hash(),
        pepper=str(current_app.secret_key),
        now=moment.now(),
    ):
        log.warning("browser refused content", extra={"bytes": request.content_length})
    return Response(status=204)
