"""Насколько вам удобно: the scale, for who has signed in and for who has not."""

from http import HTTPStatus

from flask import Blueprint, Response, url_for
from flask_login import current_user

from cabinet.forms.usability import Scale, UsabilityForm
from cabinet.services import readings, usability
from cabinet.services.usability import Standing, Whose
from cabinet.web import htmx, identity, moment

blueprint = Blueprint("usability", __name__, url_prefix="/usability")

TITLE = "Удобно ли вам"


@blueprint.get("")
@identity.account_required
def show() -> Response:
    """Ask, or tell what was said in this quarter."""
    return _page(_mine(), url_for(".tell"))


@blueprint.post("")
@identity.account_required
def tell() -> Response:
    """Keep what was said, once a quarter."""
    return _told(_mine(), url_for(".tell"))


@blueprint.get("/guest/<string:receipt>")
def show_guest(receipt: str) -> Response:
    """Ask who has just sent a reading without signing in."""
    try:
        whose = _guest(receipt)
    except readings.TicketNotFoundError:
        return _late(HTTPStatus.GONE)
    return _page(whose, url_for(".tell_guest", receipt=receipt))


@blueprint.post("/guest/<string:receipt>")
def tell_guest(receipt: str) -> Response:
    """Keep what a guest said, once a quarter for an account."""
    try:
        whose = _guest(receipt)
    except readings.TicketNotFoundError:
        return _late(HTTPStatus.CONFLICT)
    return _told(whose, url_for(".tell_guest", receipt=receipt))


def _mine() -> Whose:
    return Whose.customer(current_user.user_id, current_user.account)


def _guest(receipt: str) -> Whose:
    taken = readings.guest_taken(receipt, pepper=identity.pepper(), now=moment.now())
    return Whose.guest(taken)


def _told(whose: Whose, url: str) -> Response:
    form = UsabilityForm()
    actor, now = identity.actor(), moment.now()
    standing: Standing | None
    if form.is_aside:
        standing = usability.set_aside(whose, actor=actor, now=now)
    elif form.validate_on_submit():
        standing = usability.rate(whose, form.chosen, form.said, actor=actor, now=now)
    else:
        standing = usability.standing(whose, now=now)
        return _shown(
            Scale(url=url, form=form, standing=standing),
            HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    if not htmx.wants_fragment():
        return htmx.go(url)
    return _shown(Scale(url=url, form=form, standing=standing, is_fresh=True))


def _page(whose: Whose, url: str) -> Response:
    standing = usability.standing(whose, now=moment.now())
    return _shown(Scale.asking(url, standing))


def _late(status: HTTPStatus) -> Response:
    form = UsabilityForm(formdata=None)
    return _shown(Scale(url="", form=form, standing=None, is_late=True), status)


def _shown(scale: Scale, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return htmx.render(
        "usability/show.html",
        fragment="usability/_usability.html",
        title=TITLE,
        status=status,
        scale=scale,
    )
