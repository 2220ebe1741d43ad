"""Регистрация: the request, the code, where it stands, «это не я», the card."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, url_for
from flask_login import current_user

from cabinet.domain.errors import NotFound
from cabinet.domain.mailbox import read_mailbox
from cabinet.domain.registration import RegistrationState
from cabinet.forms.registration import (
    AddAccountForm,
    CardForm,
    CodeForm,
    RegistrationForm,
    StateForm,
    digits_of,
)
from cabinet.services import registration
from cabinet.services.limits import TooManyAttemptsError
from cabinet.web import htmx, identity, moment
from cabinet.web.letters import registration_links
from cabinet.web.network import network

blueprint = Blueprint("registration", __name__, url_prefix="/registration")

NOT_FOUND = "Не нашли такую заявку. Проверьте номер и почту: они в письме с кодом"
CODE_SPENT = "Этот код больше не подходит. Нажмите «Прислать новый код»"
WRONG_CARD = "Карточка с таким счётом и кодом не подходит. Проверьте цифры или возьмите новую в отделении"


@blueprint.get("")
def form() -> Response:
    """Show what is needed and where on the receipt to find it."""
    if _is_staff():
        return htmx.go(url_for("home.index"))
    blank = _form_class()(formdata=None)
    blank.make_key()
    return _form_page(blank)


@blueprint.post("")
def send() -> Response:
    """Write the request down; the answer is the same whatever of it fits."""
    if _is_staff():
        return htmx.go(url_for("home.index"))
    filled = _form_class()()
    offer = registration.offer(day=moment.today())
    if offer is None:
        return _form_page(filled, HTTPStatus.SERVICE_UNAVAILABLE)
    filled.offer_branches([(each.code, each.name) for each in offer.branches])
    if not filled.validate_on_submit():
        return _form_page(filled, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        asked = registration.ask(
            _wish(filled),
            address=network(),
            links=registration_links(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TooManyAttemptsError as error:
        return _form_page(filled, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    return htmx.go(url_for(".show", public_id=asked.public_id))


@blueprint.get("/<uuid:public_id>")
def show(public_id: UUID) -> Response:
    """Ask for the code, or tell where the request stands."""
    asked = registration.get_asked(public_id, now=moment.now())
    return _request_page(asked, CodeForm(formdata=None))


@blueprint.post("/<uuid:public_id>")
def confirm(public_id: UUID) -> Response:
    """Take the code from the letter."""
    typed = CodeForm()
    if not typed.validate_on_submit():
        asked = registration.get_asked(public_id, now=moment.now())
        return _request_page(asked, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        asked = registration.confirm(
            public_id,
            digits_of(typed.code.data),
            links=registration_links(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except registration.WrongCodeError as error:
        typed.code.errors = [_wrong_code(error.tries_left)]
        asked = registration.get_asked(public_id, now=moment.now())
        return _request_page(asked, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _changed(asked)


@blueprint.post("/<uuid:public_id>/code")
def code_again(public_id: UUID) -> Response:
    """Send a new code."""
    try:
        asked = registration.send_code_again(
            public_id,
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except TooManyAttemptsError as error:
        return _request_page(
            registration.get_asked(public_id, now=moment.now()),
            CodeForm(formdata=None),
            HTTPStatus.TOO_MANY_REQUESTS,
            again_at=error.again_at,
        )
    return _changed(asked)


@blueprint.get("/state")
def state() -> Response:
    """Ask which request is meant."""
    return _state_page(StateForm(formdata=None))


@blueprint.post("/state")
def find_state() -> Response:
    """Lead to the request of the number and the e-mail."""
    typed = StateForm()
    if not typed.validate_on_submit():
        return _state_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        asked = registration.find_state(
            digits_of(typed.number.data),
            read_mailbox(typed.email.data or "") or "",
            address=network(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except registration.RequestNotFoundError:
        typed.number.errors = [NOT_FOUND]
        return _state_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except TooManyAttemptsError as error:
        return _state_page(typed, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    return htmx.go(url_for(".show", public_id=asked.public_id))


@blueprint.get("/not-me/<string:secret>")
def not_me(secret: str) -> Response:
    """Ask whether the new person is a stranger; looking changes nothing."""
    try:
        about = registration.look_at_dispute(secret, now=moment.now())
    except NotFound:
        return _not_me_page(secret, "old", HTTPStatus.GONE)
    return _not_me_page(secret, "ask", about=about)


@blueprint.post("/not-me/<string:secret>")
def say_not_me(secret: str) -> Response:
    """Close the new person's access until a specialist has looked."""
    try:
        about = registration.dispute(secret, actor=identity.actor(), now=moment.now())
    except NotFound:
        # htmx shows no part of an answer with 410.
        return _not_me_page(secret, "old", HTTPStatus.CONFLICT)
    return _not_me_page(secret, "done", about=about)


