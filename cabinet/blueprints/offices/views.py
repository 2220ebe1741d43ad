"""Офисы и телефоны: where to come, when, and whom to ring up."""

from flask import Blueprint, Response
from flask_login import current_user

from cabinet.services import offices
from cabinet.web import htmx, moment

TITLE = "Офисы и телефоны"

blueprint = Blueprint("offices", __name__, url_prefix="/offices")


@blueprint.get("")
def index() -> Response:
    """Show all branches; that of the chosen account stands first."""
    card = current_user.account
    return htmx.page(
        "offices/index.html",
        title=TITLE,
        branches=offices.contacts(now=moment.now(), first=card and card.branch_id),
        now=moment.now(),
    )
