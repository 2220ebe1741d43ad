"""Замена и проверка счётчика: what the account asked for, and the form of more."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, abort, url_for
from flask_login import current_user

from cabinet.exchange.photo import Photo
from cabinet.forms.requests import DaysForm, RequestForm
from cabinet.services import limits
from cabinet.services.access import AccountCard
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.requests import asking, looking
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.services.requests.shown import Shown
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import account_required, customer_required
from cabinet.web.network import public_url

TITLE = "Замена и проверка счётчика"
PLANNED = "День уже назначен. Чтобы изменить его, позвоните нам"
OVER = "Заявка уже завершена"

blueprint = Blueprint("requests", __name__, url_prefix="/requests")


@blueprint.get("")
@account_required
def index() -> Response:
    """Show the account's requests and the blank form."""
    return _page(RequestForm(formdata=None), current_user.account)


@blueprint.post("")
@account_required
def ask() -> Response:
    """Write the request down and lead to it."""
    typed = RequestForm()
    card = _account_of(typed)
    board = looking.board(current_user.user_id, card.account_id, now=moment.now())
    typed.offer_meters(board.meters)
    try:
        is_taken, photo = _checked(typed)
        if not is_taken:
            return _page(typed, card, HTTPStatus.UNPROCESSABLE_ENTITY)
        public_id = asking.ask(
            current_user.user_id,
            card.account_id,
            typed.wish(photo),
            link_of=link_of,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TooManyAttemptsError as error:
        return _page(typed, card, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    except asking.DayUnfitError as error:
        typed.blame(error)
    except asking.MeterUnknownError:
        typed.blame_meter()
    except asking.AlreadyAskedError as error:
        return _page(typed, card, HTTPStatus.CONFLICT, standing=error.public_id)
    else:
        return htmx.go(url_for(".show", public_id=public_id))
    return _page(typed, card, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.get("/<uuid:public_id>")
@customer_required
def show(public_id: UUID) -> Response:
    """Show a request with its history."""
    found = looking.mine(current_user.user_id, public_id, now=moment.now())
    return _request_page(found)


@blueprint.post("/<uuid:public_id>/days")
@customer_required
def change_days(public_id: UUID) -> Response:
    """Name other days while none is planned."""
    typed = DaysForm()
    found = looking.mine(current_user.user_id, public_id, now=moment.now())
    if not typed.validate_on_submit():
        return _request_page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = asking.change_days(
            current_user.user_id,
            public_id,
            typed.days,
            link_of=link_of,
            actor=identity.actor(),
            now=moment.now(),
        )
    except asking.DayUnfitError as error:
        typed.blame(error)
        return _request_page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ChangedMeanwhileError:
        return _request_page(found, status=HTTPStatus.CONFLICT, fault=PLANNED)
    return _changed(found)


@blueprint.post("/<uuid:public_id>/cancel")
@customer_required
def cancel(public_id: UUID) -> Response:
    """Take the request back while it is not over."""
    try:
        found = asking.cancel(
            current_user.user_id,
            public_id,
            link_of=link_of,
            actor=identity.actor(),
            now=moment.now(),
        )
    except ChangedMeanwhileError:
        found = looking.mine(current_user.user_id, public_id, now=moment.now())
        return _request_page(found, status=HTTPStatus.CONFLICT, fault=OVER)
    return _changed(found)


@blueprint.get("/<uuid:public_id>/photo")
@customer_required
def photo(public_id: UUID) -> Response:
    """Give the photo of one's own request to be saved."""
    got = looking.photo_of_mine(current_user.user_id, public_id, now=moment.now())
    return attached(
        got.pieces, name=got.name, plain_name=got.name, media_type=got.media_type
    )


def link_of(public_id: UUID) -> str:
    """Return the address of a request as letters have it."""
    return public_url(url_for("requests.show", public_id=public_id))


def _account_of(typed: RequestForm) -> AccountCard:
    """Return the account the form was made for, the chosen one where it does not say."""
    slug = typed.account.data or current_user.account.slug
    card: AccountCard | None = next(
        (one for one in current_user.accounts if one.slug == slug), None
    )
    if card is None:
        abort(HTTPStatus.NOT_FOUND)
    return card


def _checked(typed: RequestForm) -> tuple[bool, Photo | None]:
    """Return whether the form was understood, and its photo made safe.

    Raises limits.TooManyAttemptsError: decoding is the dearest thing a form can ask for.
    """
    if not typed.validate_on_submit():
        return False, None
    if typed.photo.data:
        limits.spend(
            limits.PHOTO_HOUR,
            f"user:{current_user.user_id}",
            pepper=identity.pepper(),
            now=moment.now(),
        )
    return typed.cleaned()


def _changed(found: Shown) -> Response:
    if htmx.wants_fragment():
        return _request_page(found, is_fresh=True)
    return htmx.go(url_for(".show", public_id=found.public_id))


def _page(
    typed: RequestForm,
    card: AccountCard,
    status: int = HTTPStatus.OK,
    *,
    again_at: object = None,
    standing: UUID | None = None,
) -> Response:
    board = looking.board(current_user.user_id, card.account_id, now=moment.now())
    typed.offer_meters(board.meters)
    typed.key.data = typed.once
    typed.account.data = card.slug
    return htmx.render(
        "requests/index.html",
        fragment="requests/_new_request.html",
        title=TITLE,
        status=status,
        form=typed,
        lines=board.lines,
        again_at=again_at,
        standing=standing,
    )


def _request_page(
    found: Shown,
    typed: DaysForm | None = None,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_fresh: bool = False,
) -> Response:
    if typed is None:
        typed = DaysForm(formdata=None)
        typed.fill(found.first_choice, found.second_choice, found.hours)
    return htmx.render(
        "requests/show.html",
        fragment="requests/_request.html",
        title=f"Заявка {found.number}",
        status=status,
        found=found,
        form=typed,
        fault=fault,
        is_fresh=is_fresh,
    )
