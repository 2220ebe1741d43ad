"""The floor: what a page costs with its SQL sent by hand and its template rendered.

The statements, their values and the template's context are noted while the portal
answers; a bare Flask view then sends the same statements over `sqlite3` to a copy of the
same database and renders the same template with the same context. It knows no session,
no form, no model, no header, and keeps no part of a page from one request to the next.
"""

import re
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, g, template_rendered
from jinja2 import Template

from bench.portal import Request
from cabinet.forms.usability import blank_fields
from cabinet.models.base import database
from cabinet.models.connection import PRAGMAS

TOKEN = re.compile(rb'(?<=name="csrf_token" value=")[^"]*')


@dataclass
class Noted:
    """What an answer was made of."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    template: Template | None = None
    context: dict[str, Any] = field(default_factory=dict)
    status: int = 0
    body: bytes = b""

    @property
    def length(self) -> int:
        """Return the bytes of the answer."""
        return len(self.body)


def note(app: Flask, request: Request) -> Noted:
    """Send the request to the portal and note what its answer was made of."""
    noted = Noted()

    class NotingCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = ()) -> "NotingCursor":
            noted.statements.append((sql, tuple(values)))
            super().execute(sql, values)
            return self

    def keep(_app: Flask, template: Template, context: dict[str, Any]) -> None:
        noted.template, noted.context = template, dict(context)

    def cursor(*_: object) -> NotingCursor:
        found: NotingCursor = database.obj.connection().cursor(NotingCursor)
        return found

    database.obj.cursor = cursor
    try:
        with template_rendered.connected_to(keep, app):
            noted.status, noted.body = request.send(app)
    finally:
        del database.obj.cursor
    return noted


def floor_app(
    app: Flask,
    path: str,
    method: str,
    answers: Iterable[Noted],
    copy: Path,
    *,
    keeps_parts: bool = False,
) -> Flask:
    """Return a bare application whose one view gives the answers in turn.

    A single answer is given for ever. The template is rendered whole, with the parts that
    the portal draws once in a process, unless it `keeps_parts` as well.
    """
    floor = Flask("floor", static_folder=None)
    floor.jinja_env = app.jinja_env
    floor.config.update(app.config)
    floor.extensions.update(app.extensions)
    floor.secret_key = app.secret_key
    # Templates make addresses; only the one view is behind them.
    floor.url_map.converters.update(app.url_map.converters)
    endpoint = path
    for rule in app.url_map.iter_rules():
        if rule.rule == path and method in (rule.methods or ()):
            endpoint = rule.endpoint
        else:
            floor.url_map.add(rule.empty())
            # The menu has the sections that there are.
            floor.view_functions.setdefault(rule.endpoint, _nothing)
    queue = deque(answers)
    own = threading.local()

    def view() -> str | bytes:
        if not hasattr(own, "connection"):
            own.connection = _connect(copy)
        noted = queue[0] if len(queue) == 1 else queue.popleft()
        for sql, values in noted.statements:
            own.connection.execute(sql, values).fetchall()
        if noted.template is None:
            return noted.body
        if not keeps_parts:
            blank_fields.cache_clear()
        # What the templates ask for by name instead of finding it in their context.
        g._login_user = noted.context["current_user"]  # noqa: SLF001 - Flask-Login's
        return noted.template.render(noted.context)

    floor.add_url_rule(path, endpoint, view, methods=[method])
    return floor


def _nothing() -> str:
    """Stand for a view of the portal, which the floor never asks."""
    raise NotImplementedError


def check(floor: Flask, request: Request, noted: Noted) -> None:
    """End if the floor's page is not the portal's; only the tokens of forms differ.

    Before a fragment the portal puts its title, which is no part of the template.
    """
    status, body = request.send(floor)
    if status != noted.status or not _bare(noted.body).endswith(_bare(body)):
        message = f"the floor of {request.path} gives another page: {status}"
        raise SystemExit(message)


def _bare(body: bytes) -> bytes:
    return TOKEN.sub(b"", body)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for name, value in PRAGMAS:
        connection.execute(f"PRAGMA {name} = {value}")
    return connection
