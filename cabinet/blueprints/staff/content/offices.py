"""Офисы: their addresses and hours, written, looked at before, moved, withdrawn."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.domain.people import Role
from cabinet.forms.offices import OfficeForm
from cabinet.services import office_changes, offices
from cabinet.services.office_changes import ChangedMeanwhileError, TooEarlyError
from cabinet.services.offices import Place
from cabinet.services.staff import offices_of
from cabinet.web import htmx, identity, moment
from cabinet.web.announcement_words import TURNS
from cabinet.web.filters import short_date
from cabinet.web.identity import staff_required

TITLE = "Офисы"
CHANGED = (
    "Пока вы писали, офис изменили. Ваш текст остался: сравните и сохраните ещё раз"
)
TOO_EARLY = "Этот день раньше, чем начал работать прежний адрес"
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)

blueprint = Blueprint("offices", __name__, url_prefix="/offices")


@blueprint.get("")
@staff_required(*CHIEFS)
def index() -> Response:
    """Show all there are, and the form of a new one."""
    blank = OfficeForm(formdata=None)
    blank.starts.data = short_date(moment.today())
    return _list_page(blank)


@blueprint.post("")
@staff_required(*CHIEFS)
def add() -> Response:
    """Keep a new one, or show how it will look."""
    typed = OfficeForm()
    if not typed.validate_on_submit():
        return _list_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _list_page(typed, is_look=True)
    _add(typed, None)
    return htmx.go(url_for(".index"))


@blueprint.get("/<uuid:public_id>")
@staff_required(*CHIEFS)
def show(public_id: UUID) -> Response:
    """Show one to be changed."""
    found = offices.get(identity.member(), public_id)
    return _page(found, _filled(found))


@blueprint.post("/<uuid:public_id>")
@staff_required(*CHIEFS)
def save(public_id: UUID) -> Response:
    """Save what was typed, or show how it will look."""
    found, typed = offices.get(identity.member(), public_id), OfficeForm()
    if not typed.validate_on_submit():
        return _page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _page(found, typed, is_look=True)
    try:
        office_changes.change(
            identity.member(),
            public_id,
            typed.seen_version,
            typed.draft,
            actor=identity.actor(),
            now=moment.now(),
        )
    except TooEarlyError:
        return _too_early(typed, lambda status: _page(found, typed, status))
    except ChangedMeanwhileError:
        typed.version.data = str(offices.get(identity.member(), public_id).version)
        return _page(found, typed, HTTPStatus.CONFLICT, fault=CHANGED)
    return htmx.go(url_for(".index"))


@blueprint.get("/<uuid:public_id>/next")
@staff_required(*CHIEFS)
def following(public_id: UUID) -> Response:
    """Show the form of what takes its place from a day on."""
    found = offices.get(identity.member(), public_id)
    form = _filled(found)
    form.starts.data = ""
    return _next_page(found, form)


@blueprint.post("/<uuid:public_id>/next")
@staff_required(*CHIEFS)
def follow(public_id: UUID) -> Response:
    """Keep what takes its place, or show how it will look."""
    found, typed = offices.get(identity.member(), public_id), OfficeForm()
    typed.branch.data = found.branch_code
    if not typed.validate_on_submit():
        return _next_page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _next_page(found, typed, is_look=True)
    try:
        _add(typed, public_id)
    except TooEarlyError:
        return _too_early(typed, lambda status: _next_page(found, typed, status))
    return htmx.go(url_for(".index"))


@blueprint.post("/<uuid:public_id>/withdraw")
@staff_required(*CHIEFS)
def withdraw(public_id: UUID) -> Response:
    """Show it no more."""
    office_changes.withdraw(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".index"))


@blueprint.post("/<uuid:public_id>/restore")
@staff_required(*CHIEFS)
def restore(public_id: UUID) -> Response:
    """Show it again."""
    try:
        office_changes.restore(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except TooEarlyError:
        blank = OfficeForm(formdata=None)
        blank.starts.data = short_date(moment.today())
        return _list_page(blank, HTTPStatus.CONFLICT, fault=TOO_EARLY)
    return htmx.go(url_for(".index"))


def state_of(place: Place) -> str:
    """Return «показано», «ещё не показано», «срок прошёл», «убрано»."""
    if place.is_withdrawn:
        return "убрано"
    return TURNS[place.turn(moment.today())]


def _add(typed: OfficeForm, follows: UUID | None) -> None:
    office_changes.add(
        identity.member(),
        typed.draft,
        key=typed.once,
        follows=follows,
        actor=identity.actor(),
        now=moment.now(),
    )


def _too_early(typed: OfficeForm, page: Callable[[HTTPStatus], Response]) -> Response:
    typed.starts.errors = [TOO_EARLY]
    return page(HTTPStatus.UNPROCESSABLE_ENTITY)


def _filled(found: Place) -> OfficeForm:
    form = OfficeForm(formdata=None)
    form.show(found)
    return form


def _offer(typed: OfficeForm) -> None:
    typed.offer(offices_of(identity.member()))
    typed.key.data = typed.once


def _list_page(
    typed: OfficeForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_look: bool = False,
) -> Response:
    _offer(typed)
    rows = [(place, state_of(place)) for place in offices.listed(identity.member())]
    return htmx.page(
        "staff/content/offices.html",
        title=TITLE,
        status=status,
        rows=rows,
        form=typed,
        fault=fault,
        is_look=is_look,
    )


def _page(
    found: Place,
    typed: OfficeForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_look: bool = False,
) -> Response:
    _offer(typed)
    return htmx.page(
        "staff/content/office.html",
        title="Изменить офис",
        status=status,
        one=found,
        form=typed,
        fault=fault,
        is_look=is_look,
        follows=False,
    )


def _next_page(
    found: Place,
    typed: OfficeForm,
    status: int = HTTPStatus.OK,
    *,
    is_look: bool = False,
) -> Response:
    _offer(typed)
    return htmx.page(
        "staff/content/office.html",
        title="Новый адрес или часы",
        status=status,
        one=found,
        form=typed,
        fault="",
        is_look=is_look,
        follows=True,
    )