@blueprint.get("/card")
def card() -> Response:
    """Ask for what stands on a card from the counter."""
    return _card_page(CardForm(formdata=None))


@blueprint.post("/card")
def use_card() -> Response:
    """Take the card's code and lead to setting a password."""
    typed = CardForm()
    if not typed.validate_on_submit():
        return _card_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        secret = registration.use_card(
            digits_of(typed.account.data),
            digits_of(typed.code.data),
            address=network(),
            actor=identity.actor(),
            pepper=identity.pepper(),
            now=moment.now(),
        )
    except registration.WrongCardError:
        typed.code.errors = [WRONG_CARD]
        return _card_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except TooManyAttemptsError as error:
        return _card_page(typed, HTTPStatus.TOO_MANY_REQUESTS, again_at=error.again_at)
    return htmx.go(url_for("password.choose", secret=secret))


def _is_staff() -> bool:
    return bool(current_user.is_authenticated and current_user.role.is_staff)


def _form_class() -> type[AddAccountForm]:
    return AddAccountForm if current_user.is_authenticated else RegistrationForm


def _wish(filled: AddAccountForm) -> registration.Wish:
    is_new = isinstance(filled, RegistrationForm)
    return registration.Wish(
        key=filled.sure_key,
        branch=filled.branch.data,
        account_number=digits_of(filled.account.data),
        amount=filled.sum if (filled.amount.data or "").strip() else None,
        receipt_code=digits_of(filled.receipt_code.data),
        email=(read_mailbox(filled.email.data) if is_new else current_user.email) or "",
        wants_letters=bool(is_new and filled.letters.data),
        user_id=None if is_new else current_user.user_id,
    )


def _wrong_code(tries_left: int) -> str:
    if tries_left == 0:
        return CODE_SPENT
    return "Код не подходит. Проверьте цифры в последнем письме"


def _changed(asked: registration.Asked) -> Response:
    if htmx.wants_fragment():
        return _request_page(asked, CodeForm(formdata=None), is_fresh=True)
    return htmx.go(url_for(".show", public_id=asked.public_id))


def _form_page(
    filled: AddAccountForm,
    status: int = HTTPStatus.OK,
    *,
    again_at: object = None,
) -> Response:
    offer = registration.offer(day=moment.today())
    if offer is not None:
        filled.offer_branches([(each.code, each.name) for each in offer.branches])
    is_new = isinstance(filled, RegistrationForm)
    return htmx.render(
        "registration/form.html",
        fragment="registration/_registration_form.html",
        title="Регистрация" if is_new else "Добавить лицевой счёт",
        status=status,
        form=filled,
        offer=offer,
        is_new=is_new,
        again_at=again_at,
    )


def _request_page(
    asked: registration.Asked,
    typed: CodeForm,
    status: int = HTTPStatus.OK,
    *,
    again_at: object = None,
    is_fresh: bool = False,
) -> Response:
    is_draft = asked.state is RegistrationState.DRAFT
    return htmx.render(
        "registration/request.html",
        fragment="registration/_registration_request.html",
        title="Код из письма" if is_draft else f"Заявка {asked.number}",
        status=status,
        asked=asked,
        form=typed,
        again_at=again_at,
        is_fresh=is_fresh,
    )


def _state_page(
    typed: StateForm, status: int = HTTPStatus.OK, *, again_at: object = None
) -> Response:
    return htmx.render(
        "registration/state.html",
        fragment="registration/_registration_state.html",
        title="Где моя заявка",
        status=status,
        form=typed,
        again_at=again_at,
    )


def _not_me_page(
    secret: str,
    stage: str,
    status: int = HTTPStatus.OK,
    *,
    about: registration.Disputed | None = None,
) -> Response:
    return htmx.render(
        "registration/not_me.html",
        fragment="registration/_registration_not_me.html",
        title="Доступ к лицевому счёту",
        status=status,
        secret=secret,
        stage=stage,
        about=about,
    )


def _card_page(
    typed: CardForm, status: int = HTTPStatus.OK, *, again_at: object = None
) -> Response:
    return htmx.render(
        "registration/card.html",
        fragment="registration/_registration_card.html",
        title="Вход по карточке",
        status=status,
        form=typed,
        again_at=again_at,
    )
