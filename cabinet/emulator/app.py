"""The emulator put together: a WSGI application of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, make_response, render_template, request

from cabinet.emulator import control, pages, sberbank, tbank, yookassa
from cabinet.emulator.bank import Bank
from cabinet.emulator.book import Book
from cabinet.emulator.faults import Faults
from cabinet.emulator.sender import Sender

HANG_SECONDS = 12.0
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
#: The form leads on to the shop, wherever it is.
POLICY = (
    "default-src 'none'; style-src 'self'; form-action *; base-uri 'none';"
    " frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Emulator:
    """The application, and the thread that sends notices once it is started."""

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
    book = Book(path)
    bank, faults = Bank(book, clock), Faults(book, hang_seconds)
    for interface in (yookassa, sberbank, tbank):
        app.register_blueprint(interface.make(bank, faults))
    app.register_blueprint(pages.make(bank))
    app.register_blueprint(control.make(bank, faults, token))
    style = (Path(__file__).parent / "static" / "emulator.css").read_bytes()

    @app.get("/emulator.css")
    def show_style() -> Response:
        return Response(style, mimetype="text/css")

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.errorhandler(HTTPStatus.NOT_FOUND)
    def missing(_error: Exception) -> Response:
        return make_response(render_template("missing.html"), HTTPStatus.NOT_FOUND)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if response.mimetype == "text/html" and not request.path.startswith(
            "/emulator/"
        ):
            response.headers["Content-Security-Policy"] = POLICY
        return response

    return Emulator(app, bank, Sender(bank, pace=pace))
