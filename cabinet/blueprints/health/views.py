"""What a load balancer asks, and what browsers report."""

import logging

from flask import Blueprint, Response, request

from cabinet.services import health
from cabinet.web import moment

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

MAX_REPORT = 8 * 1024


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer while the process lives."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 when the database answers and its schema is current."""
    faults = health.faults(now=moment.now())
    text = "ok\n" if not faults else "\n".join(faults) + "\n"
    return Response(text, 503 if faults else 200, mimetype="text/plain")


@blueprint.post("/csp-report")
def csp_report() -> Response:
    """Log that a browser stopped something on a page of ours."""
    body = request.get_data(cache=False, parse_form_data=False)
    log.warning("browser refused content", extra={"bytes": len(body)})
    return Response(status=204)
