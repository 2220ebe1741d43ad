"""Загрузки: a file is sent, looked at, checked, committed, and taken back."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.domain.loads import AT_WORK, NOT_IN, LoadState
from cabinet.domain.people import Role
from cabinet.exchange.faults import NoSuchLine, UnusableFile
from cabinet.exchange.headers import columns_of
from cabinet.exchange.recognise import Recognised, Shape
from cabinet.forms.loads import (
    BY_KIND,
    ColumnsForm,
    ReceiveForm,
    columns_form,
    recognised_as,
)
from cabinet.forms.refunds import WhyForm
from cabinet.services.importing import kept_profiles, loads, shown, undoing
from cabinet.web import htmx, identity, load_words, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_loads", __name__, url_prefix="/staff/loads")

TITLE = "Загрузки"
#: Who may take an import back.
CHIEFS = (Role.SUPERVISOR, Role.ADMIN)
PAUSE = 3
NO_BRANCH = "Выберите филиал"
NOT_NOW = "С этой загрузкой уже что-то сделали. Посмотрите, что с ней сейчас"
NOT_YOURS = "Такие файлы загружает администратор"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the imports there are, and take a file."""
    return _list(ReceiveForm(formdata=None))


@blueprint.post("")
@staff_required()
def receive() -> Response:
    """Take a file and show what it looks like."""
    form = ReceiveForm()
    if not form.check():
        return _list(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    file = form.file.data
    upload = loads.Upload(
        name=file.filename,
        stream=file.stream,
        branch=form.branch.data or "",
        profile=form.profile_id,
        key=form.once,
    )
    try:
        made = loads.receive(
            identity.member(), upload, actor=identity.actor(), now=moment.now()
        )
    except UnusableFile as error:
        form.file.errors = [f"Файл не прочитать: {_reason(error)}"]
        return _list(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    except loads.NotYoursError:
        form.branch.errors = [NO_BRANCH]
        return _list(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return htmx.go(url_for(".columns", public_id=made))


@blueprint.get("/<uuid:public_id>/columns")
@staff_required()
def columns(public_id: UUID) -> Response:
    """Show the first rows, and which column is which field."""
    card = _card_of(public_id)
    if card.line.state not in NOT_IN or not card.has_file:
        return htmx.go(url_for(".show", public_id=public_id))
    found = _look(public_id)
    kind = recognised_as(found, card.line.kind, _kinds())
    form = columns_form(kind, is_sent=False)
    form.show(found.shape, kind, card.layout.get("columns") or found.columns)
    return _columns(card, found, form)


@blueprint.post("/<uuid:public_id>/columns")
@staff_required()
def choose(public_id: UUID) -> Response:
    """Look at the file another way, or have it checked as it is said."""
    card = _card_of(public_id)
    form = columns_form(request.form.get("kind", ""), is_sent=True)
    try:
        found = _look(public_id, form.shape if form.check_shape() else None)
    except UnusableFile as error:
        is_line = isinstance(error, NoSuchLine)
        field = form.header_line if is_line else form.shape_format
        field.errors = [f"Так файл не прочитать: {_reason(error)}"]
        found = _look(public_id)
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    if form.errors:
        return _columns(card, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    if "look" in request.form or form.shown_kind.data != (form.kind.data or ""):
        return _look_again(card, found, form)
    if not form.check(_kinds(), found.header):
        return _columns(card, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _check(card, found, form)


def _check(card: shown.LoadCard, found: Recognised, form: ColumnsForm) -> Response:
    """Have the file checked as the form says, and save the profile if it has a name."""
    public_id, kind = card.line.public_id, form.kind.data or ""
    actor, now = identity.actor(), moment.now()
    layout = {**form.shape.as_data(), "columns": form.columns}
    try:
        loads.choose(identity.member(), public_id, kind, layout, actor=actor, now=now)
    except UnusableFile as error:
        form.kind.errors = [_reason(error)]
        return _columns(card, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    except loads.SameFileError as error:
        return _columns(card, found, form, HTTPStatus.CONFLICT, same=error)
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    if form.profile_name:
        kept_profiles.save(form.profile_name, kind, layout, actor=actor, now=now)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show how far an import is and what became of its rows."""
    return _show(public_id)


@blueprint.post("/<uuid:public_id>/commit")
@staff_required()
@sure_required
def commit(public_id: UUID) -> Response:
    """Let the worker take the file in."""
    try:
        loads.commit(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    except loads.NotYoursError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_YOURS)
    except loads.SameFileError as error:
        return _show(public_id, HTTPStatus.CONFLICT, same=error)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/resume")
@staff_required()
def resume(public_id: UUID) -> Response:
    """Let the worker go on with what it gave up."""
    try:
        loads.go_on(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/drop")
@staff_required()
def drop(public_id: UUID) -> Response:
    """Throw away a file of which nothing is in."""
    try:
        loads.drop(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".index"))


@blueprint.post("/<uuid:public_id>/undo")
@staff_required(*CHIEFS)
@sure_required
def undo(public_id: UUID) -> Response:
    """Let the worker take the import back whole."""
    form = WhyForm()
    if not form.validate_on_submit():
        return _show(public_id, HTTPStatus.UNPROCESSABLE_ENTITY, why=form)
    try:
        loads.take_back(
            identity.member(),
            public_id,
            form.why.data or "",
            actor=identity.actor(),
            now=moment.now(),
        )
    except undoing.StandsOnError as error:
        return _show(public_id, HTTPStatus.CONFLICT, stands=error.said)
    except loads.NotNowError:
        return _show(public_id, HTTPStatus.CONFLICT, fault=NOT_NOW)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.get("/<uuid:public_id>/faults")
@staff_required()
@sure_required
def faults(public_id: UUID) -> Response:
    """Send the rows that did not pass, to be corrected and sent again."""
    name, body = shown.faults_book(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return attached(body, name=name, plain_name="faults.xlsx", media_type=XLSX)


def _kinds() -> tuple[str, ...]:
    return loads.kinds_for(identity.member())


def _card_of(public_id: UUID) -> shown.LoadCard:
    return shown.card(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )


def _look(public_id: UUID, shape: Shape | None = None) -> Recognised:
    return loads.look(
        identity.member(),
        public_id,
        shape,
        actor=identity.actor(),
        now=moment.now(),
    )


def _look_again(card: shown.LoadCard, found: Recognised, sent: ColumnsForm) -> Response:
    """Show the file as it was said to be read, with the columns found for the kind."""
    kind = recognised_as(found, sent.kind.data or "", _kinds())
    columns = columns_of(BY_KIND[kind], found.header) if kind else {}
    header = set(found.header)
    chosen = {name: word for name, word in sent.columns.items() if word in header}
    form = columns_form(kind, is_sent=False)
    form.show(found.shape, kind, {**columns, **chosen})
    form.name.data = sent.name.data
    return _columns(card, found, form)


def _columns(
    card: shown.LoadCard,
    found: Recognised,
    form: ColumnsForm,
    status: int = HTTPStatus.OK,
    *,
    same: loads.SameFileError | None = None,
) -> Response:
    form.offer(_kinds(), found.header)
    return htmx.page(
        "staff/loads/columns.html",
        title="Столбцы файла",
        status=status,
        card=card,
        found=found,
        form=form,
        same=same,
        words=load_words,
    )


def _list(form: ReceiveForm, status: int = HTTPStatus.OK) -> Response:
    member = identity.member()
    found = shown.loads(member)
    form.offer(found.branches, found.profiles, with_all=member.role is Role.ADMIN)
    return htmx.render(
        "staff/loads/index.html",
        fragment="staff/loads/_loads.html",
        title=TITLE,
        status=status,
        found=found,
        form=form,
        words=load_words,
        at_work=AT_WORK,
        pause=PAUSE,
    )


def _show(
    public_id: UUID,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    same: loads.SameFileError | None = None,
    stands: tuple[str, ...] = (),
    why: WhyForm | None = None,
) -> Response:
    card = _card_of(public_id)
    is_chief = identity.member().role in CHIEFS
    return htmx.render(
        "staff/loads/show.html",
        fragment="staff/loads/_load.html",
        title=f"Загрузка {card.line.number}",
        status=status,
        card=card,
        fault=fault,
        same=same,
        stands=stands,
        why=why or WhyForm(formdata=None),
        words=load_words,
        states=LoadState,
        may_undo=is_chief and card.line.state is LoadState.COMMITTED,
        is_sure=identity.is_sure(),
        pause=PAUSE,
    )


def _reason(error: UnusableFile) -> str:
    return (
        error.reason if error.line is None else f"строка {error.line}, {error.reason}"
    )
