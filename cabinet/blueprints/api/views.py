"""/api/v1: accounts, meters, readings, balance, bills and payments for programs."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from cabinet.blueprints.api import openapi, shapes
from cabinet.blueprints.api.door import ANY, actor, card_of, cards, holder, key_required
from cabinet.blueprints.api.intake import MAX_BODY, NotUnderstood, Wish, read_wish
from cabinet.domain.keys import KeyScope
from cabinet.domain.metering import ReadingSource
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import MONTHS_IN_YEAR, Month, local_day
from cabinet.domain.readings import NotAReadingError
from cabinet.forms.history import PeriodForm
from cabinet.forms.readings import words_of
from cabinet.services import accounts as at_a_glance
from cabinet.services import readings
from cabinet.services.access import AccountCard
from cabinet.services.bills.months import bill_months
from cabinet.services.history import history
from cabinet.services.readings.shown import MeterForm
from cabinet.services.statement import statement
from cabinet.web import identity, json_answers, moment
from cabinet.web.json_answers import answer, failure
from cabinet.web.network import public_url

blueprint = Blueprint("api", __name__)

ROOT = "/api/v1"
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
#: Why a reading is not taken, in a sentence for whoever reads the program's log.
CLOSED = "Этот счётчик показаний не принимает"
MOVED = "Показание пойдёт в другой месяц. Проверьте и отправьте ещё раз"
ASKED = "Показание необычное. Ответьте на вопрос: пришлите его ещё раз с answers"
PROOF = "Напишите в comment, почему расход такой большой"

#: What a program can cause, and is told a way out of.
REFUSALS = (
    NotUnderstood,
    NotAReadingError,
    readings.MeterClosedError,
    readings.MonthChangedError,
    readings.ReadingAskedError,
)

SEES = AccessLevel.FULL


@blueprint.get(f"{ROOT}/openapi.json")
def document() -> Response:
    """Describe the door to programs."""
    identity.ask_no_more()
    response = answer(openapi.document(public_url("")))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get(f"{ROOT}/accounts")
@key_required(*ANY)
def accounts() -> Response:
    """Tell the accounts the key opens."""
    return answer({"accounts": [shapes.account(card) for card in cards()]})


@blueprint.get(f"{ROOT}/accounts/<string:slug>")
@key_required(*ANY)
def account(slug: str) -> Response:
    """Tell one account."""
    return answer(shapes.account(card_of(slug, "account")))


@blueprint.get(f"{ROOT}/accounts/<string:slug>/window")
@key_required(*ANY)
def window(slug: str) -> Response:
    """Tell when readings are taken."""
    card = card_of(slug, "window")
    return answer(shapes.window(card, local_day(moment.now(), card.zone)))


@blueprint.get(f"{ROOT}/accounts/<string:slug>/meters")
@key_required(*ANY)
def meters(slug: str) -> Response:
    """Tell the meters that take readings."""
    card = card_of(slug, "meters")
    first = _form(card)
    forms = [first.meter] if first.meter else []
    forms += [_meter(card, other.public_id) for other in first.others]
    return answer({"meters": [shapes.meter(form) for form in forms]})


@blueprint.get(f"{ROOT}/accounts/<string:slug>/readings")
@key_required(*ANY)
def past(slug: str) -> Response:
    """Tell the readings of a period."""
    card = card_of(slug, "readings", level=SEES)
    form = PeriodForm(_period())
    if not form.validate():
        return _no_period(form)
    found = history(
        holder().user_id, card.account_id, form.period, is_whole=True, now=moment.now()
    )
    return answer({"readings": shapes.readings(found)})


@blueprint.post(f"{ROOT}/accounts/<string:slug>/meters/<uuid:meter_id>/readings")
@key_required(KeyScope.SUBMIT)
def submit(slug: str, meter_id: UUID) -> Response:
    """Take a reading by the same checks as the form; 201, or what is wrong or asked."""
    card = card_of(slug, "submit")
    # A body that does not tell its length is read no further than one byte too many.
    request.max_content_length = MAX_BODY + 1
    body = request.get_data()
    if len(body) > MAX_BODY:
        return failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        wish = read_wish(body, request.headers.get("Idempotency-Key", ""))
        found = _submit(card, meter_id, wish)
    except REFUSALS as error:
        return _refused(card, meter_id, error)
    return answer(shapes.taken(found), HTTPStatus.CREATED)


@blueprint.get(f"{ROOT}/accounts/<string:slug>/balance")
@key_required(*ANY)
def balance(slug: str) -> Response:
    """Tell what is owed and the newest bill."""
    card = card_of(slug, "balance", level=SEES)
    found = at_a_glance.overview(holder().user_id, card.account_id, now=moment.now())
    return answer(shapes.balance(found))


@blueprint.get(f"{ROOT}/accounts/<string:slug>/bills")
@key_required(*ANY)
def bills(slug: str) -> Response:
    """Tell the months that have a bill."""
    card = card_of(slug, "bills", level=SEES)
    found = bill_months(holder().user_id, card.account_id, now=moment.now())
    return answer({"bills": shapes.bills(found.bills)})


@blueprint.get(f"{ROOT}/accounts/<string:slug>/payments")
@key_required(*ANY)
def payments(slug: str) -> Response:
    """Tell what changed the balance in a period: charges, payments and the rest."""
    card = card_of(slug, "payments", level=SEES)
    form = PeriodForm(_period())
    if not form.validate():
        return _no_period(form)
    found = statement(
        holder().user_id, card.account_id, form.period, is_whole=True, now=moment.now()
    )
    return answer(shapes.movements(found))


def _form(card: AccountCard, meter_id: UUID | None = None) -> Any:
    return readings.reading_form(
        holder().user_id, card.account_id, meter_id, now=moment.now()
    )


def _meter(card: AccountCard, meter_id: UUID) -> MeterForm:
    found: MeterForm = _form(card, meter_id).meter
    return found


def _submit(card: AccountCard, meter_id: UUID, wish: Wish) -> readings.Confirmation:
    return readings.submit_reading(
        holder().user_id,
        card.account_id,
        meter_id,
        wish.values,
        key=wish.key,
        month=wish.month,
        answers=wish.answers,
        comment=wish.comment,
        source=ReadingSource.PROGRAM,
        actor=actor(),
        pepper=identity.pepper(),
        now=moment.now(),
    )


def _refused(card: AccountCard, meter_id: UUID, error: ValueError) -> Response:
    """Say what is wrong with a reading (422) or what is asked about it (409)."""
    status = HTTPStatus.CONFLICT
    more: dict[str, Any] = {}
    code = message = ""
    match error:
        case NotUnderstood():
            status, code, more = (
                UNPROCESSABLE,
                "not_understood",
                {"fields": error.fields},
            )
        case NotAReadingError():
            fields = _faults(_meter(card, meter_id), error)
            status, code, more = UNPROCESSABLE, "not_a_reading", {"fields": fields}
        case readings.MeterClosedError():
            code, message = f"meter_{error.closed}", CLOSED
        case readings.MonthChangedError():
            code, message = "month_changed", MOVED
            more = {"month": shapes.month(error.now)}
        case readings.ProofMissingError():
            status, code, message = UNPROCESSABLE, "proof_missing", PROOF
            more = {"asked": shapes.question(error.preview)}
        case readings.ReadingAskedError():
            code, message = "asked", ASKED
            more = {"asked": shapes.question(error.preview)}
    return failure(status, code=code, message=message, **more)


def _faults(form: MeterForm, error: NotAReadingError) -> dict[str, str]:
    """Return what is wrong with each register, by its name."""
    return {
        f"t{field.number}": words_of(error.faults[field.zone], field.zone, form)
        for field in form.zones
        if field.zone in error.faults
    }


def _period() -> MultiDict[str, str]:
    """Return the period asked for as the pages name it; without one it is a year."""
    asked = {"first": request.args.get("from"), "last": request.args.get("to")}
    if not any(asked.values()):
        return MultiDict()
    today = moment.today().isoformat()
    year_ago = Month.of(moment.today()).plus(-MONTHS_IN_YEAR).starts.isoformat()
    return MultiDict(
        {"first": asked["first"] or year_ago, "last": asked["last"] or today}
    )


def _no_period(form: PeriodForm) -> Response:
    fields = {
        name: control.errors[0]
        for name, control in (("from", form.first), ("to", form.last))
        if control.errors
    }
    return json_answers.failure(UNPROCESSABLE, code="no_period", fields=fields)
