"""A customer's document as a file: never shown inside our pages, never kept."""

from urllib.parse import quote

from flask import Response, make_response


def attached(
    content: bytes, *, name: str, plain_name: str, media_type: str
) -> Response:
    """Return the file to be saved under its Russian name.

    `plain_name` is for browsers that know only Latin ones.
    """
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
