"""Объявления: written, looked at before, changed, withdrawn and shown again."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.domain.announcements import AnnouncementKind
from cabinet.domain.people import Role
from cabinet.forms.announcements import AnnouncementForm, BenefitForm
from cabinet.services import announcements
from cabinet.services.announcements import ChangedMeanwhileError, Shown
from cabinet.services.staff import offices_of
from cabinet.web import htmx, identity, moment
from cabinet.web.filters import short_date
from cabinet.web.identity import staff_required

TITLE = "Новости и объявления"
BENEFITS = "Льготы и их условия"
CHANGED = "Пока вы писали, объявление изменили. Ваш текст остался: сравните и сохраните ещё раз"
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)

blueprint = Blueprint(
    "staff_announcements", __name__, url_prefix="/staff/announcements"
)


@blueprint.get("")
@staff_required(*CHIEFS)
def index() -> Response:
    """Show all there are, and the form of a new one."""
    return _list_page(_blank(AnnouncementForm(formdata=None)))


@blueprint.post("")
@staff_required(*CHIEFS)
def add() -> Response:
    """Keep a new one, or show how it will look."""
    return _add(AnnouncementForm())


@blueprint.get("/benefits")
@staff_required(*CHIEFS)
def benefits() -> Response:
    """Show the benefits with their conditions, and the form of a new one."""
    return _list_page(_blank(BenefitForm(formdata=None)))


@blueprint.post("/benefits")
@staff_required(*CHIEFS)
def add_benefit() -> Response:
    """Keep a benefit, or show how it will look."""
    return _add(BenefitForm())


def _blank(form: AnnouncementForm) -> AnnouncementForm:
    form.starts.data = short_date(moment.today())
    return form


def _add(typed: AnnouncementForm) -> Response:
    if not typed.validate_on_submit():
        return _list_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _list_page(typed, is_look=True)
    announcements.add(
        identity.member(),
        typed.draft,
        key=typed.once,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(_list_of(typed.draft.kind))


@blueprint.get("/<uuid:public_id>")
@staff_required(*CHIEFS)
def show(public_id: UUID) -> Response:
    """Show one to be changed."""
    found = _get(public_id)
    form = _form_of(found)(formdata=None)
    form.show(found)
    return _page(found, form)


@blueprint.post("/<uuid:public_id>")
@staff_required(*CHIEFS)
def save(public_id: UUID) -> Response:
    """Save what was typed, or show how it will look."""
    found = _get(public_id)
    typed = _form_of(found)()
    if not typed.validate_on_submit():
        return _page(found, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _page(found, typed, is_look=True)
    try:
        announcements.change(
            identity.member(),
            public_id,
            typed.seen_version,
            typed.draft,
            actor=identity.actor(),
            now=moment.now(),
        )
    except ChangedMeanwhileError:
        typed.version.data = str(_get(public_id).version)
        return _page(found, typed, HTTPStatus.CONFLICT, fault=CHANGED)
    return htmx.go(_list_of(found.kind))


@blueprint.post("/<uuid:public_id>/withdraw")
@staff_required(*CHIEFS)
def withdraw(public_id: UUID) -> Response:
    """Show it no more."""
    announcements.withdraw(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(_list_of(_get(public_id).kind))


@blueprint.post("/<uuid:public_id>/restore")
@staff_required(*CHIEFS)
def restore(public_id: UUID) -> Response:
    """Show it again."""
    announcements.restore(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(_list_of(_get(public_id).kind))


def _get(public_id: UUID) -> Shown:
    return announcements.get(identity.member(), public_id, day=moment.today())


def _form_of(found: Shown) -> type[AnnouncementForm]:
    is_benefit = found.kind is AnnouncementKind.BENEFIT
    return BenefitForm if is_benefit else AnnouncementForm


def _list_of(kind: AnnouncementKind) -> str:
    """Return the address of the list on which it stands."""
    is_benefit = kind is AnnouncementKind.BENEFIT
    return url_for(".benefits" if is_benefit else ".index")


def _offer(typed: AnnouncementForm) -> None:
    member = identity.member()
    typed.offer(offices_of(member), has_all=member.role is Role.ADMIN)
    typed.key.data = typed.once


def _list_page(
    typed: AnnouncementForm, status: int = HTTPStatus.OK, *, is_look: bool = False
) -> Response:
    _offer(typed)
    are_benefits = isinstance(typed, BenefitForm)
    return htmx.page(
        "staff/announcements/index.html",
        title=BENEFITS if are_benefits else TITLE,
        status=status,
        rows=announcements.listed(
            identity.member(), day=moment.today(), are_benefits=are_benefits
        ),
        are_benefits=are_benefits,
        form=typed,
        is_look=is_look,
    )


def _page(
    found: Shown,
    typed: AnnouncementForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_look: bool = False,
) -> Response:
    _offer(typed)
    return htmx.page(
        "staff/announcements/show.html",
        title="Изменить",
        status=status,
        one=found,
        back=_list_of(found.kind),
        form=typed,
        fault=fault,
        is_look=is_look,
    )
