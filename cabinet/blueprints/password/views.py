"""Asking for a link to set a new password, and setting it.

The link's secret stays in the address: nothing is kept in the cookie it could move to,
`Referrer-Policy` and `no-store` keep it to this browser, and it works once.
"""

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)

from cabinet.forms.auth import LoginForm
from cabinet.forms.passwords import NewPasswordForm, ResetForm
from cabinet.services import password_change, passwords
from cabinet.services.tokens import TokenNotFoundError
from cabinet.web import htmx, identity, moment, network

blueprint = Blueprint("password", __name__)


@blueprint.get("/reset")
def reset() -> Response:
    """Show the form that asks for a link, or that the link is on its way."""
    if "sent" in request.args:
        return make_response(
            render_template("password/sent.html", title="Проверьте почту")
        )
    return _reset_page(ResetForm())


@blueprint.post("/reset")
def ask() -> Response:
    """Send a link, if the account and the e-mail go together; it is not told."""
    form = ResetForm()
    if not form.validate_on_submit():
        return _reset_page(form, status=422)
    password_change.ask_reset(
        form.number.data,
        form.email.data,
        link_of=link_of,
        address=network.network(),
        actor=identity.actor(),
        pepper=identity.pepper(),
        now=moment.now(),
    )
    return htmx.go(url_for("password.reset", sent=1))


@blueprint.get("/password/<string:secret>")
def choose(secret: str) -> Response:
    """Show the form of a new password; the link stays as it is."""
    try:
        owner = password_change.get_owner(secret, now=moment.now())
    except TokenNotFoundError:
        return _gone()
    form = NewPasswordForm(phrase=passwords.suggest_phrase())
    form.show(is_shown=False)
    return _page(form, secret, owner)


@blueprint.post("/password/<string:secret>")
def save(secret: str) -> Response:
    """Set the password and use the link up; or only change how the form looks."""
    now = moment.now()
    try:
        owner = password_change.get_owner(secret, now=now)
        form = NewPasswordForm()
        if form.is_only_shown_anew(passwords.suggest_phrase):
            return _page(form, secret, owner)
        if not form.validate_on_submit():
            return _page(form, secret, owner, status=422)
        password_change.set_by_link(
            secret,
            form.password.data,
            actor=identity.actor(),
            link=network.public_url(url_for("password.reset")),
            zone=current_app.extensions["cabinet.settings"].zone,
            pepper=identity.pepper(),
            now=now,
        )
    except TokenNotFoundError:
        return _gone()
    except passwords.PasswordRefusedError as error:
        form.refuse(error.fault)
        return _page(form, secret, owner, status=422)
    return htmx.go(url_for("password.saved", secret=secret))


@blueprint.get("/password/<string:secret>/saved")
def saved(secret: str) -> Response:
    """Say that the password is saved and show the sign-in form, the login filled in."""
    login = password_change.find_saved(secret, now=moment.now())
    if login is None:
        return _gone()
    return make_response(
        render_template(
            "password/saved.html",
            title="Пароль сохранён",
            form=LoginForm(login=login, saved=secret, formdata=None),
            has_ended=False,
            again_at=None,
        )
    )


def link_of(secret: str) -> str:
    """Return the whole address of a link for a letter."""
    return network.public_url(url_for("password.choose", secret=secret))


def _gone() -> Response:
    return make_response(
        render_template("password/gone.html", title="Ссылка больше не работает"), 410
    )


def _reset_page(form: ResetForm, *, status: int = 200) -> Response:
    return htmx.render(
        "password/reset.html",
        fragment="password/_reset_form.html",
        title="Сбросить пароль",
        status=status,
        form=form,
    )


def _page(
    form: NewPasswordForm,
    secret: str,
    owner: password_change.Owner,
    *,
    status: int = 200,
) -> Response:
    return htmx.render(
        "password/choose.html",
        fragment="password/_new_password_form.html",
        title="Новый пароль",
        status=status,
        form=form,
        action=url_for("password.save", secret=secret),
        login=owner.login,
        is_staff=owner.role.is_staff,
    )
