"""Pages on the wire: gzip, with a length nobody can measure a secret by."""

import gzip
import io
import secrets

from flask import Flask, Response, request

from cabinet.web.headers import vary

TYPES = frozenset({"text/html", "text/csv", "text/plain", "application/xml"})
LEAST_BYTES = 400
LEVEL = 6
MOST_PADDING = 64


def register(app: Flask) -> None:
    """Compress what the browser takes compressed."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in TYPES or response.is_streamed:
        return response
    vary(response, "Accept-Encoding")
    if (
        not request.accept_encodings.quality("gzip")
        or "Content-Encoding" in response.headers
    ):
        return response
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    response.set_data(_gzip(body))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _gzip(body: bytes) -> bytes:
    """Compress; the name of a file of random length hides how well it went (BREACH)."""
    packed = io.BytesIO()
    name = "a" * secrets.randbelow(MOST_PADDING)
    with gzip.GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
