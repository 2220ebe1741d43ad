"""Моя учетная запись: accounts, sessions and the password."""

from flask import Blueprint, Response, current_app, request, url_for
from flask_login import current_user, login_required

from cabinet.forms.passwords import ChangePasswordForm
from cabinet.forms.usability import Scale
from cabinet.services import password_change, passwords, sessions, usability
from cabinet.services.usability import Whose
from cabinet.web import htmx, identity, moment, network
from cabinet.web.sid import replace_sid

blueprint = Blueprint("profile", __name__)


@blueprint.get("/profile")
@login_required
def show() -> Response:
    """Show the accounts and the sessions."""
    return _page()


@blueprint.post("/profile/sessions/<int:session_id>/end")
@login_required
def end_session(session_id: int) -> Response:
    """End one session; ending this browser's own is signing out."""
    who = identity.signed_in()
    sessions.end_session(who, session_id, actor=identity.actor(), now=moment.now())
    if session_id == who.session_id:
        replace_sid(current_app)
        response = htmx.go(url_for("auth.login"))
        response.headers["Clear-Site-Data"] = '"storage"'
        return response
    return _changed()


@blueprint.post("/profile/sessions/end-others")
@login_required
def end_others() -> Response:
    """End every session but this one."""
    sessions.end_other_sessions(
        identity.signed_in(), actor=identity.actor(), now=moment.now()
    )
    return _changed()


@blueprint.get("/profile/password")
@login_required
def password() -> Response:
    """Show the form of another password."""
    form = ChangePasswordForm(phrase=passwords.suggest_phrase())
    form.show(is_shown=False)
    return _password_page(form)


@blueprint.post("/profile/password")
@login_required
def change_password() -> Response:
    """Change the password and end every other session."""
    form = ChangePasswordForm()
    if form.is_only_shown_anew(passwords.suggest_phrase):
        return _password_page(form)
    if not form.validate_on_submit():
        return _password_page(form, status=422)
    who = identity.signed_in()
    try:
        sid = password_change.change(
            who,
            form.current.data,
            form.password.data,
            actor=identity.actor(),
            link=network.public_url(url_for("password.reset")),
            zone=current_user.zone,
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except password_change.WrongPasswordError:
        form.current.errors = ["Этот пароль не подходит. Проверьте и введите ещё раз"]
        return _password_page(form, status=422)
    except passwords.PasswordRefusedError as error:
        form.refuse(error.fault)
        return _password_page(form, status=422)
    replace_sid(current_app, sid, lasts=sessions.lasts_of(who))
    return htmx.go(url_for("profile.show", changed=1))


def _changed() -> Response:
    return _page() if htmx.wants_fragment() else htmx.go(url_for("profile.show"))


def _page() -> Response:
    return htmx.render(
        "profile/show.html",
        fragment="profile/_session_list.html",
        title="Моя учетная запись",
        is_password_changed="changed" in request.args,
        sessions=sessions.sessions(identity.signed_in(), now=moment.now()),
        scale=None if htmx.wants_fragment() else _scale(),
    )


def _scale() -> Scale | None:
    """Return the scale of how convenient it is, None where there is nobody to ask."""
    card = current_user.account
    if current_user.role.is_staff or card is None:
        return None
    whose = Whose.customer(current_user.user_id, card)
    return Scale.asking(
        url_for("usability.tell"), usability.standing(whose, now=moment.now())
    )


def _password_page(form: ChangePasswordForm, *, status: int = 200) -> Response:
    return htmx.render(
        "profile/password.html",
        fragment="profile/_change_password_form.html",
        title="Сменить пароль",
        status=status,
        form=form,
        is_staff=current_user.role.is_staff,
    )
