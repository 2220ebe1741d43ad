"""Помощь: what to do in each room of the back office, in steps."""

from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, request, url_for

from cabinet.config import Settings
from cabinet.web import help_topics, htmx, identity, moment
from cabinet.web.identity import staff_required

TITLE = "Помощь"
KEPT = timedelta(days=365)

blueprint = Blueprint("staff_help", __name__, url_prefix="/staff/help")


@blueprint.get("")
@staff_required()
def index() -> Response:
    """List the topics, and switch the key."""
    return htmx.page("staff/help/index.html", title=TITLE, topics=help_topics.shown())


@blueprint.get("/<string:topic>")
@staff_required()
def show(topic: str) -> Response:
    """Show one topic."""
    found = help_topics.find(topic)
    if found is None:
        abort(404)
    return htmx.page(
        "staff/help/show.html",
        title=found.title,
        text=help_topics.text_of(found, identity.member(), day=moment.today()),
    )


@blueprint.post("/key")
@staff_required()
def switch() -> Response:
    """Switch the key «?» off or on in this browser."""
    response = htmx.go(url_for(".index"))
    settings: Settings = current_app.extensions["cabinet.settings"]
    is_off = request.form.get("key") == help_topics.OFF
    response.set_cookie(
        help_topics.COOKIE,
        help_topics.OFF if is_off else "",
        max_age=KEPT if is_off else 0,
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response
