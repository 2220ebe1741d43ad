"""Ввод показаний: an account, its registers, Enter, and the next one."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from cabinet.domain.errors import NotFound
from cabinet.domain.metering import ReadingSource
from cabinet.domain.readings import NotAReadingError
from cabinet.forms.entering import EntryForm, Search, Sitting
from cabinet.services import entering, readings
from cabinet.services.entering import Blank
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import staff_required
from cabinet.web.reading_words import SOURCES

blueprint = Blueprint("staff_entering", __name__, url_prefix="/staff/entering")

TITLE = "Ввод показаний"
WORDS = {
    ReadingSource.PHONE: "Телефон",
    ReadingSource.PAPER: "Бумага",
    ReadingSource.INSPECTOR: "Обход",
}
TOO_LATE = (
    "Отменить уже нельзя: прошло больше десяти минут, или на показании что-то основано"
)
NO_SUCH_PLACE = "Введите номер строки из списка"
WHY = "Напишите, что сказал клиент: по этим словам проверят показание"

#: What an entry can meet, and the page shows a way out of.
REFUSALS = (
    NotAReadingError,
    entering.DayUnfitError,
    entering.ReplacesError,
    readings.MeterClosedError,
    readings.MonthChangedError,
    readings.ReadingAskedError,
)


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Ask for whom; show who fits, or the form of the only one, or what was taken."""
    number = request.args.get("account", "")
    if number:
        return _form_page(_blank(number, request.args.get("meter", type=UUID)))
    search = Search.of_request()
    if not search.typed:
        saved = request.args.get("saved", type=UUID)
        return _page(saved=saved, is_undone="undone" in request.args)
    found = entering.look_up(
        identity.member(), search.typed, actor=identity.actor(), now=moment.now()
    )
    place = search.place
    if len(found.hits) == 1:
        return _form_page(_blank(found.hits[0].number))
    if place is not None and place < len(found.hits):
        return _form_page(_blank(found.hits[place].number))
    fault = NO_SUCH_PLACE if search.pick and found.hits else ""
    return _page(
        HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        stage="list" if found.hits else "none",
        search=search,
        found=found,
        fault=fault,
    )


@blueprint.post("")
@staff_required()
def enter() -> Response:
    """Take the reading and be ready for the next one, or show what is wrong or asked."""
    form = EntryForm()
    if form.meter_id is None:
        raise NotFound(form.meter.data)
    sitting = Sitting.of_request()
    entry = form.take(sitting.source)
    if entry is None:
        return _again(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        taken = entering.enter_reading(
            identity.member(),
            entry,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except REFUSALS as error:
        return _refused(form, error)
    return _ready(saved=taken)


@blueprint.post("/<uuid:public_id>/undo")
@staff_required()
def undo(public_id: UUID) -> Response:
    """Take back what was entered; the field to look for the next one is ready again."""
    try:
        entering.undo_entry(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except entering.CannotUndoError:
        return _page(HTTPStatus.CONFLICT, fault=TOO_LATE)
    return _ready(is_undone=True)


def _refused(form: EntryForm, error: ValueError) -> Response:
    """Show the form again with what is wrong (422) or what is asked (409)."""
    status = HTTPStatus.CONFLICT
    more: dict[str, Any] = {}
    match error:
        case NotAReadingError():
            status, more = HTTPStatus.UNPROCESSABLE_ENTITY, {"faults": error.faults}
        case entering.DayUnfitError():
            form.blame_day(error.least, error.most)
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        case entering.AlreadyThereError():
            more = {"stage": "same"}
        case entering.ReplacesError():
            more = {"stage": "replaces"}
        case readings.ProofMissingError():
            form.comment.errors = [WHY]
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            more = {"stage": "asked", "preview": error.preview}
        case readings.ReadingAskedError():
            more = {"stage": "asked", "preview": error.preview}
        case readings.MonthChangedError():
            more = {"stage": "moved"}
    return _again(form, status, **more)


def _again(form: EntryForm, status: int, **more: Any) -> Response:
    """Show the form of the same meter with what was typed."""
    blank = _blank(form.account.data or "", form.meter_id)
    meter = blank.reading.meter
    form.take_over(form.corrected)
    form.name_zones(meter)
    faults = more.pop("faults", None)
    if faults and meter:
        form.blame(faults, meter)
    return _form_page(blank, form, status, **more)


def _blank(number: str, meter_id: UUID | None = None) -> Blank:
    return entering.blank_entry(
        identity.member(), number, meter_id, actor=identity.actor(), now=moment.now()
    )


def _form_page(
    blank: Blank,
    form: EntryForm | None = None,
    status: int = HTTPStatus.OK,
    *,
    stage: str = "form",
    **context: Any,
) -> Response:
    meter = blank.reading.meter
    if form is None:
        form = EntryForm(formdata=None)
        form.name_zones(meter)
        form.day.data = Sitting.of_request().day
    if meter is None or meter.closed:
        stage = "closed"
    elif stage == "asked":
        form.aim_at_words(has_ways=bool(context["preview"].plain_ways))
    elif stage != "same":
        form.aim(meter)
    return _page(
        status, stage=stage, blank=blank, reading=blank.reading, form=form, **context
    )


def _ready(*, saved: UUID | None = None, is_undone: bool = False) -> Response:
    """Go to the empty search, with a word about what was done."""
    if htmx.wants_fragment():
        return _page(saved=saved, is_undone=is_undone)
    told: dict[str, Any] = {"undone": 1} if is_undone else {"saved": saved}
    told |= _sitting().arguments
    return htmx.go(url_for(".index", **told))


def _sitting() -> Sitting:
    return Sitting.of_request().since(moment.now().astimezone(current_user.zone).date())


def _page(
    status: int = HTTPStatus.OK,
    *,
    stage: str = "search",
    saved: UUID | None = None,
    is_undone: bool = False,
    search: Search | None = None,
    fault: str = "",
    **context: Any,
) -> Response:
    log = entering.entries_of(identity.member(), current_user.zone, now=moment.now())
    return htmx.render(
        "staff/entering/index.html",
        fragment="staff/entering/_entering.html",
        title=TITLE,
        status=status,
        stage=stage,
        log=log,
        saved=log.find(saved),
        is_undone=is_undone,
        search=search,
        fault=fault,
        sitting=_sitting(),
        source_words=WORDS,
        sources=SOURCES,
        **context,
    )
