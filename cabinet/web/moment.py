"""The moment of a request: taken once, so that one request sees one time."""

from datetime import datetime

from flask import Flask, current_app, g

from cabinet.config import Clock


def register(app: Flask, clock: Clock) -> None:
    """Give the application its clock."""
    app.extensions["cabinet.clock"] = clock


def now() -> datetime:
    """Return the moment this request began, aware, in UTC."""
    if "now" not in g:
        g.now = current_app.extensions["cabinet.clock"].now()
    moment: datetime = g.now
    return moment
