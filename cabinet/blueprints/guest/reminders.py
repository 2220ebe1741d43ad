"""What the links of a reminder open: one meter's form, and the way out."""

from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from cabinet.blueprints.guest import pages
from cabinet.domain.errors import NotFound
from cabinet.forms.readings import RegistersForm
from cabinet.services import reminders
from cabinet.web import htmx, identity, moment, security

blueprint = Blueprint("reminders", __name__, url_prefix="/reminders")

ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}
STOPPED = "Больше не напоминаем"
STOP_TITLE = "Напоминания о показаниях"


@blueprint.get("/<string:secret>")
def show(secret: str) -> Response:
    """Show the form of the meter, or what the link brought already."""
    try:
        return _opened(secret)
    except NotFound:
        return pages.page(HTTPStatus.GONE, stage="gone")


@blueprint.post("/<string:secret>")
def submit(secret: str) -> Response:
    """Take the reading and use the link up, or show what is wrong."""
    form = RegistersForm()
    try:
        reminders.submit_by_reminder(
            secret,
            None if "same" in request.form else form.typed,
            month=form.said_month,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
        if htmx.wants_fragment():
            return _opened(secret)
    except NotFound:
        return pages.page(HTTPStatus.CONFLICT, stage="gone")
    except pages.REFUSALS as error:
        opened = reminders.open_reminder(secret, now=moment.now())
        if opened.form is None:
            return _opened(secret)
        action = url_for(".submit", secret=secret)
        return pages.refused_page(form, opened.form, action, error)
    return htmx.go(url_for(".show", secret=secret))


@blueprint.get("/stop/<string:secret>")
def stopping(secret: str) -> Response:
    """Ask with one button whether to remind no more."""
    try:
        stop = reminders.open_stop(secret, now=moment.now())
    except NotFound:
        return _stop_page(HTTPStatus.GONE, secret, None)
    return _stop_page(HTTPStatus.OK, secret, stop)


@blueprint.post("/stop/<string:secret>")
def stop(secret: str) -> Response:
    """Remind no more of the account, by the page's button or a mail program's.

    A mail program sends one exact field and no token of a form (RFC 8058): the secret
    of the letter is the proof. Whatever else is sent comes from a page.
    """
    is_one_click = request.form.to_dict(flat=False) == ONE_CLICK
    if not is_one_click:
        security.check_token()
    try:
        reminders.stop_by_link(secret, actor=identity.actor(), now=moment.now())
    except NotFound:
        return _stop_page(HTTPStatus.CONFLICT, secret, None)
    if is_one_click:
        return Response(STOPPED, mimetype="text/plain")
    if htmx.wants_fragment():
        return stopping(secret)
    return htmx.go(url_for(".stopping", secret=secret))


def _opened(secret: str) -> Response:
    opened = reminders.open_reminder(secret, now=moment.now())
    if opened.taken is not None:
        return pages.taken_page(opened.taken)
    if opened.form is None:
        raise NotFound(secret)
    return pages.form_page(opened.form, url_for(".submit", secret=secret))


def _stop_page(
    status: HTTPStatus, secret: str, found: reminders.Stop | None
) -> Response:
    return htmx.render(
        "guest/stop.html",
        fragment="guest/_guest_stop.html",
        title=STOP_TITLE,
        status=status,
        stop=found,
        action=url_for(".stop", secret=secret),
    )
