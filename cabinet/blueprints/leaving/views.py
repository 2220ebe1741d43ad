"""Отменить регистрацию: which ways there are, and closing the cabinet."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_login import current_user, login_required

from cabinet.forms.leaving import ClosingForm
from cabinet.services import export, leaving, password_change
from cabinet.services.limits import TooManyAttemptsError
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.network import public_url

blueprint = Blueprint("leaving", __name__, url_prefix="/leaving")

SHORTEST_PAUSE = 2
LONGEST_PAUSE = 30

WRONG = "Пароль не подходит. Проверьте и введите ещё раз"


@blueprint.get("")
@login_required
def index() -> Response:
    """Show the ways to leave and what each leaves behind."""
    _customers_only()
    page = render_template(
        "leaving/index.html",
        title="Отменить регистрацию",
        is_kept="kept" in request.args and current_user.leaving is None,
        accounts_url=identity.local_page("/profile/accounts"),
        consents_url=identity.local_page("/profile/consents"),
    )
    return make_response(page)


@blueprint.get("/close")
@login_required
def close() -> Response:
    """Show what goes with the cabinet and ask for the password."""
    _customers_only()
    return _closing(ClosingForm())


@blueprint.post("/close")
@login_required
def start() -> Response:
    """Let the cabinet close in a week."""
    _customers_only()
    form = ClosingForm()
    if not form.validate_on_submit():
        return _closing(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        leaving.start_leaving(
            current_user.user_id,
            form.password.data,
            link=public_url(url_for(".index")),
            zone=current_user.zone,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except password_change.WrongPasswordError:
        form.password.errors = [WRONG]
        return _closing(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except TooManyAttemptsError as error:
        return _closing(
            form, status=HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at
        )
    # The whole page, not its part: the notice above it is new on every page.
    return htmx.go(url_for(".close"))


@blueprint.post("/undo")
@login_required
def undo() -> Response:
    """Keep the cabinet."""
    _customers_only()
    leaving.undo_leaving(current_user.user_id, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".index", kept=1))


@blueprint.get("/export")
@login_required
def export_page() -> Response:
    """Show how far the gathering is, and the file."""
    _customers_only()
    return _export()


@blueprint.post("/export")
@login_required
def ask() -> Response:
    """Let the worker gather everything."""
    _customers_only()
    try:
        export.ask(
            current_user.user_id,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TooManyAttemptsError as error:
        return _export(status=HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    return _export() if htmx.wants_fragment() else htmx.go(url_for(".export_page"))


@blueprint.get("/export/<uuid:public_id>")
@login_required
def download(public_id: UUID) -> Response:
    """Send the file, a piece in memory at a time."""
    _customers_only()
    found = export.open_export(
        current_user.user_id, public_id, actor=identity.actor(), now=moment.now()
    )
    # The database is given back when the request ends: not before the last piece.
    response = attached(
        stream_with_context(found.pieces),
        name=found.name,
        plain_name=f"cabinet-{found.made_at:%Y-%m-%d}.zip",
        media_type=export.MEDIA_TYPE,
    )
    response.content_length = found.size
    return response


def _customers_only() -> None:
    """Staff are dismissed by an administrator."""
    if current_user.role.is_staff:
        abort(404)


def _closing(
    form: ClosingForm,
    *,
    status: int = HTTPStatus.OK,
    again_at: datetime | None = None,
) -> Response:
    return htmx.render(
        "leaving/close.html",
        fragment="leaving/_closing.html",
        title="Закрыть кабинет",
        status=status,
        form=form,
        lost=leaving.what_is_lost(current_user.user_id, now=moment.now()),
        days=leaving.REGRET.days,
        again_at=again_at,
    )


def _export(
    *, status: int = HTTPStatus.OK, again_at: datetime | None = None
) -> Response:
    state = export.export_of(current_user.user_id, now=moment.now())
    return htmx.render(
        "leaving/export.html",
        fragment="leaving/_export.html",
        title="Скачать все данные",
        status=status,
        state=state,
        again_at=again_at,
        pause=_pause(state),
        days=export.KEPT.days,
    )


def _pause(state: export.ExportState) -> int:
    """Return the seconds until the page looks again: the longer it takes, the more."""
    if state.asked_at is None:
        return SHORTEST_PAUSE
    waited = int((moment.now() - state.asked_at).total_seconds())
    return max(SHORTEST_PAUSE, min(waited // 4, LONGEST_PAUSE))
