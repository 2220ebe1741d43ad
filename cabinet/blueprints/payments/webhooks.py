"""What acquirers send unasked: kept whole, answered at once, used by the worker."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, abort, request

from cabinet.gateways.base import NotOursError
from cabinet.services.payments import notices
from cabinet.web import bank, identity, moment, network

blueprint = Blueprint("webhooks", __name__)
log = logging.getLogger(__name__)

MAX_NOTICE = 64 * 1024


@blueprint.route("/webhooks/<string:shop>", methods=["GET", "POST"])
def take(shop: str) -> Response:
    """Keep a notice that the provider's rule proves; some providers send it by GET.

    A forged one is 403, and 429 after ten in a minute; one that cannot be read 400, a shop that is not there 404.
    While the database is away the answer is 503, and the provider comes again.
    """
    identity.ask_no_more()
    # A body that does not tell its length is read no further than one byte too many.
    request.max_content_length = MAX_NOTICE + 1
    body = request.get_data()
    if len(body) > MAX_NOTICE:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        words = notices.keep(
            shop,
            body,
            dict(request.headers),
            request.args.to_dict(),
            network.sender(),
            shops=bank.shops(),
            now=moment.now(),
        )
    except notices.ShopNotFoundError:
        abort(HTTPStatus.NOT_FOUND)
    except NotOursError:
        if not notices.may_knock(
            network.network(), pepper=identity.pepper(), now=moment.now()
        ):
            later = {"Retry-After": "60"}
            return Response("", 429, mimetype="text/plain", headers=later)
        log.warning("a notice that is not the provider's", extra={"shop": shop})
        return Response("", HTTPStatus.FORBIDDEN, mimetype="text/plain")
    except ValueError:
        log.warning("a notice that cannot be read", extra={"shop": shop})
        return Response("", HTTPStatus.BAD_REQUEST, mimetype="text/plain")
    return Response(words, mimetype="text/plain")
