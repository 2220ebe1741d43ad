"""Error pages: what happened in plain words, and the way on."""

import logging
from http import HTTPStatus
from time import monotonic

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import Template
from werkzeug.exceptions import ClientDisconnected, HTTPException, SecurityError

from cabinet.domain.errors import NotFound
from cabinet.services import health, room
from cabinet.services.bulkheads import BusyError
from cabinet.services.limits import TooManyAttemptsError
from cabinet.web import bulkheads, identity, json_answers
from cabinet.web.sid import FORM_SECRET

log = logging.getLogger(__name__)

RETRY_SECONDS = "30"
BUSY_SECONDS = "5"
TELL_SECONDS = 1.0
_told_at: dict[str, float] = {}

#: The sections whose forms come back with the page that refuses them for a while. In none
#: of them is anything secret typed but what NOT_KEPT names.
KEPT = frozenset(
    {"readings", "payments", "guest", "questions", "requests", "usability"}
)
NOT_KEPT = frozenset({"password", "code"})


def register(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(TooManyAttemptsError, _too_many)
    app.register_error_handler(ClientDisconnected, _cut_short)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(BusyError, _busy)
    for each in health.UNAVAILABLE:
        app.register_error_handler(each, _unavailable)
    app.register_error_handler(room.NoRoomError, _unavailable)
    app.register_error_handler(OSError, _not_written)
    app.register_error_handler(Exception, _failure)


def _not_found(_error: Exception) -> Response:
    return page(HTTPStatus.NOT_FOUND)


def _stale_form(_error: Exception) -> Response:
    return page(HTTPStatus.BAD_REQUEST, is_stale=True)


def _too_many(error: TooManyAttemptsError) -> Response:
    response = page(HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    response.headers["Retry-After"] = error.again_at.strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    if isinstance(error, SecurityError):
        # A host that is not ours has no addresses, and a page of ours needs them.
        return Response("Bad Request\n", error.code, mimetype="text/plain")
    response = page(HTTPStatus(error.code))
    for name, value in error.get_headers(request.environ):
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _cut_short(error: ClientDisconnected) -> Response:
    """Ask to come again where the server is stopping and could not hear it all."""
    connection = request.environ.get("gunicorn.socket")
    if not getattr(connection, "is_hushed", False):
        return _http_error(error)
    response = page(HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _failure(error: Exception) -> Response:
    log.error(
        "request failed",
        exc_info=error,
        extra={"endpoint": request.endpoint, "method": request.method},
    )
    return page(HTTPStatus.INTERNAL_SERVER_ERROR)


def _unavailable(error: Exception) -> Response:
    """Ask to come again: nothing was written, and the same form may be sent again."""
    is_full = room.is_want_of_room(error)
    why = "no room on the disk" if is_full else "database unavailable"
    log.error(why, exc_info=error)
    return _later(RETRY_SECONDS, is_full=is_full)


def _not_written(error: OSError) -> Response:
    """Tell a full disk from a fault of our own."""
    return _unavailable(error) if room.is_want_of_room(error) else _failure(error)


def _busy(error: BusyError) -> Response:
    """Ask to come again in a moment: there is enough of this work already.

    Of a crowd the log is told once a second: it has a disk to fill.
    """
    moment = monotonic()
    if moment - _told_at.get(error.name, -TELL_SECONDS) >= TELL_SECONDS:
        _told_at[error.name] = moment
        log.warning("too much at once: %s", error.name)
    return _later(BUSY_SECONDS, busy=error.name)


def _later(seconds: str, **context: object) -> Response:
    """Return the page with what was typed in it, to be sent again by one button."""
    response = page(HTTPStatus.SERVICE_UNAVAILABLE, typed=_typed(), **context)
    response.headers["Retry-After"] = seconds
    return response


def _typed() -> list[tuple[str, str]]:
    """Return the fields of the form that was sent, none where they are not kept.

    A form with a file is not read: it may be what there is no room for.
    """
    section = (request.endpoint or "").partition(".")[0]
    if request.method != "POST" or section not in KEPT or bulkheads.brings_file():
        return []
    sent = request.form.items(multi=True)
    fields = [(name, value) for name, value in sent if name != FORM_SECRET]
    has_file = any(file.filename for file in request.files.values())
    is_kept = NOT_KEPT.isdisjoint(request.form) and not has_file
    return fields if is_kept else []


def page(status: HTTPStatus, **context: object) -> Response:
    """Return the page of an error, JSON for a program; it runs no query."""
    identity.ask_no_more()
    if json_answers.is_asked():
        return json_answers.failure(status)
    none = {"is_stale": False, "is_full": False, "busy": "", "again_at": None}
    context = {**none, "typed": [], **context}
    code = int(status)
    templates: list[str | Template] = [f"errors/{code}.html", "errors/error.html"]
    return make_response(render_template(templates, code=code, **context), code)
