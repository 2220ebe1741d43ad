"""Рабочее место: what waits for a specialist."""

from flask import Blueprint, Response, make_response, render_template

from cabinet.services import reviews
from cabinet.web import identity, moment
from cabinet.web.identity import staff_required

blueprint = Blueprint("staff", __name__, url_prefix="/staff")


@blueprint.get("/")
@staff_required()
def index() -> Response:
    """Show the readings that wait for a check, oldest first."""
    queue = reviews.review_queue(
        identity.member(), actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template("staff/index.html", title="Показания на проверку", queue=queue)
    )
