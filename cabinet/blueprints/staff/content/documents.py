"""Тексты согласий и документов: a new version from a day on; none is ever changed."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from cabinet.domain.documents import difference
from cabinet.domain.people import Role
from cabinet.forms.documents import EditionForm
from cabinet.services import documents
from cabinet.services.documents import (
    AlreadyInForceError,
    DocumentNotFoundError,
    DocumentText,
    VersionTakenError,
)
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import staff_required, sure_required

TITLE = "Тексты согласий и документов"
TAKEN = "Такая редакция уже есть. Дайте новый номер"
IN_FORCE = "Эта редакция уже действует. Напишите новую"

blueprint = Blueprint("documents", __name__, url_prefix="/documents")


@blueprint.get("")
@staff_required(Role.ADMIN)
def index() -> Response:
    """List the documents with their versions."""
    return htmx.page(
        "staff/content/documents.html",
        title=TITLE,
        rows=[
            (rows, _in_force(rows), [row for row in rows if _is_to_come(row)])
            for rows in documents.latest_editions()
        ],
    )


@blueprint.get("/<string:code>")
@staff_required(Role.ADMIN)
@sure_required
def show(code: str) -> Response:
    """Show the versions, and the form of a new one."""
    rows = documents.editions(code)
    form = EditionForm(formdata=None, today=moment.today())
    form.show(_in_force(rows) or rows[0], moment.today() + timedelta(days=1))
    return _page(code, form)


@blueprint.post("/<string:code>")
@staff_required(Role.ADMIN)
@sure_required
def publish(code: str) -> Response:
    """Keep a new version, or show it beside the one in force."""
    typed = EditionForm(today=moment.today())
    if not typed.validate_on_submit():
        return _page(code, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    new = typed.edition(code)
    if request.form.get("look"):
        return _page(code, typed, look=new)
    try:
        documents.publish(
            new,
            made_by=identity.member().user_id,
            actor=identity.actor(),
            now=moment.now(),
        )
    except VersionTakenError:
        typed.version.errors = [TAKEN]
        return _page(code, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".show", code=code))


@blueprint.get("/<string:code>/<string:version>")
@staff_required(Role.ADMIN)
def edition(code: str, version: str) -> Response:
    """Show a version, in force or not, and how it differs from the one in force."""
    rows = documents.editions(code)
    found = next((row for row in rows if row.version == version), None)
    if found is None:
        raise DocumentNotFoundError(version)
    return htmx.page(
        "staff/content/edition.html",
        title=found.title,
        one=found,
        state=state_of(found, rows),
        changes=_changes(rows, found),
    )


@blueprint.post("/<string:code>/<string:version>/withdraw")
@staff_required(Role.ADMIN)
@sure_required
def withdraw(code: str, version: str) -> Response:
    """Let a version that is to come not come into force."""
    return _turn(documents.withdraw, code, version)


@blueprint.post("/<string:code>/<string:version>/restore")
@staff_required(Role.ADMIN)
@sure_required
def restore(code: str, version: str) -> Response:
    """Let it come into force after all."""
    return _turn(documents.restore, code, version)


def _turn(act: Callable[..., None], code: str, version: str) -> Response:
    """Withdraw or restore a version, unless its day has come."""
    try:
        act(
            code,
            version,
            day=moment.today(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except AlreadyInForceError:
        return _refused(code)
    return htmx.go(url_for(".show", code=code))


def state_of(one: DocumentText, rows: tuple[DocumentText, ...]) -> str:
    """Return «действует», «ещё не действует», «прежняя», «убрана»."""
    if one.is_withdrawn:
        return "убрана"
    if _is_to_come(one):
        return "ещё не действует"
    return "действует" if one == _in_force(rows) else "прежняя"


def _is_to_come(one: DocumentText) -> bool:
    return one.starts > moment.today() and not one.is_withdrawn


def _in_force(rows: tuple[DocumentText, ...]) -> DocumentText | None:
    today = moment.today()
    begun = (row for row in rows if row.starts <= today and not row.is_withdrawn)
    return next(begun, None)


def _changes(rows: tuple[DocumentText, ...], one: DocumentText) -> object:
    """Return how a text differs from the one in force; None for that one itself."""
    current = _in_force(rows)
    if current is None or current.version == one.version:
        return None
    return difference(current.text, one.text)


def _refused(code: str) -> Response:
    rows = documents.editions(code)
    form = EditionForm(formdata=None, today=moment.today())
    form.show(_in_force(rows) or rows[0], moment.today() + timedelta(days=1))
    return _page(code, form, HTTPStatus.CONFLICT, fault=IN_FORCE)


def _page(
    code: str,
    typed: EditionForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    look: DocumentText | None = None,
) -> Response:
    rows = documents.editions(code)
    return htmx.page(
        "staff/content/document.html",
        title=(_in_force(rows) or rows[0]).title,
        status=status,
        code=code,
        rows=[(row, state_of(row, rows), row.starts > moment.today()) for row in rows],
        form=typed,
        fault=fault,
        look=look,
        changes=look and _changes(rows, look),
    )
