"""Error pages: what happened in plain words, and the way on."""

import logging
from http import HTTPStatus

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import Template
from werkzeug.exceptions import HTTPException, SecurityError

from cabinet.domain.errors import NotFound
from cabinet.services import health
from cabinet.services.credentials import BusyError
from cabinet.services.limits import TooManyAttemptsError
from cabinet.web import identity, json_answers

log = logging.getLogger(__name__)

RETRY_SECONDS = "30"
BUSY_SECONDS = "5"


def register(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(TooManyAttemptsError, _too_many)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(BusyError, _busy)
    for each in health.UNAVAILABLE:
        app.register_error_handler(each, _unavailable)
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


def _failure(error: Exception) -> Response:
    log.error(
        "request failed",
        exc_info=error,
        extra={"endpoint": request.endpoint, "method": request.method},
    )
    return page(HTTPStatus.INTERNAL_SERVER_ERROR)


def _unavailable(error: Exception) -> Response:
    """Ask to come again: nothing was written, and the same form may be sent again."""
    log.error("database unavailable", exc_info=error)
    response = page(HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _busy(_error: Exception) -> Response:
    """Ask to come again in a moment: the machine has enough passwords to check."""
    log.warning("too many passwords at once")
    response = page(HTTPStatus.SERVICE_UNAVAILABLE, is_busy=True)
    response.headers["Retry-After"] = BUSY_SECONDS
    return response


def page(status: HTTPStatus, **context: object) -> Response:
    """Return the page of an error, JSON for a program; it runs no query."""
    identity.ask_no_more()
    if json_answers.is_asked():
        return json_answers.failure(status)
    context = {"is_stale": False, "is_busy": False, "again_at": None, **context}
    code = int(status)
    templates: list[str | Template] = [f"errors/{code}.html", "errors/error.html"]
    return make_response(render_template(templates, code=code, **context), code)
