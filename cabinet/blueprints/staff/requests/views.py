"""Заявки: what waits, one request, and what a specialist decides on it."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.blueprints.staff.requests import days, finish, pages
from cabinet.domain.people import Role
from cabinet.exchange.photo import Photo
from cabinet.forms.once import VersionedForm
from cabinet.forms.registration import digits_of
from cabinet.forms.requests import RequestForm
from cabinet.forms.staff_requests import FilterForm, MissForm, PlanForm, RefuseForm
from cabinet.services.account_card import AccountNotFound
from cabinet.services.requests import asking, crews, deciding, queue
from cabinet.services.requests.queue import Caller
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.filters import day as day_words
from cabinet.web.filters import plural
from cabinet.web.identity import staff_required
from cabinet.web.request_words import DAY_FAULTS

TITLE = "Заявки"
NEW = "Новая заявка"
NOT_FOUND = "Такого лицевого счёта в ваших отделениях нет"
TOO_LATE = "Отменить уже нельзя: прошло десять минут, или на этом основано другое"
FULL = "В этот день у бригады уже {most} {word}. Выберите другой день или бригаду"
NOT_WORKING = "Бригада в этот день не работает"
MAX_TYPED = 40

blueprint = Blueprint("staff_requests", __name__, url_prefix="/staff/requests")
blueprint.register_blueprint(days.blueprint)
blueprint.register_blueprint(finish.blueprint)


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show what is not over, what is due first before the rest."""
    typed = FilterForm(request.args, meta={"csrf": False})
    found = queue.queue(
        identity.member(),
        state=typed.chosen_state,
        kind=typed.chosen_kind,
        actor=identity.actor(),
        now=moment.now(),
    )
    typed.offer(found.counts)
    return htmx.render(
        "staff/requests/index.html",
        fragment="staff/requests/_request_queue.html",
        title=TITLE,
        queue=found,
        form=typed,
        is_filtered=bool(typed.chosen_state or typed.chosen_kind),
        is_chief=identity.member().role in (Role.SUPERVISOR, Role.ADMIN),
    )


@blueprint.get("/new")
@staff_required()
def new() -> Response:
    """Ask whose request it is; then for the request."""
    number = digits_of(request.args.get("account", "")[:MAX_TYPED])
    if not number:
        return _ask_number("")
    try:
        caller = _caller(number)
    except AccountNotFound:
        return _ask_number(number, HTTPStatus.UNPROCESSABLE_ENTITY)
    typed = RequestForm(formdata=None)
    typed.phone.data = caller.phone
    return _new_page(typed, caller)


