"""Рабочее место: readings that wait for a specialist, and what is decided of each."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.domain.metering import ReadingState, ReviewKind
from cabinet.domain.readings import NotAReadingError
from cabinet.forms.reviews import ReviewForm
from cabinet.services import reviews
from cabinet.services.reviews import ReviewRow, Wanted
from cabinet.services.staff import offices_of
from cabinet.web import account_words, htmx, identity, moment, review_words
from cabinet.web.attachments import attached
from cabinet.web.identity import staff_required
from cabinet.web.network import public_url

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

TITLE = "На проверку"
CHANGED = "Его вернули на проверку, пока вы смотрели. Посмотрите ещё раз"
NEWER = "Уже решено: клиент передал новое показание"
SAME = "Это те же цифры. Если они верны, нажмите «Принять»"
DECIDED = {
    ReviewKind.ACCEPTED: "Уже решено: показание принято",
    ReviewKind.CORRECTED: "Уже решено: показание исправлено",
    ReviewKind.RETURNED: "Уже решено: показание возвращено",
}
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@blueprint.get("/")
@staff_required()
def index() -> Response:
    """Show the readings that wait for a check, oldest first."""
    member = identity.member()
    wanted = _wanted()
    return htmx.page(
        "staff/index.html",
        title=TITLE,
        queue=reviews.review_queue(
            member, wanted, actor=identity.actor(), now=moment.now()
        ),
        wanted=wanted,
        reasons=review_words.REASONS,
        **_row_words(),
    )


@blueprint.get("/readings/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show one reading with the forms to correct and to return it; the log has it."""
    row = _look(public_id)
    return _page(row, form=_blank(row) if row.is_waiting else None)


