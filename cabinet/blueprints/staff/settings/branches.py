"""Филиалы: what is set of each, and a new one."""

from http import HTTPStatus

from flask import Response, url_for

from cabinet.blueprints.staff.settings.room import (
    CHANGED,
    CHIEFS,
    blueprint,
    changes,
    page,
)
from cabinet.domain.people import Role
from cabinet.forms.settings import BranchForm
from cabinet.services import branches
from cabinet.services.branches import (
    BranchCard,
    BranchFaultyError,
    BranchInUseError,
    BranchTakenError,
)
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.web import htmx, identity, moment, setting_words
from cabinet.web.identity import staff_required, sure_required

NEW = "Новый филиал"
TAKEN = "Филиал с таким кодом уже есть"
IN_USE = (
    "На филиале уже что-то стоит: счета, сотрудники или загрузки. Убрать его нельзя"
)
#: What is said of a new branch; the rest begins as it is everywhere.
FIRST = tuple(branches.NewBranch.__slots__)


@blueprint.get("/branches/<string:code>")
@staff_required(*CHIEFS)
@sure_required
def branch(code: str) -> Response:
    """Show what is set of a branch."""
    card = branches.card(identity.member(), code)
    form = _form(blank=True)
    form.show(card.values)
    form.version.data = str(card.version)
    return _page(card, form)


@blueprint.post("/branches/<string:code>")
@staff_required(*CHIEFS)
@sure_required
def save_branch(code: str) -> Response:
    """Set what was typed."""
    card, typed = branches.card(identity.member(), code), _form()
    if not typed.validate_on_submit():
        return _page(card, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        branches.save(
            identity.member(),
            code,
            typed.values,
            version=typed.seen_version,
            actor=identity.actor(),
            now=moment.now(),
        )
    except BranchFaultyError as error:
        typed.blame(error.found)
        return _page(card, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except ChangedMeanwhileError:
        fresh = branches.card(identity.member(), code)
        typed.version.data = str(fresh.version)
        return _page(fresh, typed, HTTPStatus.CONFLICT, is_stale=True)
    return htmx.go(url_for(".branch", code=code))


@blueprint.get("/new-branch")
@staff_required(Role.ADMIN)
@sure_required
def blank_branch() -> Response:
    """Ask for a new branch."""
    form = BranchForm(formdata=None)
    form.keep(FIRST)
    form.time_zone.data = "Europe/Moscow"
    form.window_first.data, form.window_last.data = "20", "25"
    return _new_page(form)


@blueprint.post("/new-branch")
@staff_required(Role.ADMIN)
@sure_required
def add_branch() -> Response:
    """Add what was typed."""
    typed = BranchForm()
    typed.keep(FIRST)
    if not typed.validate_on_submit():
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    new = branches.NewBranch(**typed.values)
    try:
        branches.add_branch(new, now=moment.now(), actor=identity.actor())
    except BranchFaultyError as error:
        typed.blame(error.found)
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except BranchTakenError:
        typed.code.errors = [TAKEN]
        return _new_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".branch", code=new.code))


@blueprint.post("/branches/<string:code>/remove")
@staff_required(Role.ADMIN)
@sure_required
def remove_branch(code: str) -> Response:
    """Take back a branch that was added by mistake."""
    try:
        branches.remove_branch(code, actor=identity.actor(), now=moment.now())
    except BranchInUseError:
        card = branches.card(identity.member(), code)
        form = _form(blank=True)
        form.show(card.values)
        form.version.data = str(card.version)
        return _page(card, form, HTTPStatus.CONFLICT, fault=IN_USE)
    return htmx.go(url_for(".index"))


def _form(*, blank: bool = False) -> BranchForm:
    """Return the form with what the member may set."""
    form = BranchForm(formdata=None) if blank else BranchForm()
    is_admin = identity.member().role is Role.ADMIN
    form.keep(branches.SETTINGS if is_admin else branches.CONTACTS)
    return form


def _new_page(form: BranchForm, status: int = HTTPStatus.OK) -> Response:
    form.offer()
    groups = (("Как называется", ("code", "region")), *setting_words.GROUPS)
    return page("new_branch", title=NEW, status=status, form=form, groups=groups)


def _page(
    card: BranchCard,
    form: BranchForm,
    status: int = HTTPStatus.OK,
    *,
    is_stale: bool = False,
    fault: str = "",
) -> Response:
    form.offer(card.values["time_zone"])
    typed = form.values if is_stale else {}
    is_admin = identity.member().role is Role.ADMIN
    return page(
        "branch",
        title=f"Филиал {card.values['name']}",
        status=status,
        card=card,
        form=form,
        groups=setting_words.GROUPS,
        fault=CHANGED if is_stale else fault,
        fresh=[
            (name, now)
            for name, now in card.values.items()
            if name in typed and typed[name] != now
        ],
        may_remove=is_admin and card.is_bare,
        changes=changes(card.subject, only=() if is_admin else branches.CONTACTS),
    )
