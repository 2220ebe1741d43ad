"""Сменить почту: the form, and the links of its letters.

A link's page has one button: programs that look into letters follow links, and press
nothing.
"""

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    url_for,
)
from flask_login import current_user, login_required

from cabinet.domain.registration import TokenPurpose
from cabinet.forms.email import ChangeEmailForm
from cabinet.services import email_change
from cabinet.services.password_change import WrongPasswordError
from cabinet.services.tokens import TokenNotFoundError
from cabinet.web import htmx, identity, moment, network

blueprint = Blueprint("email", __name__)


@blueprint.get("/profile/email")
@login_required
def change() -> Response:
    """Show the form of another e-mail, and which one waits to be confirmed."""
    _customers_only()
    return _page(ChangeEmailForm(formdata=None))


@blueprint.post("/profile/email")
@login_required
def ask() -> Response:
    """Send a link to the new address."""
    _customers_only()
    form = ChangeEmailForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    try:
        email_change.ask_email(
            identity.signed_in(),
            form.current.data,
            form.email.data,
            link_of=_confirm_link,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except WrongPasswordError:
        form.current.errors = ["Этот пароль не подходит. Проверьте и введите ещё раз"]
        return _page(form, status=422)
    except email_change.SameEmailError:
        form.email.errors = ["С этой почтой вы входите сейчас. Введите другую"]
        return _page(form, status=422)
    if htmx.wants_fragment():
        return _page(ChangeEmailForm(formdata=None))
    return htmx.go(url_for("email.change"))


@blueprint.get("/email/confirm/<string:secret>")
def confirm(secret: str) -> Response:
    """Show the button that confirms the new address."""
    return _link_page(secret, TokenPurpose.CHANGE_EMAIL, "Подтвердить почту")


@blueprint.post("/email/confirm/<string:secret>")
def confirm_now(secret: str) -> Response:
    """Put the new address in place."""
    try:
        email_change.confirm_email(
            secret,
            signed_in=identity.signed_in() if current_user.is_authenticated else None,
            link_of=_undo_link,
            zone=moment.zone(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TokenNotFoundError:
        if not _was_just_used(secret, TokenPurpose.CHANGE_EMAIL):
            return _gone()
    return htmx.go(url_for("email.changed"))


@blueprint.get("/email/changed")
def changed() -> Response:
    """Say that the new address is in place."""
    return make_response(render_template("email/changed.html", title="Почта изменена"))


@blueprint.get("/email/undo/<string:secret>")
def undo(secret: str) -> Response:
    """Show the button that puts the earlier address back."""
    return _link_page(secret, TokenPurpose.UNDO_EMAIL, "Вернуть прежнюю почту")


@blueprint.post("/email/undo/<string:secret>")
def undo_now(secret: str) -> Response:
    """Put the earlier address back."""
    try:
        email_change.undo_email(
            secret,
            zone=moment.zone(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TokenNotFoundError:
        if not _was_just_used(secret, TokenPurpose.UNDO_EMAIL):
            return _gone()
    return htmx.go(url_for("email.undone"))


@blueprint.get("/email/undone")
def undone() -> Response:
    """Say that the earlier address is back, and what to do now."""
    return make_response(
        render_template("email/undone.html", title="Прежняя почта возвращена")
    )


def _confirm_link(secret: str) -> str:
    return network.public_url(url_for("email.confirm", secret=secret))


def _undo_link(secret: str) -> str:
    return network.public_url(url_for("email.undo", secret=secret))


def _was_just_used(secret: str, purpose: TokenPurpose) -> bool:
    return email_change.was_just_used(secret, purpose, now=moment.now())


def _customers_only() -> None:
    if current_user.role.is_staff:
        abort(404)


def _link_page(secret: str, purpose: TokenPurpose, title: str) -> Response:
    try:
        email = email_change.email_of_link(secret, purpose, now=moment.now())
    except TokenNotFoundError:
        return _gone()
    is_undo = purpose is TokenPurpose.UNDO_EMAIL
    return make_response(
        render_template(
            "email/link.html",
            title=title,
            email=email,
            is_undo=is_undo,
            action=url_for(
                "email.undo_now" if is_undo else "email.confirm_now", secret=secret
            ),
        )
    )


def _gone() -> Response:
    return make_response(
        render_template("email/gone.html", title="Ссылка больше не работает"), 410
    )


def _page(form: ChangeEmailForm, *, status: int = 200) -> Response:
    return htmx.render(
        "email/change.html",
        fragment="email/_email_form.html",
        title="Сменить почту",
        status=status,
        form=form,
        awaited=email_change.awaited_email(current_user.user_id, now=moment.now()),
    )
