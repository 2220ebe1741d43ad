"""Состояние: how the installation lives, what is usual, and what to do where it is not."""

from flask import Blueprint, Response, current_app

from cabinet.domain.people import Role
from cabinet.web import charts, counting, htmx, moment, state_lines
from cabinet.web.identity import staff_required

blueprint = Blueprint("staff_state", __name__, url_prefix="/staff/state")

TITLE = "Состояние"


@blueprint.get("")
@staff_required(Role.ADMIN)
def index() -> Response:
    """Show the figures of `/metrics` as bars; they are of nobody, so no look is noted."""
    vitals = current_app.extensions["cabinet.vitals"].at(moment.now())
    return htmx.page(
        "staff/state/index.html",
        title=TITLE,
        vitals=vitals,
        lines=state_lines.lines_of(vitals),
        daily=state_lines.daily_of(vitals),
        windows=state_lines.windows_of(vitals),
        answers=state_lines.answers_of(counting.counts().answers()),
        part=charts.part,
    )
