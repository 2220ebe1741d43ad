"""Обращения: what waits, one dialogue, the answer, and ready answers."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from wtforms.fields.choices import SelectChoice

from cabinet.domain.people import Role
from cabinet.forms.questions import AnswerForm, ReadyForm
from cabinet.forms.typed import whole_number
from cabinet.services.questions import answering, desk, looking, merging, queue, ready
from cabinet.services.questions.desk import ChangedMeanwhileError, Desk
from cabinet.services.staff import offices_of
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required
from cabinet.web.network import public_url

TITLE = "Обращения"
READY = "Готовые ответы"
CHANGED = (
    "Пока вы писали, обращение изменилось: посмотрите, что нового. Ваш текст остался"
)
TOO_LATE = "Отменить уже нельзя: клиент видит ответ"
CANNOT_MERGE = "Объединить можно только обращения одного человека"
MOST_DIGITS = 8

blueprint = Blueprint("staff_questions", __name__, url_prefix="/staff/questions")


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show what waits, the most urgent first; all of it, or one's own."""
    only_mine = request.args.get("mine") == "1"
    return htmx.render(
        "staff/questions/index.html",
        fragment="staff/questions/_question_queue.html",
        title=TITLE,
        queue=queue.queue(
            identity.member(),
            only_mine=only_mine,
            actor=identity.actor(),
            now=moment.now(),
        ),
        only_mine=only_mine,
        is_chief=identity.member().role in (Role.SUPERVISOR, Role.ADMIN),
    )


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show a dialogue; every look is in the log."""
    return _page(_look(public_id), AnswerForm(formdata=None))


@blueprint.post("/<uuid:public_id>/answer")
@staff_required()
def answer(public_id: UUID) -> Response:
    """Write the answer, or put a ready one into what is being written."""
    typed = AnswerForm()
    if request.form.get("ready"):
        return _insert(public_id, typed)
    if not typed.validate_on_submit():
        return _again(public_id, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    files = typed.cleaned(typed.sent())
    if files is None:
        return _again(public_id, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        answering.answer(
            identity.member(),
            public_id,
            typed.seen_version,
            typed.words,
            files,
            key=typed.once,
            links=answering.Links(
                own=public_url(url_for("questions.show", public_id=public_id)),
                by_code=public_url(url_for("questions.state")),
            ),
            actor=identity.actor(),
            now=moment.now(),
        )
    except ChangedMeanwhileError:
        return _again(public_id, typed, HTTPStatus.CONFLICT, fault=CHANGED)
    return _changed(public_id)


@blueprint.post("/<uuid:public_id>/messages/<int:message_id>/undo")
@staff_required()
def undo(public_id: UUID, message_id: int) -> Response:
    """Take an answer back while the customer has not seen it."""
    return _do(public_id, answering.undo, message_id, fault=TOO_LATE)


@blueprint.post("/<uuid:public_id>/keeper")
@staff_required()
def hand_over(public_id: UUID) -> Response:
    """Let a colleague have the question, or nobody."""
    keeper = whole_number(request.form.get("keeper"), MOST_DIGITS)
    return _do(public_id, answering.hand_over, keeper)


@blueprint.post("/<uuid:public_id>/close")
@staff_required()
def close(public_id: UUID) -> Response:
    """Close a dialogue that needs no answer."""
    return _do(public_id, answering.close, AnswerForm().seen_version)


@blueprint.post("/<uuid:public_id>/reopen")
@staff_required()
def reopen(public_id: UUID) -> Response:
    """Let a closed dialogue wait again."""
    return _do(public_id, answering.reopen, AnswerForm().seen_version)


@blueprint.post("/<uuid:public_id>/merge")
@staff_required()
def merge(public_id: UUID) -> Response:
    """Let another question of the same person become a part of this one."""
    return _join(public_id, merging.merge)


@blueprint.post("/<uuid:public_id>/part")
@staff_required()
def part(public_id: UUID) -> Response:
    """Take a merged question out again."""
    return _join(public_id, merging.part)


@blueprint.get("/<uuid:public_id>/files/<int:file_id>")
@staff_required()
def file(public_id: UUID, file_id: int) -> Response:
    """Give a file of the dialogue to be saved; never shown inside our pages."""
    number = _look(public_id).dialogue.number
    got = looking.file_of(number, file_id, for_staff=True, now=moment.now())
    return attached(
        got.pieces, name=got.name, plain_name=got.name, media_type=got.media_type
    )


@blueprint.get("/ready")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def ready_answers() -> Response:
    """Show the ready answers and the form of a new one."""
    form = ReadyForm(formdata=None)
    form.show_span(moment.today(), None)
    return _ready_page(form)


@blueprint.post("/ready")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def add_ready() -> Response:
    """Keep a ready answer, or show how it will look."""
    typed = ReadyForm()
    if not typed.validate_on_submit():
        return _ready_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.form.get("look"):
        return _ready_page(typed, is_look=True)
    ready.add(
        identity.member(),
        typed.draft,
        key=typed.once,
        actor=identity.actor(),
        now=moment.now(),
    )
    return htmx.go(url_for(".ready_answers"))


@blueprint.post("/ready/<int:answer_id>/end")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def end_ready(answer_id: int) -> Response:
    """Offer a ready answer no more."""
    ready.end(identity.member(), answer_id, actor=identity.actor(), now=moment.now())
    return htmx.go(url_for(".ready_answers"))


@blueprint.post("/ready/<int:answer_id>/restore")
@staff_required(Role.SUPERVISOR, Role.ADMIN)
def restore_ready(answer_id: int) -> Response:
    """Offer a ready answer again."""
    ready.restore(
        identity.member(), answer_id, actor=identity.actor(), now=moment.now()
    )
    return htmx.go(url_for(".ready_answers"))


def _join(public_id: UUID, act: Callable[..., Desk]) -> Response:
    try:
        other = UUID(request.form.get("other", ""))
    except ValueError:
        return _again(public_id, fault=CANNOT_MERGE)
    return _do(public_id, act, other, fault=CANNOT_MERGE)


def _do(
    public_id: UUID, act: Callable[..., Desk], value: object, *, fault: str = CHANGED
) -> Response:
    """Do it with the question and the value, or say why it cannot be done any more."""
    try:
        act(
            identity.member(),
            public_id,
            value,
            actor=identity.actor(),
            now=moment.now(),
        )
    except (ChangedMeanwhileError, merging.CannotMergeError):
        return _again(public_id, fault=fault)
    return _changed(public_id)


def _insert(public_id: UUID, typed: AnswerForm) -> Response:
    """Put the ready answer after what was typed; nothing is written."""
    answer_id = whole_number(request.form.get("ready"), MOST_DIGITS)
    if answer_id is not None:
        text = ready.text_of(identity.member(), answer_id)
        before = typed.words
        typed.text.data = f"{before}\n\n{text}" if before else text
    return _again(public_id, typed, HTTPStatus.OK)


def _changed(public_id: UUID) -> Response:
    if not htmx.wants_fragment():
        return htmx.go(url_for(".show", public_id=public_id, _anchor="question"))
    return _page(_look(public_id), AnswerForm(formdata=None), is_fresh=True)


def _again(
    public_id: UUID,
    typed: AnswerForm | None = None,
    status: HTTPStatus = HTTPStatus.CONFLICT,
    *,
    fault: str = "",
) -> Response:
    """Show the dialogue as it is now, with what was typed and what went wrong."""
    form = AnswerForm(formdata=None) if typed is None else typed
    return _page(_look(public_id), form, status, fault=fault)


def _look(public_id: UUID) -> Desk:
    return desk.desk(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )


def _page(
    found: Desk,
    typed: AnswerForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    is_fresh: bool = False,
) -> Response:
    typed.key.data = typed.once
    typed.version.data = str(found.version)
    return htmx.render(
        "staff/questions/show.html",
        fragment="staff/questions/_question.html",
        title=f"Обращение {found.dialogue.number}",
        status=status,
        desk=found,
        form=typed,
        answers=ready.answers_of(identity.member(), day=moment.today()),
        fault=fault,
        is_fresh=is_fresh,
    )


def _ready_page(
    typed: ReadyForm, status: int = HTTPStatus.OK, *, is_look: bool = False
) -> Response:
    member = identity.member()
    everywhere = [SelectChoice("", "Все")] if member.role is Role.ADMIN else []
    typed.branch.choices = [
        *everywhere,
        *(SelectChoice(*each) for each in offices_of(member)),
    ]
    typed.key.data = typed.once
    return htmx.page(
        "staff/questions/ready.html",
        title=READY,
        status=status,
        form=typed,
        answers=ready.kept_of(member, day=moment.today()),
        ended=ready.ended_of(member, day=moment.today()),
        is_look=is_look,
    )
