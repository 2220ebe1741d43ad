"""What a load balancer asks, and what browsers report."""

import logging

from flask import Blueprint, Response, abort, current_app, request

from cabinet.services import health
from cabinet.web import identity, machines, metrics, moment, network

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
    is_near = network.is_this_machine() and machines.is_direct()
    told = faults if is_near else ["not ready"]
    text = "ok\n" if not faults else "\n".join(told) + "\n"
    return Response(text, 503 if faults else 200, mimetype="text/plain")


@blueprint.get("/metrics")
def figures() -> Response:
    """Tell how the installation lives, in figures, to who may watch it; others miss it."""
    if not machines.may_watch():
        abort(404)
    vitals = current_app.extensions["cabinet.vitals"].at(moment.now())
    return Response(metrics.text(vitals), content_type=metrics.CONTENT_TYPE)


@blueprint.post("/csp-report")
def csp_report() -> Response:
    """Log that a browser stopped something on a page of ours; ten a minute at most."""
    if request.content_length is None or request.content_length > MAX_REPORT:
        abort(413)
    if health.may_report(
        network.network(),
        pepper=identity.pepper(),
        now=moment.now(),
    ):
        log.warning("browser refused content", extra={"bytes": request.content_length})
    return Response(status=204)
