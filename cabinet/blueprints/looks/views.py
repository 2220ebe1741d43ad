"""Крупный текст, Контраст: two buttons under every page, kept in a cookie."""

from dataclasses import replace

from flask import Blueprint, Response, abort, request, url_for

from cabinet.web import htmx, identity, looks

blueprint = Blueprint("looks", __name__)

#: What a button sends, and what it switches.
SWITCHES = {"large": "is_large", "strong": "is_strong"}
STATES = {"1": True, "0": False}


@blueprint.post("/looks")
def choose() -> Response:
    """Switch one thing on or off, and stay on the page."""
    pressed = [name for name in SWITCHES if name in request.form]
    if len(pressed) != 1 or request.form[pressed[0]] not in STATES:
        abort(400)
    state = STATES[request.form[pressed[0]]]
    back = identity.local_page(request.form.get("next")) or url_for("home.index")
    response = htmx.go(back)
    looks.keep(response, replace(looks.chosen(), **{SWITCHES[pressed[0]]: state}))
    return response
