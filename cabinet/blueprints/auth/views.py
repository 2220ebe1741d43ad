"""Sign-in and sign-out."""

from flask import Blueprint, Response, current_app, request, url_for
from flask_login import current_user, login_required

from cabinet.forms.auth import LoginForm
from cabinet.services import sessions, signing_in
from cabinet.services.limits import TooManyAttemptsError
from cabinet.web import bank, htmx, identity, moment, network
from cabinet.web.devices import device_of
from cabinet.web.sid import replace_sid

blueprint = Blueprint("auth", __name__)

WRONG = "Почта, лицевой счёт или пароль не подходят. Проверьте и попробуйте ещё раз"


@blueprint.get("/login")
def login() -> Response:
    """Show the sign-in form."""
    if current_user.is_authenticated:
        return htmx.go(_after(request.args.get("next")))
    form = LoginForm(next=identity.local_page(request.args.get("next")) or "")
    return _page(form, has_ended="ended" in request.args)


@blueprint.post("/login")
def enter() -> Response:
    """Sign in, or show the form again with what is wrong."""
    form = LoginForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    try:
        opened = signing_in.sign_in(
            form.login.data,
            form.password.data,
            on_shared_computer=form.shared.data,
            device=device_of(request.user_agent.string),
            address=network.network(),
            neighbourhood=network.neighbourhood(),
            actor=identity.actor(),
            link=network.public_url(url_for("password.reset")),
            zone=current_app.extensions["cabinet.settings"].zone,
            pepper=identity.pepper(),
            saved=form.saved.data or "",
            now=moment.now(),
        )
    except signing_in.WrongCredentialsError:
        form.login.errors = [WRONG]
        return _page(form, status=422)
    except TooManyAttemptsError as error:
        return _page(form, status=429, again_at=error.again_at)
    replace_sid(current_app, opened.sid, lasts=opened.lasts)
    if not opened.has_factor:
        back = identity.local_page(form.next.data)
        return htmx.go(url_for("factor.show", next=back))
    return htmx.go(_after(form.next.data))


@blueprint.post("/logout")
@login_required
def logout() -> Response:
    """End this browser's session."""
    sessions.sign_out(identity.signed_in(), actor=identity.actor(), now=moment.now())
    replace_sid(current_app)
    response = htmx.go(url_for("auth.login"))
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _after(target: str | None) -> str:
    return identity.local_page(target) or url_for("home.index")


def _page(
    form: LoginForm,
    *,
    status: int = 200,
    has_ended: bool = False,
    again_at: object = None,
) -> Response:
    return htmx.render(
        "auth/login.html",
        fragment="auth/_login_form.html",
        title="Вход в личный кабинет",
        status=status,
        form=form,
        has_ended=has_ended,
        again_at=again_at,
        can_pay=bank.takes_payments(),
    )