@blueprint.post("/new")
@staff_required()
def take() -> Response:
    """Write down what somebody asked for by telephone or at the counter."""
    typed = RequestForm()
    caller = _caller(digits_of((typed.account.data or "")[:MAX_TYPED]))
    typed.offer_meters(caller.meters)
    is_taken, photo = _checked(typed)
    if not is_taken:
        return _new_page(typed, caller, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        public_id = asking.take(
            identity.member(),
            caller.number,
            typed.wish(photo),
            link_of=pages.link_of,
            actor=identity.actor(),
            now=moment.now(),
        )
    except asking.DayUnfitError as error:
        typed.blame(error)
    except asking.MeterUnknownError:
        typed.blame_meter()
    except asking.AlreadyAskedError as error:
        return _new_page(typed, caller, HTTPStatus.CONFLICT, standing=error.public_id)
    else:
        return htmx.go(url_for(".show", public_id=public_id))
    return _new_page(typed, caller, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show a request; every look is in the log."""
    return pages.show(pages.look(public_id))


@blueprint.post("/<uuid:public_id>/plan")
@staff_required()
def plan(public_id: UUID) -> Response:
    """Name the day, the hours and the crew, or others than before."""
    typed = PlanForm()
    visit = typed.take()
    if visit is not None:
        try:
            _decide(deciding.plan, public_id, typed, visit)
        except ChangedMeanwhileError:
            return _changed(public_id)
        except deciding.VisitDayError as error:
            typed.day.errors = [DAY_FAULTS[error.fault]]
        except crews.CrewNotFoundError:
            typed.crew.errors = ["Выберите бригаду"]
        except deciding.CrewFullError as error:
            typed.crew.errors = [_full(error.most)]
        else:
            return pages.done(public_id)
    return pages.show(
        pages.look(public_id), HTTPStatus.UNPROCESSABLE_ENTITY, plan=typed
    )


@blueprint.post("/<uuid:public_id>/refuse")
@staff_required()
def refuse(public_id: UUID) -> Response:
    """Refuse the request with a ready reason."""
    typed = RefuseForm()
    if not typed.validate_on_submit():
        return pages.show(
            pages.look(public_id), HTTPStatus.UNPROCESSABLE_ENTITY, refusal=typed
        )
    try:
        _decide(deciding.refuse, public_id, typed, *typed.chosen)
    except ChangedMeanwhileError:
        return _changed(public_id)
    return pages.done(public_id)


@blueprint.post("/<uuid:public_id>/could-not")
@staff_required()
def could_not(public_id: UUID) -> Response:
    """Note that the crew came in vain."""
    typed = MissForm()
    if not typed.validate_on_submit():
        return pages.show(
            pages.look(public_id), HTTPStatus.UNPROCESSABLE_ENTITY, miss=typed
        )
    try:
        _decide(deciding.could_not, public_id, typed, *typed.chosen)
    except ChangedMeanwhileError:
        return _changed(public_id)
    except deciding.NotYetError as error:
        fault = f"Этот выезд назначен на {day_words(error.day)}: он ещё впереди"
        return pages.show(pages.look(public_id), HTTPStatus.CONFLICT, fault=fault)
    return pages.done(public_id)


@blueprint.post("/<uuid:public_id>/undo")
@staff_required()
def undo(public_id: UUID) -> Response:
    """Take one's own last decision back within ten minutes."""
    try:
        deciding.undo(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except deciding.CannotUndoError:
        return pages.show(pages.look(public_id), HTTPStatus.CONFLICT, fault=TOO_LATE)
    return pages.done(public_id)


@blueprint.get("/<uuid:public_id>/photo")
@staff_required()
def photo(public_id: UUID) -> Response:
    """Give the photo of a request to be saved; never shown inside our pages."""
    got = queue.photo(
        identity.member(), public_id, actor=identity.actor(), now=moment.now()
    )
    return attached(
        got.pieces, name=got.name, plain_name=got.name, media_type=got.media_type
    )


def _decide(
    act: Callable[..., object], public_id: UUID, typed: VersionedForm, *said: object
) -> None:
    """Do it with the request as the page showed it and what was said."""
    act(
        identity.member(),
        public_id,
        typed.seen_version,
        *said,
        link_of=pages.link_of,
        actor=identity.actor(),
        now=moment.now(),
    )


def _changed(public_id: UUID) -> Response:
    return pages.show(pages.look(public_id), HTTPStatus.CONFLICT, fault=pages.CHANGED)


def _full(most: int) -> str:
    if not most:
        return NOT_WORKING
    return FULL.format(most=most, word=plural(most, "выезд", "выезда", "выездов"))


def _checked(typed: RequestForm) -> tuple[bool, Photo | None]:
    return typed.cleaned() if typed.validate_on_submit() else (False, None)


def _caller(number: str) -> Caller:
    return queue.caller(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )


def _ask_number(number: str, status: int = HTTPStatus.OK) -> Response:
    return htmx.page(
        "staff/requests/new.html",
        title=NEW,
        status=status,
        caller=None,
        typed=number,
        fault=NOT_FOUND if number else "",
    )


def _new_page(
    typed: RequestForm,
    caller: Caller,
    status: int = HTTPStatus.OK,
    *,
    standing: UUID | None = None,
) -> Response:
    typed.offer_meters(caller.meters)
    typed.key.data = typed.once
    typed.account.data = caller.number
    return htmx.page(
        "staff/requests/new.html",
        title=NEW,
        status=status,
        caller=caller,
        form=typed,
        standing=standing,
    )
