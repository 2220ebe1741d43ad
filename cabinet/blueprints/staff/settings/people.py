"""Люди и роли: who works here, with what role and where."""

from http import HTTPStatus

from flask import Response, url_for
from flask_login import current_user

from cabinet.blueprints.staff.settings.room import CHANGED, blueprint, changes, page
from cabinet.domain.people import Role
from cabinet.forms.staffing import InviteForm, RoleForm
from cabinet.services import branches, staffing
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import EmailTakenError, LastAdminError
from cabinet.services.staffing import OwnRoleError, Person
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required
from cabinet.web.network import public_url

TAKEN = "С этой почтой уже входит кто-то другой"
OWN = "Свою роль и свой вход не меняют. Это делает другой администратор"
LAST = "Это последний администратор. Сначала назначьте другого"


@blueprint.get("/people")
@staff_required(Role.ADMIN)
@sure_required
def people() -> Response:
    """Show who works here and whom to invite."""
    return _list(InviteForm(formdata=None))


@blueprint.post("/people")
@staff_required(Role.ADMIN)
@sure_required
def invite() -> Response:
    """Invite somebody by a letter."""
    typed = InviteForm()
    typed.offer(branches.choices())
    if not typed.validate_on_submit():
        return _list(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        user_id = staffing.invite(
            typed.who, link_of=_link, actor=identity.actor(), now=moment.now()
        )
    except EmailTakenError:
        typed.email.errors = [TAKEN]
        return _list(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".person", user_id=user_id))


@blueprint.get("/people/<int:user_id>")
@staff_required(Role.ADMIN)
@sure_required
def person(user_id: int) -> Response:
    """Show one of them."""
    found = staffing.person(user_id)
    form = RoleForm(formdata=None)
    form.show(found)
    return _page(found, form)


@blueprint.post("/people/<int:user_id>")
@staff_required(Role.ADMIN)
@sure_required
def save_person(user_id: int) -> Response:
    """Give somebody the role and the branches that were chosen."""
    found, typed = staffing.person(user_id), RoleForm()
    typed.offer(branches.choices())
    if not typed.validate_on_submit():
        return _page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        staffing.change(
            identity.member(),
            user_id,
            role=Role(typed.role.data),
            branches=typed.branches.data or (),
            version=typed.seen_version,
            actor=identity.actor(),
            now=moment.now(),
        )
    except ChangedMeanwhileError:
        fresh = staffing.person(user_id)
        typed.version.data = str(fresh.version)
        return _page(fresh, typed, HTTPStatus.CONFLICT, fault=CHANGED, is_stale=True)
    except OwnRoleError:
        return _page(found, typed, HTTPStatus.CONFLICT, fault=OWN)
    except LastAdminError:
        return _page(found, typed, HTTPStatus.CONFLICT, fault=LAST)
    return htmx.go(url_for(".person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/keep-out")
@staff_required(Role.ADMIN)
@sure_required
def keep_out(user_id: int) -> Response:
    """Let somebody in no more."""
    return _enable(user_id, is_enabled=False)


@blueprint.post("/people/<int:user_id>/let-in")
@staff_required(Role.ADMIN)
@sure_required
def let_in(user_id: int) -> Response:
    """Let somebody in again."""
    return _enable(user_id, is_enabled=True)


@blueprint.post("/people/<int:user_id>/end-sessions")
@staff_required(Role.ADMIN)
@sure_required
def end_sessions(user_id: int) -> Response:
    """Let somebody sign in anew everywhere."""
    staffing.end_sessions(user_id, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/link")
@staff_required(Role.ADMIN)
@sure_required
def send_link(user_id: int) -> Response:
    """Send the invitation again."""
    staffing.invite_again(
        user_id, link_of=_link, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".person", user_id=user_id))


def _enable(user_id: int, *, is_enabled: bool) -> Response:
    try:
        staffing.let_in(
            identity.member(),
            user_id,
            is_enabled=is_enabled,
            actor=identity.actor(),
            now=moment.now(),
        )
    except OwnRoleError:
        return _refused(user_id, OWN)
    except LastAdminError:
        return _refused(user_id, LAST)
    return htmx.go(url_for(".person", user_id=user_id))


def _refused(user_id: int, fault: str) -> Response:
    found = staffing.person(user_id)
    form = RoleForm(formdata=None)
    form.show(found)
    return _page(found, form, HTTPStatus.CONFLICT, fault=fault)


def _link(secret: str) -> str:
    return public_url(url_for("password.choose", secret=secret))


def _list(form: InviteForm, status: int = HTTPStatus.OK) -> Response:
    known = branches.choices()
    form.offer(known)
    return page(
        "people",
        title="Люди и роли",
        status=status,
        people=staffing.people(),
        names=dict(known),
        form=form,
    )


def _page(
    found: Person,
    form: RoleForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_stale: bool = False,
) -> Response:
    form.offer(branches.choices())
    return page(
        "person",
        title=found.name,
        status=status,
        one=found,
        form=form,
        fault=fault,
        is_stale=is_stale,
        is_own=found.user_id == current_user.user_id,
        changes=changes(found.subject),
    )
