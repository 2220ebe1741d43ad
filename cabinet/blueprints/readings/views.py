"""Передать показания."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    request,
    url_for,
)
from flask_login import current_user

from cabinet.domain.errors import NotFound
from cabinet.domain.readings import REVIEWS, NotAReadingError, NotARegisterError
from cabinet.domain.tariff import Zone
from cabinet.exchange.photo import (
    NotAPhotoError,
    Photo,
    PhotoTooLargeError,
    clean_photo,
)
from cabinet.forms.readings import RegistersForm, Said, SaidRegisters
from cabinet.forms.usability import Scale
from cabinet.pdf.render import PdfError, pdf
from cabinet.services import account_log, limits, readings, usability
from cabinet.services.access import AccountCard
from cabinet.services.readings import Confirmation
from cabinet.services.usability import Whose
from cabinet.web import htmx, identity, moment
from cabinet.web.attachments import attached
from cabinet.web.identity import Identity
from cabinet.web.network import public_url

log = logging.getLogger(__name__)

blueprint = Blueprint("readings", __name__, url_prefix="/readings")

TITLE = "Передать показания"

#: What a customer can cause, and is shown a way out of.
REFUSALS = (
    NotAPhotoError,
    NotAReadingError,
    readings.MeterClosedError,
    readings.MonthChangedError,
    readings.ReadingAskedError,
)

NOT_A_PHOTO = "Это не фото. Подойдёт снимок JPEG, PNG или WebP"
PHOTO_TOO_LARGE = "Фото слишком большое. Выберите до 10 МБ или отправьте без фото"
PROOF_MISSING = "Приложите фото счётчика или напишите, почему расход такой большой"


@blueprint.get("")
@identity.account_required
def show() -> Response:
    """Show the form of the account's meter."""
    shown = readings.reading_form(
        current_user.user_id,
        current_user.account.account_id,
        request.args.get("meter", type=UUID),
        now=moment.now(),
    )
    account_log.note_guest(
        shown.account, "readings.opened", actor=identity.actor(), now=moment.now()
    )
    return _page(reading=shown, form=RegistersForm.blank(shown.meter))


@blueprint.post("")
@identity.account_required
def submit() -> Response:
    """Take the reading, or show what is wrong or what is asked."""
    said, who = SaidRegisters(), identity.customer()
    card = _account_of(said, who)
    if card != who.account and not said.word("switched"):
        return _again(RegistersForm(), card, HTTPStatus.CONFLICT, stage="switched")
    try:
        taken = _submit(said, card, who.user_id)
    except REFUSALS as error:
        return _refused(RegistersForm(), card, error)
    return _done(taken) if htmx.wants_fragment() else _to(taken)


@blueprint.get("/<uuid:public_id>")
@identity.account_required
def confirmation(public_id: UUID) -> Response:
    """Show what was taken, now and later."""
    return _done(
        readings.get_confirmation(current_user.user_id, public_id, now=moment.now())
    )


@blueprint.post("/<uuid:public_id>/mail")
@identity.account_required
def mail(public_id: UUID) -> Response:
    """Send the confirmation to the reader's own address."""
    taken = readings.mail_confirmation(
        current_user.user_id,
        public_id,
        link=public_url(url_for(".confirmation", public_id=public_id)),
        actor=identity.actor(),
        now=moment.now(),
    )
    return _done(taken) if htmx.wants_fragment() else _to(taken)


@blueprint.get("/<uuid:public_id>.pdf")
@identity.account_required
def document(public_id: UUID) -> Response:
    """Give the confirmation as a page to print."""
    taken = readings.get_confirmation(current_user.user_id, public_id, now=moment.now())
    limits.spend(
        limits.PDF_HOUR,
        f"user:{current_user.user_id}",
        pepper=identity.pepper(),
        now=moment.now(),
    )
    try:
        body = pdf(
            "pdf/reading_confirmation.html",
            title=f"Подтверждение {taken.number}",
            taken=taken,
        )
    except PdfError as error:
        log.exception("no pdf", extra={"reading": public_id, "why": error.messages})
        return _done(taken, HTTPStatus.SERVICE_UNAVAILABLE, is_pdf_broken=True)
    return attached(
        body,
        name=f"Подтверждение {taken.number}.pdf",
        plain_name=f"{taken.number}.pdf",
        media_type="application/pdf",
    )


