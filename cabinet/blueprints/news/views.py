"""Новости и льготы: what the office tells everybody."""

from uuid import UUID

from flask import Blueprint, Response
from flask_login import current_user

from cabinet.services import announcements
from cabinet.web import htmx, moment

TITLE = "Новости и льготы"

blueprint = Blueprint("news", __name__, url_prefix="/news")


@blueprint.get("")
def index() -> Response:
    """Show what is on at the branch of the chosen account, outages first."""
    card = current_user.account
    return htmx.page(
        "news/index.html",
        title=TITLE,
        rows=announcements.shown_to(card and card.branch_id, day=moment.today()),
        has_account=card is not None,
    )


@blueprint.get("/<uuid:public_id>")
def show(public_id: UUID) -> Response:
    """Show one text."""
    found = announcements.get_shown(public_id, day=moment.today())
    return htmx.page("news/show.html", title=found.title, one=found)
