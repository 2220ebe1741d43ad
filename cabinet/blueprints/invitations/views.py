"""Приглашение: looking at the link, accepting it, a cabinet made by it."""

from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from flask_login import current_user, login_required

from cabinet.forms.registration import ConsentForm
from cabinet.services import invitations, sessions
from cabinet.services.granting import AlreadyHasAccessError
from cabinet.services.tokens import TokenNotFoundError
from cabinet.web import htmx, identity, moment
from cabinet.web.network import public_url

blueprint = Blueprint("invitations", __name__, url_prefix="/invitations")


@blueprint.get("/<string:secret>")
def show(secret: str) -> Response:
    """Show what the link offers and to which cabinet."""
    _refuse_staff()
    return _page(secret)


@blueprint.post("/<string:secret>")
@login_required
def accept(secret: str) -> Response:
    """Open the account for the cabinet that is signed in, and show it."""
    _refuse_staff()
    try:
        slug = invitations.accept(
            secret, current_user.user_id, actor=identity.actor(), now=moment.now()
        )
    except TokenNotFoundError:
        return _dead()
    except AlreadyHasAccessError:
        return _page(secret, status=409)
    sessions.choose_account(
        identity.signed_in(), slug, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for("home.index"))


@blueprint.post("/<string:secret>/cabinet")
def open_cabinet(secret: str) -> Response:
    """Make a cabinet of the invited e-mail; the password is chosen by a link in a mail."""
    form = ConsentForm()
    if not form.validate_on_submit():
        return _page(secret, status=422, form=form)
    try:
        invitations.open_cabinet(
            secret,
            link=lambda password: public_url(f"/password/{password}"),
            actor=identity.actor(),
            now=moment.now(),
        )
    except TokenNotFoundError:
        return _dead()
    except invitations.CabinetExistsError:
        return _page(secret, status=409)
    return htmx.go(url_for(".created"))


@blueprint.get("/created")
def created() -> Response:
    """Tell that the way in is in the mailbox."""
    return make_response(
        render_template("invitations/created.html", title="Проверьте почту")
    )


def _refuse_staff() -> None:
    if current_user.is_authenticated and current_user.role.is_staff:
        abort(404)


def _page(
    secret: str, *, status: int = 200, form: ConsentForm | None = None
) -> Response:
    try:
        offer = invitations.look(secret, user_id=current_user.user_id, now=moment.now())
    except TokenNotFoundError:
        return _dead()
    page = render_template(
        "invitations/show.html",
        title="Приглашение",
        tab="Ошибка: Приглашение"
        if status == HTTPStatus.UNPROCESSABLE_ENTITY
        else "Приглашение",
        secret=secret,
        offer=offer,
        form=form or ConsentForm(formdata=None),
    )
    return make_response(page, status)


def _dead() -> Response:
    page = render_template(
        "invitations/dead.html", title="Приглашение больше не работает"
    )
    return make_response(page, 404)
