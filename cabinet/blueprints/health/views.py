"""What a load balancer asks, and what browsers report."""

import logging
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, request

from cabinet.config import Settings
from cabinet.services import health, readiness
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
    """Answer 200 when the database takes rows and its schema is current.

    What is wrong is told to this machine only, and so is what is late: letters that
    wait or clocks that differ are no reason to turn customers away.
    """
    now = moment.now()
    faults = health.faults()
    if not faults and (fault := current_app.extensions["cabinet.trial"].fault(now)):
        faults = [fault]
    told = ["not ready" if faults else "ok"]
    if network.is_this_machine() and machines.is_direct():
        told = faults or ["ok", *_remarks(now)]
    text = "\n".join(told) + "\n"
    return Response(text, 503 if faults else 200, mimetype="text/plain")


def _remarks(now: datetime) -> Iterator[str]:
    settings: Settings = current_app.extensions["cabinet.settings"]
    return readiness.remarks(
        current_app.extensions["cabinet.vitals"].at(now),
        apart=None if settings.is_demo else readiness.seconds_apart(now),
    )


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
