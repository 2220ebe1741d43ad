"""Передать показания без входа."""

from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from cabinet.blueprints.guest import pages, reminders
from cabinet.forms.guest import PairForm
from cabinet.forms.readings import RegistersForm
from cabinet.services import readings
from cabinet.services.readings import QuietForm, QuietTaken
from cabinet.web import htmx, identity, moment, network

blueprint = Blueprint("guest", __name__)
blueprint.register_blueprint(reminders.blueprint)

NO_PAIR = "Не нашли такой счёт и счётчик. Проверьте оба номера"


@blueprint.get("/guest/readings")
def start() -> Response:
    """Ask for the account and the end of the meter's number; a receipt fills in one."""
    form = PairForm(formdata=None)
    form.number.data = request.args.get("account", "")[:40]
    return pages.page(stage="start", form=form)


@blueprint.post("/guest/readings")
def prove() -> Response:
    """Lead on to the meter's form, or say that there is no such pair."""
    form = PairForm()
    if not form.validate_on_submit():
        return pages.page(HTTPStatus.UNPROCESSABLE_ENTITY, stage="start", form=form)
    try:
        ticket = readings.prove_meter(
            form.number.data,
            form.digits.data,
            address=network.network(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except readings.WrongPairError:
        form.number.errors = [NO_PAIR]
        return pages.page(HTTPStatus.UNPROCESSABLE_ENTITY, stage="start", form=form)
    if htmx.wants_fragment():
        return pages.form_page(_shown(ticket), url_for(".submit", ticket=ticket))
    return htmx.go(url_for(".show", ticket=ticket))


@blueprint.get("/guest/readings/<string:ticket>")
def show(ticket: str) -> Response:
    """Show the form of the meter that was named."""
    try:
        shown = _shown(ticket)
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.GONE)
    return pages.form_page(shown, url_for(".submit", ticket=ticket))


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
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.CONFLICT)
    except pages.REFUSALS as error:
        action = url_for(".submit", ticket=ticket)
        return pages.refused_page(form, _shown(ticket), action, error)
    if htmx.wants_fragment():
        return pages.taken_page(_received(receipt))
    return htmx.go(url_for(".taken", receipt=receipt))


@blueprint.get("/guest/readings/taken/<string:receipt>")
def taken(receipt: str) -> Response:
    """Show what was taken, for half an hour."""
    try:
        return pages.taken_page(_received(receipt))
    except readings.TicketNotFoundError:
        return _start_again(HTTPStatus.GONE)


def _shown(ticket: str) -> QuietForm:
    return readings.guest_form(ticket, pepper=identity.pepper(), now=moment.now())


def _received(receipt: str) -> QuietTaken:
    return readings.guest_taken(receipt, pepper=identity.pepper(), now=moment.now())


def _start_again(status: HTTPStatus) -> Response:
    """Ask once more who is too late, or came with a ticket that is not ours."""
    form = PairForm(formdata=None)
    return pages.page(status, stage="start", form=form, has_ended=True)