def _submit(said: SaidRegisters, card: AccountCard, user_id: int) -> Confirmation:
    return readings.submit_reading(
        user_id,
        card.account_id,
        _meter_of(said),
        said.corrected,
        key=said.sure_key,
        month=said.said_month,
        answers=said.answers,
        comment=said.remark,
        photo=_photo(said),
        actor=identity.actor(),
        pepper=identity.pepper(),
        now=moment.now(),
    )


def _refused(form: RegistersForm, card: AccountCard, error: ValueError) -> Response:
    """Show the form again with what is wrong (422) or what is asked (409)."""
    status = HTTPStatus.CONFLICT
    more: dict[str, Any] = {}
    match error:
        case NotAReadingError():
            status, more = HTTPStatus.UNPROCESSABLE_ENTITY, {"faults": error.faults}
        case NotAPhotoError():
            status, more = (
                HTTPStatus.UNPROCESSABLE_ENTITY,
                _bad_photo(form, card, error),
            )
        case readings.ProofMissingError():
            form.photo.errors = [PROOF_MISSING]
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            more = {"stage": "asked", "preview": error.preview}
        case readings.ReadingAskedError():
            more = {"stage": "asked", "preview": error.preview}
        case readings.MonthChangedError():
            more = {"stage": "moved"}
    return _again(form, card, status, **more)


def _account_of(said: Said, who: Identity) -> AccountCard:
    """Return the account the form was made for; somebody else's is not found."""
    slug = said.word("account")
    for card in who.accounts:
        if card.slug == slug:
            return card
    raise NotFound(slug)


def _meter_of(said: Said) -> UUID:
    meter_id = said.meter_id
    if meter_id is None:
        raise NotFound(said.word("meter"))
    return meter_id


def _photo(said: SaidRegisters) -> Photo | None:
    sent = said.photo
    data = sent.read() if sent else b""
    if not data:
        return None
    # Decoding is the dearest thing a form can ask for, whatever becomes of the reading.
    limits.spend(
        limits.PHOTO_HOUR,
        f"user:{current_user.user_id}",
        pepper=identity.pepper(),
        now=moment.now(),
    )
    return clean_photo(data)


def _to(taken: Confirmation) -> Response:
    url = url_for(".confirmation", public_id=taken.public_id)
    return make_response(redirect(url, HTTPStatus.SEE_OTHER))


def _done(
    taken: Confirmation,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    is_pdf_broken: bool = False,
) -> Response:
    whose = Whose.customer(identity.customer().user_id, taken.account)
    scale = Scale.asking(
        url_for("usability.tell"), usability.standing(whose, now=moment.now())
    )
    return _page(
        status, stage="done", taken=taken, scale=scale, is_pdf_broken=is_pdf_broken
    )


def _bad_photo(
    form: RegistersForm, card: AccountCard, error: NotAPhotoError
) -> dict[str, Any]:
    """Say what is wrong with the photo beside the question it belongs to."""
    is_large = isinstance(error, PhotoTooLargeError)
    form.photo.errors = [PHOTO_TOO_LARGE if is_large else NOT_A_PHOTO]
    try:
        preview = readings.preview_reading(
            current_user.user_id,
            card.account_id,
            _meter_of(form),
            form.corrected,
            answers=form.answers - set(REVIEWS),
            now=moment.now(),
        )
    except NotAReadingError as fault:
        return {"faults": fault.faults}
    return {} if preview is None else {"stage": "asked", "preview": preview}


def _again(
    form: RegistersForm,
    card: AccountCard,
    status: HTTPStatus,
    *,
    stage: str = "form",
    faults: Mapping[Zone, NotARegisterError] | None = None,
    **context: object,
) -> Response:
    """Show the form with what was typed, and what is wrong or asked."""
    shown = readings.reading_form(
        current_user.user_id, card.account_id, _meter_of(form), now=moment.now()
    )
    form.take_over(form.corrected)
    form.name_zones(shown.meter)
    if faults and shown.meter:
        form.blame(faults, shown.meter)
    return _page(status, stage=stage, reading=shown, form=form, **context)


def _page(status: HTTPStatus = HTTPStatus.OK, **context: object) -> Response:
    return htmx.render(
        "readings/show.html",
        fragment="readings/_reading.html",
        title=TITLE,
        status=status,
        is_correcting=True,
        **context,
    )
