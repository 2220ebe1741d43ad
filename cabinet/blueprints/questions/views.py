"""Задать вопрос: the form, one's own dialogues, and those shown by number and code."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, url_for
from flask_login import current_user

from cabinet.blueprints.questions import acts
from cabinet.domain.mailbox import read_mailbox
from cabinet.exchange.attachment import Attachment
from cabinet.forms.questions import (
    CodeForm,
    GuestQuestionForm,
    OfficeQuestionForm,
    QuestionForm,
    RatingForm,
    TextForm,
)
from cabinet.forms.registration import digits_of
from cabinet.services import branches
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.questions import asking, looking
from cabinet.services.questions.shown import Dialogue, QuestionNotFoundError
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import customer_required
from cabinet.web.network import network, public_url

TITLE = "Задать вопрос"
WRONG_CODE = "Обращение с таким номером и кодом не нашли. Проверьте цифры"

blueprint = Blueprint("questions", __name__, url_prefix="/questions")


@blueprint.get("")
def index() -> Response:
    """Show the blank form, and the questions of who has signed in."""
    if _is_staff():
        return htmx.go(url_for("home.index"))
    return _ask_page(_form_class()(formdata=None))


@blueprint.post("")
def ask() -> Response:
    """Write the question down and lead to it; a visitor is told number and code."""
    if _is_staff():
        return htmx.go(url_for("home.index"))
    typed = _form_class()()
    _offer(typed)
    if not typed.validate_on_submit():
        return _ask_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        files = acts.cleaned(typed)
        if files is None:
            return _ask_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
        asked = asking.ask(
            _wish(typed, files),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TooManyAttemptsError as error:
        return _ask_page(typed, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    if current_user.is_authenticated:
        return htmx.go(url_for(".show", public_id=asked.public_id))
    return htmx.render(
        "questions/index.html",
        fragment="questions/_question_form.html",
        title="Обращение принято",
        asked=asked,
        shown=looking.shown_of(asked.number, now=moment.now()),
        email=typed.email.data if isinstance(typed, GuestQuestionForm) else "",
        form=typed,
        lines=(),
        again_at=None,
    )


@blueprint.get("/<uuid:public_id>")
@customer_required
def show(public_id: UUID) -> Response:
    """Show a dialogue of one's own."""
    found = looking.mine(current_user.user_id, public_id, now=moment.now())
    return _dialogue_page(found, TextForm(formdata=None))


