"""Регистрации: a specialist opens, refuses, takes back, prints a card."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for

from cabinet.forms.registration import CounterForm, DecisionForm, digits_of
from cabinet.services import registration
from cabinet.web import htmx, identity, moment
from cabinet.web.identity import staff_required
from cabinet.web.letters import registration_links
from cabinet.web.network import public_url

blueprint = Blueprint(
    "staff_registrations", __name__, url_prefix="/staff/registrations"
)

TOO_LATE = "Эту заявку уже решил другой специалист, или время отмены вышло"
CANNOT_OPEN = "Открыть нельзя: нет такого счёта, или почта занята сотрудником"
NO_REASON = "Выберите причину отказа"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the requests that wait, oldest first, and what can be taken back."""
    return _queue()


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show one request beside the contract; every look is in the log."""
    return make_response(
        render_template(
            "staff/registrations/show.html",
            title="Заявка и договор",
            card=registration.request_card(
                identity.member(),
                public_id,
                actor=identity.actor(),
                pepper=identity.pepper(),
                now=moment.now(),
            ),
            form=DecisionForm(formdata=None),
        )
    )


@blueprint.post("/<uuid:public_id>/open")
@staff_required()
def open_request(public_id: UUID) -> Response:
    """Open the account to whoever asked."""
    typed = DecisionForm()
    try:
        registration.open_request(
            identity.member(),
            public_id,
            typed.seen_version,
            links=registration_links(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except registration.AlreadyDecidedError:
        return _queue(HTTPStatus.CONFLICT, fault=TOO_LATE)
    except registration.CannotOpenError:
        return _queue(HTTPStatus.CONFLICT, fault=CANNOT_OPEN)
    return _changed()


@blueprint.post("/<uuid:public_id>/refuse")
@staff_required()
def refuse(public_id: UUID) -> Response:
    """Refuse the request for one of the reasons."""
    typed = DecisionForm()
    reason = typed.refusal
    if reason is None:
        return _queue(HTTPStatus.UNPROCESSABLE_ENTITY, fault=NO_REASON)
    try:
        registration.refuse(
            identity.member(),
            public_id,
            typed.seen_version,
            reason,
            links=registration_links(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except registration.AlreadyDecidedError:
        return _queue(HTTPStatus.CONFLICT, fault=TOO_LATE)
    return _changed()


@blueprint.post("/<uuid:public_id>/undo")
@staff_required()
def undo(public_id: UUID) -> Response:
    """Take a decision back while nobody has heard of it."""
    try:
        registration.take_back(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except registration.AlreadyDecidedError:
        return _queue(HTTPStatus.CONFLICT, fault=TOO_LATE)
    return _changed()


@blueprint.get("/counter")
@staff_required()
def counter() -> Response:
    """Ask for the account of whoever stands at the counter."""
    blank = CounterForm(formdata=None, account=request.args.get("account", "")[:40])
    blank.make_key()
    return _counter(blank)


@blueprint.post("/counter")
@staff_required()
def open_at_counter() -> Response:
    """Open a cabinet without e-mail, or replace its card, and show the card to print."""
    typed = CounterForm()
    if not typed.validate_on_submit():
        return _counter(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    number = digits_of(typed.account.data)
    try:
        if typed.is_same_person:
            card = registration.replace_card(
                identity.member(),
                number,
                links=registration_links(),
                actor=identity.actor(),
                now=moment.now(),
            )
        else:
            card = registration.open_at_counter(
                identity.member(),
                number,
                key=typed.sure_key,
                links=registration_links(),
                actor=identity.actor(),
                now=moment.now(),
            )
    except registration.HasCardlessOwnerError:
        typed.account.errors = ["По этому счёту кабинет без почты уже открыт"]
        return _counter(typed, HTTPStatus.CONFLICT, has_owner=True)
    except registration.CounterAccountNotFoundError:
        typed.account.errors = ["В ваших отделениях нет такого лицевого счёта"]
        return _counter(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except registration.AlreadyDecidedError:
        typed.account.errors = ["По этой карточке пароль уже задан"]
        return _counter(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _card(card)


@blueprint.post("/<uuid:public_id>/card")
@staff_required()
def card_again(public_id: UUID) -> Response:
    """Print another card; the one before is void."""
    try:
        card = registration.new_card(
            identity.member(), public_id, actor=identity.actor(), now=moment.now()
        )
    except registration.AlreadyDecidedError:
        return _queue(HTTPStatus.CONFLICT, fault="По этой карточке пароль уже задан")
    return _card(card)


def _changed() -> Response:
    if htmx.wants_fragment():
        return _queue()
    # Straight to what waits, past what was decided: also for who has no mouse.
    return htmx.go(url_for(".index", _anchor="waiting"))


def _queue(status: int = HTTPStatus.OK, *, fault: str = "") -> Response:
    return htmx.render(
        "staff/registrations/index.html",
        fragment="staff/registrations/_request_queue.html",
        title="Регистрации",
        status=status,
        queue=registration.request_queue(
            identity.member(), actor=identity.actor(), now=moment.now()
        ),
        form=DecisionForm(formdata=None),
        fault=fault,
    )


def _counter(
    typed: CounterForm, status: int = HTTPStatus.OK, *, has_owner: bool = False
) -> Response:
    title = "Открыть кабинет в отделении"
    is_wrong = status != HTTPStatus.OK
    return make_response(
        render_template(
            "staff/registrations/counter.html",
            title=title,
            tab=f"Ошибка: {title}" if is_wrong else title,
            form=typed,
            has_owner=has_owner,
        ),
        status,
    )


def _card(card: registration.Card) -> Response:
    return make_response(
        render_template(
            "staff/registrations/card.html",
            title="Карточка для входа",
            card=card,
            page=public_url(url_for("registration.card")),
        )
    )
