"""The moment of a request: taken once, so that one request sees one time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g

from cabinet.config import Clock, Settings
from cabinet.domain.period import local_day


def register(app: Flask, clock: Clock) -> None:
    """Give the application its clock."""
    app.extensions["cabinet.clock"] = clock


def now() -> datetime:
    """Return the moment this request began, aware, in UTC."""
    if "now" not in g:
        g.now = current_app.extensions["cabinet.clock"].now()
    moment: datetime = g.now
    return moment


def zone() -> ZoneInfo:
    """Return the zone of the portal's own clocks, for who has no account yet."""
    settings: Settings = current_app.extensions["cabinet.settings"]
    return settings.zone


def today() -> date:
    """Return the day of this request by the portal's own clocks."""
    return local_day(now(), zone())