@blueprint.post("/<uuid:public_id>")
@customer_required
def write(public_id: UUID) -> Response:
    """Add a message."""
    row_id = looking.id_of_mine(current_user.user_id, public_id)
    typed = TextForm()
    if not typed.validate_on_submit():
        return _again(row_id, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = acts.written(row_id, typed)
    except TooManyAttemptsError as error:
        return _again(
            row_id, typed, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at
        )
    if found is None:
        return _again(row_id, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if htmx.wants_fragment():
        return _dialogue_page(found, TextForm(formdata=None), is_fresh=True)
    return htmx.go(url_for(".show", public_id=found.public_id))


@blueprint.post("/<uuid:public_id>/rating")
@customer_required
def rate(public_id: UUID) -> Response:
    """Say how convenient it was."""
    row_id = looking.id_of_mine(current_user.user_id, public_id)
    typed = RatingForm()
    if not typed.validate_on_submit():
        return _dialogue_page(
            looking.shown_of(row_id, now=moment.now()),
            TextForm(formdata=None),
            HTTPStatus.UNPROCESSABLE_ENTITY,
            rating=typed,
        )
    try:
        found = acts.rated(row_id, typed)
    except asking.AlreadyRatedError:
        found = looking.shown_of(row_id, now=moment.now())
    if htmx.wants_fragment():
        return _dialogue_page(found, TextForm(formdata=None), is_fresh=True)
    return htmx.go(url_for(".show", public_id=found.public_id))


@blueprint.get("/<uuid:public_id>/files/<int:file_id>")
@customer_required
def file(public_id: UUID, file_id: int) -> Response:
    """Give a file of the dialogue to be saved."""
    row_id = looking.id_of_mine(current_user.user_id, public_id)
    return acts.file(row_id, file_id)


@blueprint.get("/state")
def state() -> Response:
    """Ask for the number and the code."""
    return _state_page(CodeForm(formdata=None))


@blueprint.post("/state")
def find_state() -> Response:
    """Show the dialogue of the number and the code."""
    return _by_code(
        lambda row_id, code: _state_page(
            code, found=looking.shown_of(row_id, now=moment.now())
        )
    )


@blueprint.post("/state/message")
def write_by_code() -> Response:
    """Add a message to the dialogue of the number and the code."""

    def written(row_id: int, code: CodeForm) -> Response:
        typed = TextForm()
        found = None
        again_at: object = None
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if typed.validate_on_submit():
            try:
                found = acts.written(row_id, typed)
            except TooManyAttemptsError as error:
                again_at, status = error.again_at, HTTPStatus.TOO_MANY_REQUESTS
        if found is not None:
            return _state_page(code, found=found, is_fresh=True)
        return _state_page(
            code,
            status,
            found=looking.shown_of(row_id, now=moment.now()),
            form=typed,
            message_again_at=again_at,
        )

    return _by_code(written)


@blueprint.post("/state/rating")
def rate_by_code() -> Response:
    """Say how convenient it was, of the dialogue of the number and the code."""

    def rated(row_id: int, code: CodeForm) -> Response:
        typed = RatingForm()
        if not typed.validate_on_submit():
            return _state_page(
                code,
                HTTPStatus.UNPROCESSABLE_ENTITY,
                found=looking.shown_of(row_id, now=moment.now()),
                rating=typed,
            )
        try:
            found = acts.rated(row_id, typed)
        except asking.AlreadyRatedError:
            found = looking.shown_of(row_id, now=moment.now())
        return _state_page(code, found=found, is_fresh=True)

    return _by_code(rated)


@blueprint.post("/state/files/<int:file_id>")
def file_by_code(file_id: int) -> Response:
    """Give a file of the dialogue of the number and the code to be saved."""
    return _by_code(lambda row_id, _: acts.file(row_id, file_id))


def _is_staff() -> bool:
    return current_user.is_authenticated and bool(current_user.role.is_staff)


def _form_class() -> type[QuestionForm]:
    if not current_user.is_authenticated:
        return GuestQuestionForm
    return OfficeQuestionForm if current_user.account is None else QuestionForm


def _offer(form: QuestionForm) -> None:
    if isinstance(form, OfficeQuestionForm):
        form.offer_branches(branches.choices())


def _wish(typed: QuestionForm, files: tuple[Attachment, ...]) -> asking.Wish:
    account = current_user.account
    is_guest = isinstance(typed, GuestQuestionForm)
    return asking.Wish(
        key=typed.once,
        topic=typed.chosen,
        text=typed.words,
        files=files,
        branch=typed.branch.data if isinstance(typed, OfficeQuestionForm) else "",
        user_id=current_user.user_id,
        account_id=account.account_id if account else None,
        email=(read_mailbox(typed.email.data or "") or "")
        if isinstance(typed, GuestQuestionForm)
        else (current_user.email or ""),
        claimed_account=digits_of(typed.account.data) if is_guest else "",
        address=network(),
        link=public_url(url_for(".state")),
    )


def _by_code(then: Callable[[int, CodeForm], Response]) -> Response:
    typed = CodeForm()
    if not typed.validate_on_submit():
        return _state_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    number, code = typed.digits
    try:
        row_id = looking.by_code(
            number,
            code,
            address=network(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except QuestionNotFoundError:
        typed.code.errors = [WRONG_CODE]
        return _state_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except TooManyAttemptsError as error:
        return _state_page(typed, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    return then(row_id, typed)


def _again(
    row_id: int, typed: TextForm, status: HTTPStatus, *, again_at: object = None
) -> Response:
    return _dialogue_page(
        looking.shown_of(row_id, now=moment.now()), typed, status, again_at=again_at
    )


def _ask_page(
    typed: QuestionForm,
    status: int = HTTPStatus.OK,
    *,
    again_at: object = None,
) -> Response:
    _offer(typed)
    typed.key.data = typed.once
    lines = (
        looking.list_of(current_user.user_id, now=moment.now())
        if current_user.is_authenticated
        else ()
    )
    return htmx.render(
        "questions/index.html",
        fragment="questions/_question_form.html",
        title=TITLE,
        status=status,
        form=typed,
        lines=lines,
        asked=None,
        again_at=again_at,
    )


def _dialogue_page(
    found: Dialogue,
    typed: TextForm,
    status: int = HTTPStatus.OK,
    *,
    rating: RatingForm | None = None,
    again_at: object = None,
    is_fresh: bool = False,
) -> Response:
    typed.key.data = typed.once
    return htmx.render(
        "questions/show.html",
        fragment="questions/_dialogue.html",
        title=f"Обращение {found.number}",
        status=status,
        found=found,
        form=typed,
        rating=rating or RatingForm(formdata=None),
        code=None,
        again_at=again_at,
        is_fresh=is_fresh,
    )


def _state_page(
    code: CodeForm,
    status: int = HTTPStatus.OK,
    *,
    found: Dialogue | None = None,
    form: TextForm | None = None,
    rating: RatingForm | None = None,
    again_at: object = None,
    message_again_at: object = None,
    is_fresh: bool = False,
) -> Response:
    typed = form or TextForm(formdata=None)
    typed.key.data = typed.once
    return htmx.render(
        "questions/state.html",
        fragment="questions/_question_state.html",
        title="Где моё обращение" if found is None else f"Обращение {found.number}",
        status=status,
        code=code,
        found=found,
        form=typed,
        rating=rating or RatingForm(formdata=None),
        code_again_at=again_at,
        again_at=message_again_at,
        is_fresh=is_fresh,
    )
