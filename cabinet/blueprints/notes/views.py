"""Сообщения в кабинете: what whom letters do not reach reads on the home page."""

from flask import Blueprint, Response, url_for
from flask_login import current_user, login_required

from cabinet.services import home_notes
from cabinet.web import htmx, identity, moment

blueprint = Blueprint("notes", __name__, url_prefix="/notes")


@blueprint.post("/<int:note_id>/close")
@login_required
def close(note_id: int) -> Response:
    """Take a note off the home page."""
    home_notes.close(
        current_user.user_id, note_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for("home.index"))


@blueprint.post("/<int:note_id>/not-me")
@login_required
def not_me(note_id: int) -> Response:
    """Lead to «это не я» about whoever the note tells of."""
    secret = home_notes.dispute(
        current_user.user_id, note_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for("registration.not_me", secret=secret))
