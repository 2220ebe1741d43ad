"""The emulator put together: a WSGI application of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, make_response, render_template
from jinja2 import StrictUndefined

from cabinet.emulator import control, pages, sberbank, tbank, yookassa
from cabinet.emulator.bank import Bank
from cabinet.emulator.book import Book
from cabinet.emulator.faults import Faults
from cabinet.emulator.sender import Sender

HANG_SECONDS = 12.0
MOST_BODY = 256 * 1024
HEADERS = {
    "Content-Security-Policy": pages.POLICY.format(forms="'self'"),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Emulator:
    """The application, and the threads that send notices once they are started."""

    app: Flask
    bank: Bank
    sender: Sender


def create_emulator(
    path: Path,
    *,
    token: str,
    clock: Callable[[], datetime],
    hang_seconds: float = HANG_SECONDS,
    pace: float = 1.0,
) -> Emulator:
    """Return the emulator with its database at `path`; nothing is sent before a start.

    `token` opens the addresses for tests, `hang_seconds` is how long a silent call
    lasts, `pace` shortens the pauses between repeated notices.
    """
    app = Flask("cabinet.emulator", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    app.jinja_env.undefined = StrictUndefined
    book = Book(path)
    bank, faults = Bank(book, clock), Faults(book, hang_seconds, clock)
    for interface in (yookassa, sberbank, tbank):
        app.register_blueprint(interface.make(bank, faults))
    app.register_blueprint(pages.make(bank))
    app.register_blueprint(control.make(bank, faults, token))
    style = (Path(__file__).parent / "static" / "emulator.css").read_bytes()

    def show_style() -> Response:
        return Response(style, mimetype="text/css")

    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    def missing(_error: Exception) -> Response:
        return make_response(render_template("missing.html"), HTTPStatus.NOT_FOUND)

    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.add_url_rule("/emulator.css", "style", show_style)
    app.add_url_rule("/healthz", "alive", alive)
    app.register_error_handler(HTTPStatus.NOT_FOUND, missing)
    app.after_request(add_headers)
    return Emulator(app, bank, Sender(bank, pace=pace))
