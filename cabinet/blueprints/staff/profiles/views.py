"""Профили столбцов: the list, one as a file, and one from a file."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, url_for

from cabinet.domain.people import Role
from cabinet.exchange.faults import UnusableFile
from cabinet.forms.loads import ProfileFileForm
from cabinet.services.importing import kept_profiles
from cabinet.web import htmx, identity, load_words, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required

blueprint = Blueprint("staff_profiles", __name__, url_prefix="/staff/profiles")

TITLE = "Профили столбцов"
LATE = "Вернуть уже нельзя: прошло больше десяти минут, или профиль уже есть"
#: Who may bring a profile in and delete one: all branches read by them.
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)
MOST_BYTES = 200_000


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the saved profiles."""
    return _page(ProfileFileForm(formdata=None))


@blueprint.post("")
@staff_required(*CHIEFS)
def take_file() -> Response:
    """Save a profile that comes as a file."""
    form = ProfileFileForm()
    file = form.file.data
    if not file or not file.filename:
        form.file.errors = ["Выберите файл профиля"]
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        kept_profiles.take_file(
            file.stream.read(MOST_BYTES), actor=identity.actor(), now=moment.now()
        )
    except UnusableFile as error:
        form.file.errors = [f"Профиль не прочитать: {error.reason}"]
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".index"))


@blueprint.get("/<uuid:public_id>")
@staff_required()
def download(public_id: UUID) -> Response:
    """Send a profile as a file for another installation."""
    name, body = kept_profiles.as_file(public_id)
    return attached(
        body, name=name, plain_name="profile.json", media_type="application/json"
    )


@blueprint.post("/<uuid:public_id>/delete")
@staff_required(*CHIEFS)
def delete(public_id: UUID) -> Response:
    """Delete a profile."""
    kept_profiles.forget(public_id, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".index"))


@blueprint.post("/<uuid:public_id>/take-back")
@staff_required(*CHIEFS)
def take_back(public_id: UUID) -> Response:
    """Let a profile be there again that was deleted by mistake."""
    try:
        kept_profiles.take_back(public_id, actor=identity.actor(), now=moment.now())
    except kept_profiles.ProfileGoneError:
        empty = ProfileFileForm(formdata=None)
        return _page(empty, HTTPStatus.CONFLICT, fault=LATE)
    return htmx.go(url_for(".index"))


def _page(
    form: ProfileFileForm, status: int = HTTPStatus.OK, *, fault: str = ""
) -> Response:
    return htmx.page(
        "staff/profiles/index.html",
        title=TITLE,
        status=status,
        found=kept_profiles.profiles(),
        removed=kept_profiles.removed(identity.member().user_id, now=moment.now()),
        fault=fault,
        form=form,
        is_chief=identity.member().role in CHIEFS,
        words=load_words,
    )
