"""Моя учетная запись: accounts and sessions."""

from flask import Blueprint, Response, current_app, url_for
from flask_login import login_required

from cabinet.services import sessions
from cabinet.web import htmx, identity, moment
from cabinet.web.sid import replace_sid

blueprint = Blueprint("profile", __name__)


@blueprint.get("/profile")
@login_required
def show() -> Response:
    """Show the accounts and the sessions."""
    return _page()


@blueprint.post("/profile/sessions/<int:session_id>/end")
@login_required
def end_session(session_id: int) -> Response:
    """End one session; ending this browser's own is signing out."""
    who = identity.signed_in()
    sessions.end_session(who, session_id, actor=identity.actor(), now=moment.now())
    if session_id == who.session_id:
        replace_sid(current_app)
        response = htmx.go(url_for("auth.login"))
        response.headers["Clear-Site-Data"] = '"storage"'
        return response
    return _changed()


@blueprint.post("/profile/sessions/end-others")
@login_required
def end_others() -> Response:
    """End every session but this one."""
    sessions.end_other_sessions(
        identity.signed_in(), actor=identity.actor(), now=moment.now()
    )
    return _changed()


def _changed() -> Response:
    return _page() if htmx.wants_fragment() else htmx.go(url_for("profile.show"))


def _page() -> Response:
    return htmx.render(
        "profile/show.html",
        fragment="profile/_session_list.html",
        title="Моя учетная запись",
        sessions=sessions.sessions(identity.signed_in(), now=moment.now()),
    )
