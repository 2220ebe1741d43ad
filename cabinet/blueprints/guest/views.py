"""Передать показания без входа."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, url_for

from cabinet.domain.readings import NotAReadingError
from cabinet.forms.guest import PairForm
from cabinet.forms.readings import RegistersForm
from cabinet.services import readings
from cabinet.services.readings import QuietForm, QuietTaken
from cabinet.web import htmx, identity, moment, network

blueprint = Blueprint("guest", __name__)

TITLE = "Передать показания без входа"
NO_PAIR = "Не нашли такой счёт и счётчик. Проверьте оба номера"

#: What a visitor can cause, and is shown a way out of.
REFUSALS = (
    NotAReadingError,
    readings.AlreadySentError,
    readings.MeterClosedError,
    readings.MonthChangedError,
)


@blueprint.get("/guest/readings")
def start() -> Response:
    """Ask for the account and the end of the meter's number."""
    return _page(stage="start", form=PairForm(formdata=None))


@blueprint.post("/guest/readings")
def prove() -> Response:
    """Lead on to the meter's form, or say that there is no such pair."""
    form = PairForm()
    if not form.validate_on_submit():
        return _page(HTTPStatus.UNPROCESSABLE_ENTITY, stage="start", form=form)
    try:
        ticket = readings.prove_meter(
            form.number.data,
            form.digits.data,
            address=network.network(),
            actor=identity.actor(),
            pepper=_pepper(),
            now=moment.now(),
        )
    except readings.WrongPairError:
        form.number.errors = [NO_PAIR]
        return _page(HTTPStatus.UNPROCESSABLE_ENTITY, stage="start", form=form)
    if htmx.wants_fragment():
        return _form(_shown(ticket), url_for(".submit", ticket=ticket))
    return htmx.go(url_for(".show", ticket=ticket))


@blueprint.get("/guest/readings/<string:ticket>")
def show(ticket: str) -> Response:
    """Show the form of the meter that was named."""
    try:
        shown = _shown(ticket)
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.GONE)
    return _form(shown, url_for(".submit", ticket=ticket))


@blueprint.post("/guest/readings/<string:ticket>")
def submit(ticket: str) -> Response:
    """Take the reading, or show what is wrong."""
    form = RegistersForm()
    try:
        receipt = readings.submit_as_guest(
            ticket,
            form.typed,
            key=form.sure_key,
            month=form.said_month,
            actor=identity.actor(),
            pepper=_pepper(),
            now=moment.now(),
        )
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.CONFLICT)
    except REFUSALS as error:
        action = url_for(".submit", ticket=ticket)
        return _refused(form, _shown(ticket), action, error)
    if htmx.wants_fragment():
        return _taken(_received(receipt))
    return htmx.go(url_for(".taken", receipt=receipt))


@blueprint.get("/guest/readings/taken/<string:receipt>")
def taken(receipt: str) -> Response:
    """Show what was taken, for half an hour."""
    try:
        return _taken(_received(receipt))
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.GONE)


def _shown(ticket: str) -> QuietForm:
    return readings.guest_form(ticket, pepper=_pepper(), now=moment.now())


def _received(receipt: str) -> QuietTaken:
    return readings.guest_taken(receipt, pepper=_pepper(), now=moment.now())


def _pepper() -> str:
    return str(current_app.secret_key)


def _start_again(status: HTTPStatus) -> Response:
    """Ask once more who is too late, or came with a ticket that is not ours."""
    form = PairForm(formdata=None)
    return _page(status, stage="start", form=form, has_ended=True)


def _form(shown: QuietForm, action: str) -> Response:
    form = RegistersForm.blank(shown.reading.meter)
    return _page(stage="form", shown=shown, form=form, action=action)


def _refused(
    form: RegistersForm, shown: QuietForm, action: str, error: ValueError
) -> Response:
    """Show the form again with what is wrong (422) or what has changed (409)."""
    meter = shown.reading.meter
    status = HTTPStatus.CONFLICT
    form.take_over(form.typed)
    form.name_zones(meter)
    if isinstance(error, NotAReadingError) and meter is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        form.blame(error.faults, meter)
    return _page(
        status,
        stage="form",
        shown=shown,
        form=form,
        action=action,
        has_moved=isinstance(error, readings.MonthChangedError),
    )


def _taken(received: QuietTaken) -> Response:
    return _page(stage="taken", taken=received)


def _page(status: HTTPStatus = HTTPStatus.OK, **context: Any) -> Response:
    return htmx.render(
        "guest/show.html",
        fragment="guest/_guest_reading.html",
        title=TITLE,
        status=status,
        **context,
    )
