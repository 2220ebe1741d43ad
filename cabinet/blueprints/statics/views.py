"""Style, script, icon, service worker, manifest and the page without a connection."""

from typing import cast

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    render_template,
    request,
)

from cabinet.web.statics import Asset, Statics

blueprint = Blueprint("statics", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"


@blueprint.get("/s/<string:name>")
def show(name: str) -> Response:
    """Answer a file by its name with the hash; it never changes."""
    asset = _statics().by_path.get(f"/s/{name}")
    if asset is None:
        abort(404)
    return _answer(asset, FOR_EVER)


@blueprint.get("/sw.js")
def worker() -> Response:
    """Answer the service worker."""
    return _answer(_statics().worker, ASK_AGAIN)


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Answer what a phone needs to keep the portal on its first screen."""
    return _answer(_statics().manifest, ASK_AGAIN)


@blueprint.get("/offline")
def offline() -> Response:
    """Show the page the service worker keeps; it holds nobody's data."""
    response = make_response(render_template("offline.html", title="Нет связи"))
    response.headers["Cache-Control"] = ASK_AGAIN
    return response


def _statics() -> Statics:
    return cast("Statics", current_app.extensions["cabinet.statics"])


def _answer(asset: Asset, cache: str) -> Response:
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(
        asset.gzipped if takes_gzip else asset.body, mimetype=asset.mimetype
    )
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = cache
    response.vary.add("Accept-Encoding")
    if cache != FOR_EVER:
        response.add_etag()
    return cast("Response", response.make_conditional(request))
