"""One URL, two answers: the whole page, or the fragment that htmx swaps in."""

from http import HTTPStatus

from flask import Flask, Response, make_response, render_template
from htmx_flask import Htmx, request
from markupsafe import escape
from werkzeug.urls import iri_to_uri

from cabinet.web.headers import vary

#: No page of ours is boosted, so nothing depends on that.
VARY = ("HX-Request", "HX-History-Restore-Request")


def register(app: Flask) -> None:
    """Teach requests the headers of htmx, and caches that answers depend on them."""
    Htmx(app)

    @app.after_request
    def add_vary(response: Response) -> Response:
        if response.mimetype == "text/html":
            vary(response, *VARY)
        return response


def wants_fragment() -> bool:
    """Tell whether the answer goes into a page that is already open."""
    hx = request.htmx
    return bool(hx) and not hx.history_restore_request


def render(
    page: str, *, fragment: str, title: str, status: int = 200, **context: object
) -> Response:
    """Render the fragment for htmx, the whole page for everyone else.

    `title` is the page's own title; htmx moves the fragment's into the tab. Both come
    from the same context, and the page includes the same fragment file.
    """
    tab = _tab(title, status)
    context |= {"title": title, "tab": tab}
    if wants_fragment():
        # What htmx does not swap it leaves to our script's general words: the answer
        # says itself when to come back.
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            status = HTTPStatus.CONFLICT
        body = f"<title>{escape(tab)}</title>\n{render_template(fragment, **context)}"
    else:
        body = render_template(page, **context)
    return make_response(body, status)


def page(
    template: str, *, title: str, status: int = HTTPStatus.OK, **context: object
) -> Response:
    """Render a page of which htmx swaps nothing; its tab tells of what is wrong."""
    return make_response(
        render_template(template, title=title, tab=_tab(title, status), **context),
        status,
    )


def _tab(title: str, status: int) -> str:
    return f"Ошибка: {title}" if status == HTTPStatus.UNPROCESSABLE_ENTITY else title


def go(url: str) -> Response:
    """Send the browser to another page: 303, or `HX-Redirect` for htmx."""
    if wants_fragment():
        response = make_response("", 200)
        # A header takes Latin letters only; Werkzeug knows that of `Location` alone.
        response.headers["HX-Redirect"] = iri_to_uri(url)
    else:
        response = make_response("", 303)
        response.location = url
    return response
