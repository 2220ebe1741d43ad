"""A customer's document as a file: never shown inside our pages, never kept."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, make_response

_UNFIT = re.compile(r"[^A-Za-z0-9 ._-]")


def attached(
    content: bytes | Iterator[bytes], *, name: str, plain_name: str, media_type: str
) -> Response:
    """Return the file to be saved under its Russian name.

    `plain_name` is for browsers that know only Latin ones. What a header cannot carry is
    replaced: numbers of accounts come from files of others.
    """
    plain_name = _UNFIT.sub("_", plain_name)
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
