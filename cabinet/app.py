"""The factory: settings in, application out."""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask, g
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from cabinet.config import Clock, Settings
from cabinet.mailing import compose
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import open_database
from cabinet.services import readiness, room, vitals
from cabinet.web import (
    announcement_words,
    bank,
    bulkheads,
    compression,
    errors,
    filters,
    help_topics,
    htmx,
    identity,
    markdown,
    measuring,
    moment,
    office_words,
    order_words,
    question_words,
    report_words,
    request_words,
    review_words,
    security,
    statics,
    zones,
)
from cabinet.web.machines import ByAnyName
from cabinet.web.sid import SidInterface
from cabinet.web.templating import Templates

#: Every section, by the name of its package.
SECTIONS = (
    "accounts",
    "api",
    "auth",
    "bills",
    "calendars",
    "consents",
    "delegates",
    "documents",
    "email",
    "factor",
    "guest",
    "health",
    "history",
    "home",
    "invitations",
    "keys",
    "leaving",
    "looks",
    "news",
    "notes",
    "offices",
    "papers",
    "password",
    "payments",
    "profile",
    "questions",
    "readings",
    "registration",
    "requests",
    "staff",
    "staff.accounts",
    "staff.allocations",
    "staff.announcements",
    "staff.bills",
    "staff.content",
    "staff.entering",
    "staff.help",
    "staff.loads",
    "staff.outgoing",
    "staff.payments",
    "staff.profiles",
    "staff.quarantine",
    "staff.questions",
    "staff.recalculations",
    "staff.reconciliations",
    "staff.registrations",
    "staff.reports",
    "staff.requests",
    "staff.settings",
    "staff.state",
    "statement",
    "statics",
    "tariffs",
    "usability",
)

#: Sections of the demonstration only.
DEMO_SECTIONS = ("demo",)

MAX_BODY = 12 * 1024 * 1024
MAX_FORM_PARTS = 100
MAX_FORM_FIELD = 500 * 1024


class Portal(Flask):
    """Flask's application for views that are plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: Flask asks of each, twenty times a request, what it is."""
        return func


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Return the portal; opens no connection and writes nothing."""
    app = Portal("cabinet", static_folder=None)
    app.jinja_environment = Templates
    # StrictUndefined must be set before the environment is made.
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True}
    app.jinja_options["lstrip_blocks"] = True
    _configure(app, settings)
    open_database(settings.database_url)
    room.watch(settings.home, settings.database_url)
    moment.register(app, clock or Clock.of(settings))
    # First to begin and last to end.
    measuring.register(app, settings)
    compression.register(app)
    htmx.register(app)
    app.session_interface = SidInterface(is_https=settings.is_https)
    # Before whatever reads a form: a file that finds no place is not taken in.
    bulkheads.register(app)
    security.register(app, settings)
    identity.register(app)
    errors.register(app)
    filters.register(app)
    markdown.register(app)
    announcement_words.register(app)
    office_words.register(app)
    help_topics.register(app)
    order_words.register(app)
    question_words.register(app)
    review_words.register(app)
    request_words.register(app)
    report_words.register(app)
    compose.register(app)
    zones.register(app)
    statics.register(app, settings)
    bank.register(app, settings)
    _register_database(app)
    for section in SECTIONS + (DEMO_SECTIONS if settings.is_demo else ()):
        views = import_module(f"cabinet.blueprints.{section}.views")
        for blueprint in getattr(views, "blueprints", (views.blueprint,)):
            app.register_blueprint(blueprint)
    security.csrf.exempt("cabinet.blueprints.health.views.csp_report")
    security.csrf.exempt("cabinet.blueprints.payments.webhooks.take")
    # Programs come with a key in a header, which no other site's form can send.
    security.csrf.exempt("cabinet.blueprints.api.views.submit")
    # Looks for the token itself, unless a mail program asks.
    security.csrf.exempt("cabinet.blueprints.guest.reminders.stop")
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.secret_key = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM_FIELD
    app.config["TRUSTED_HOSTS"] = list(settings.hosts) or None
    app.extensions["cabinet.settings"] = settings
    app.extensions["cabinet.vitals"] = vitals.Kept()
    app.extensions["cabinet.trial"] = readiness.Trial()
    app.jinja_env.globals["settings"] = settings
    for host in settings.hosts:
        app.wsgi_app = ByAnyName(app.wsgi_app, host)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app,
            x_for=settings.trusted_proxies,
            x_proto=settings.trusted_proxies,
            x_host=settings.trusted_proxies,
        )


def _register_database(app: Flask) -> None:
    """Give a pooled connection back at the end of a request.

    The first query connects, so that what needs no database answers without one. SQLite
    keeps one connection a thread: opening it for each request costs more than the whole
    page.
    """

    @app.teardown_request
    def release(_error: BaseException | None) -> None:
        g.pop("now", None)
        if not on_sqlite() and not database.is_closed():
            database.close()

    logging.getLogger("cabinet").setLevel(logging.INFO)
