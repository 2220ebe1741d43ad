"""Headers of every answer, cross-site checks, and the form token."""

from flask import Flask, Response, abort, current_app, g, request
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.routing import IntegerConverter

from cabinet.config import Settings
from cabinet.web.headers import add_missing, vary

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "report-uri": "/csp-report",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

#: What a style, a script or a redirect needs of them; the rest speaks to documents and
#: workers, and half a kilobyte an answer is felt on a slow phone.
NOT_OF_DOCUMENTS = (
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Resource-Policy",
)

#: The fields that take a file; in any other a file would stand where text is read.
FILE_FIELDS = frozenset({"file", "files", "photo", "register"})

#: Where staff send registries: more than anybody else may, and to the disk at once.
BIG_FILES = frozenset({"staff_loads.receive"})
MAX_REGISTRY = 64 * 1024 * 1024

#: Sent by machines: no form of ours, and their bytes are read as they came.
FROM_MACHINES = frozenset({"health.csp_report", "payments.webhooks.take"})

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


class Number(IntegerConverter):
    """A number of an address: plain digits, no more than a database column holds."""

    regex = "[0-9]{1,18}"


def register(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer and the checks before every change."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = settings.is_https
    app.url_map.converters["int"] = Number
    app.before_request(_look_at_changes)
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = _token
    app.context_processor(lambda: {"csrf_token": _token})
    headers = dict(HEADERS)
    few = {name: HEADERS[name] for name in NOT_OF_DOCUMENTS}
    if settings.is_https:
        for each in (headers, few):
            each["Strict-Transport-Security"] = _hsts(settings)
    headers["Cache-Control"] = few["Cache-Control"] = "no-store"

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_document = request.endpoint != "statics.show" and not response.location
        add_missing(response, headers if is_document else few)
        if "no-store" in response.headers["Cache-Control"]:
            vary(response, "Cookie")
        return response


def check_token() -> None:
    """Refuse a form without its token, for a view that lets some requests in without."""
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()


def _token() -> str:
    """Return the form token, made once a page, however many forms it has."""
    made: str = g.get("csrf_token") or generate_csrf()
    return made


def _hsts(settings: Settings) -> str:
    """Return two years of HTTPS; other names under ours only where the office says so."""
    return f"max-age=63072000{'; includeSubDomains' * settings.hsts_subdomains}"


def _look_at_changes() -> None:
    """Refuse a change that no page of ours can have asked for."""
    if request.method in SAFE:
        return
    _let_registries_in()
    if request.endpoint not in FROM_MACHINES:
        _refuse_odd_forms()
        _refuse_foreign_origin()


def _let_registries_in() -> None:
    """Let who works in the back office send a file larger than the others."""
    is_registry = request.method == "POST" and request.endpoint in BIG_FILES
    if is_registry and current_user.is_authenticated and current_user.role.is_staff:
        request.max_content_length = MAX_REGISTRY


def _refuse_odd_forms() -> None:
    """Refuse what no browser sends and nothing behind here expects.

    Fields without a name, files in place of text, and NUL, which Postgres does not keep.
    """
    has_nul = any(
        "\0" in text
        for name, values in request.form.lists()
        for text in (name or "", *values)
    )
    if has_nul or None in request.form or not FILE_FIELDS.issuperset(request.files):
        abort(400)


def _refuse_foreign_origin() -> None:
    """Refuse a change that another site asked for."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    is_foreign = origin not in {None, "null", own}
    if is_foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        reason = "the form was sent from another site"
        raise CSRFError(reason)