@blueprint.get("/readings/<uuid:public_id>/photo")
@staff_required()
def photo(public_id: UUID) -> Response:
    """Give the photo to be saved; it is never shown inside our pages."""
    found = reviews.photo_of(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    suffix = _SUFFIX.get(found.media_type, "bin")
    return attached(
        found.body,
        name=f"Показание {found.number}.{suffix}",
        plain_name=f"reading-{found.number}.{suffix}",
        media_type=found.media_type,
    )


@blueprint.post("/readings/<uuid:public_id>/accept")
@staff_required()
def accept(public_id: UUID) -> Response:
    """Accept the reading as it is."""
    typed = ReviewForm()
    try:
        row = reviews.accept(
            identity.member(),
            public_id,
            typed.seen_version,
            actor=identity.actor(),
            now=moment.now(),
        )
    except reviews.AlreadyDecidedError:
        return _too_late(public_id)
    except reviews.CannotStandError as error:
        fault = review_words.OBSTACLES[error.obstacle]
        return _page(_look(public_id), HTTPStatus.CONFLICT, fault=fault)
    return _done(row)


@blueprint.post("/readings/<uuid:public_id>/correct")
@staff_required()
def correct(public_id: UUID) -> Response:
    """Write other registers in place of the customer's."""
    typed = ReviewForm()
    if not typed.is_short():
        return _wrong(public_id, typed, "correct")
    try:
        row = reviews.correct(
            identity.member(),
            public_id,
            typed.seen_version,
            typed.typed,
            typed.own_words,
            is_sure=typed.is_sure,
            link=_reading_link,
            actor=identity.actor(),
            now=moment.now(),
        )
    except reviews.AlreadyDecidedError:
        return _too_late(public_id)
    except (
        NotAReadingError,
        reviews.SameRegistersError,
        reviews.CannotStandError,
    ) as error:
        found = _look(public_id)
        _blame(typed, error, found)
        return _wrong(public_id, typed, "correct", row=found)
    except reviews.CorrectionAskedError as error:
        found = _look(public_id)
        return _page(
            found,
            HTTPStatus.CONFLICT,
            form=_shown(typed, found, "correct"),
            asked=review_words.question(error.asked),
        )
    return _done(row)


@blueprint.post("/readings/<uuid:public_id>/return")
@staff_required()
def give_back(public_id: UUID) -> Response:
    """Return the reading to the customer with a text."""
    typed = ReviewForm()
    words = typed.told()
    if words is None:
        return _wrong(public_id, typed, "return")
    try:
        row = reviews.give_back(
            identity.member(),
            public_id,
            typed.seen_version,
            words,
            link=_reading_link,
            actor=identity.actor(),
            now=moment.now(),
        )
    except reviews.AlreadyDecidedError:
        return _too_late(public_id)
    return _done(row)


@blueprint.post("/readings/<uuid:public_id>/undo")
@staff_required()
def undo(public_id: UUID) -> Response:
    """Let the reading wait again."""
    try:
        row = reviews.undo(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except reviews.CannotUndoError as error:
        fault = review_words.STAYS[error.why]
        return _page(_look(public_id), HTTPStatus.CONFLICT, fault=fault)
    return _done(row)


def _wanted() -> Wanted:
    """Return what of the queue is wanted; words nobody knows want nothing."""
    reason = request.args.get("reason", "")
    branch = request.args.get("branch", "")
    try:
        after = UUID(request.args.get("after", ""))
    except ValueError:
        after = None
    return Wanted(
        reason=reason if reason in review_words.REASONS else "",
        branch=branch[:32],
        after=after,
        decided=request.args.get("decided") == "all",
    )


def _place() -> dict[str, Any]:
    """Return the page of the queue the row stands on, for addresses."""
    wanted = _wanted()
    said = {
        "reason": wanted.reason,
        "branch": wanted.branch,
        "after": str(wanted.after or ""),
    }
    return {name: value for name, value in said.items() if value}


def _reading_link(public_id: UUID) -> str:
    return public_url(url_for("readings.confirmation", public_id=public_id))


def _look(public_id: UUID, *, is_listed: bool = False) -> ReviewRow:
    return reviews.review_of(
        identity.member(),
        public_id,
        is_listed=is_listed,
        actor=identity.actor(),
        now=moment.now(),
    )


def _done(row: ReviewRow) -> Response:
    """Swap the row; without JavaScript go back to the queue, to the row."""
    if htmx.wants_fragment():
        return _page(_look(row.public_id, is_listed=True), is_fresh=True)
    anchor = f"review-row-{row.number}"
    return htmx.go(url_for(".index", _anchor=anchor, **_place()))


def _too_late(public_id: UUID) -> Response:
    row = _look(public_id)
    fault = CHANGED if row.is_waiting else NEWER
    if row.decided is not None:
        fault = f"{DECIDED[row.decided.kind]}, {row.decided.by}"
    elif not row.is_waiting and row.state is not ReadingState.SUPERSEDED:
        fault = f"Уже решено: {account_words.READING_STATES[row.state]}"
    return _page(row, HTTPStatus.CONFLICT, fault=fault)


def _wrong(
    public_id: UUID, typed: ReviewForm, opened: str, *, row: ReviewRow | None = None
) -> Response:
    found = row or _look(public_id)
    return _page(
        found,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        form=_shown(typed, found, opened) if found.is_waiting else None,
    )


def _shown(typed: ReviewForm, row: ReviewRow, opened: str) -> ReviewForm:
    """Return what was typed; the form that was not sent shows what it proposes."""
    typed.opened = opened
    typed.show_typed()
    blank = _blank(row)
    if opened == "return":
        typed.take_registers(blank)
    else:
        typed.ready.data = blank.ready.data
    return typed


def _blame(typed: ReviewForm, error: Exception, row: ReviewRow) -> None:
    """Say at the registers what is wrong with the correction."""
    if isinstance(error, NotAReadingError):
        typed.blame(error.faults, row)
    elif isinstance(error, reviews.CannotStandError):
        typed.t1.errors = [review_words.CANNOT_WRITE[error.obstacle]]
    else:
        typed.t1.errors = [SAME]


def _row_words() -> dict[str, Any]:
    """Return what every row is rendered with, unless something went wrong in it."""
    offices = offices_of(identity.member())
    return {
        "offices": offices,
        "shows_branch": len(offices) > 1,
        "place": _place(),
        "states": account_words.READING_STATES,
        "form": None,
        "asked": "",
        "fault": "",
        "is_fresh": False,
    }


def _blank(row: ReviewRow) -> ReviewForm:
    """Return the form of a row as it opens."""
    form = ReviewForm(formdata=None)
    form.take_over(row)
    return form


def _page(row: ReviewRow, status: int = HTTPStatus.OK, **words: Any) -> Response:
    return htmx.render(
        "staff/reading.html",
        fragment="staff/_review_row.html",
        title=TITLE,
        status=status,
        row=row,
        **(_row_words() | words),
    )
