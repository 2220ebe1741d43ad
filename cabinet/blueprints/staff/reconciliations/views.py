"""Сверка: days of shops, the differences of one, and what is done about each."""

from datetime import date, datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, url_for

from cabinet.exchange.acquirer import Register, read_register
from cabinet.exchange.faults import UnusableFile
from cabinet.forms.refunds import AccountForm, RegisterForm, WhyForm
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.services.payments import differences, refunding, runs
from cabinet.services.payments.moving import PaymentNotFoundError
from cabinet.services.payments.reconciling import MOSCOW
from cabinet.web import bank, htmx, identity, moment, payment_words
from cabinet.web.filters import money, short_date
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint(
    "staff_reconciliations", __name__, url_prefix="/staff/reconciliations"
)

TITLE = "Сверка с банком"
CLOSED = "Это расхождение уже закрыл другой специалист"
NOT_SO = "Банк сейчас отвечает иначе, чем в сверке. Сверьте день заново"
BANK_SILENT = "Банк не ответил. Попробуйте через несколько минут"
NO_ACCOUNT = "В филиалах этого магазина нет такого лицевого счёта"
NO_SHARE = "В платеже нет доли этого лицевого счёта"
NO_SHOP = "Выберите магазин"
TOO_LATE: dict[type[Exception], str] = {
    differences.ClosedError: CLOSED,
    differences.NotSoError: NOT_SO,
    UnclearError: BANK_SILENT,
}
FUTURE = "Этот день ещё не наступил"
NO_ROWS = "В файле нет ни одной строки, которую можно прочитать"
MOST_FAULTS = 20


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the days of the shops, and take a register as a file."""
    return _days(RegisterForm(formdata=None))


@blueprint.post("/file")
@staff_required()
def take_file() -> Response:
    """Compare a day with the bank's file."""
    typed = RegisterForm()
    is_valid = typed.validate_on_submit()
    now = moment.now()
    if typed.day.data and typed.day.data > _today(now):
        typed.day.errors = [FUTURE]
        is_valid = False
    if not is_valid:
        return _days(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    file = typed.register.data
    try:
        register = read_register(file.filename or "реестр", file.stream)
    except UnusableFile as error:
        typed.register.errors = [f"Файл не прочитан: {error.reason}"]
        return _days(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    if register.faults or not register.rows:
        typed.register.errors = [
            "Файл не принят, в нём ошибки" if register.faults else NO_ROWS
        ]
        return _days(typed, HTTPStatus.UNPROCESSABLE_ENTITY, register=register)
    try:
        made = runs.reconcile_file(
            identity.member(),
            typed.shop.data or "",
            typed.day.data,
            register.rows,
            bank.shops(),
            actor=identity.actor(),
            now=now,
        )
    except PaymentNotFoundError:
        typed.shop.errors = [NO_SHOP]
        return _days(typed, HTTPStatus.UNPROCESSABLE_ENTITY)
    except (UnclearError, RefusedError):
        return _days(typed, HTTPStatus.CONFLICT, fault=BANK_SILENT)
    return htmx.go(url_for(".show", public_id=made))


@blueprint.get("/<uuid:public_id>")
@staff_required()
def show(public_id: UUID) -> Response:
    """Show the differences of one day."""
    return _card(public_id)


@blueprint.post("/<uuid:public_id>/items/<int:item>/close")
@staff_required()
def close(public_id: UUID, item: int) -> Response:
    """Close a difference with a remark."""
    typed = WhyForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, item, str(typed.why.errors[0]), typed.why.data)
    try:
        differences.close_difference(
            identity.member(),
            differences.Which(run=public_id, item=item),
            typed.why.data,
            bank.shops(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except differences.ClosedError:
        return _card(public_id, HTTPStatus.CONFLICT, fault=CLOSED)
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/items/<int:item>/attach")
@staff_required()
@sure_required
def attach(public_id: UUID, item: int) -> Response:
    """Put money only the bank knows of on an account."""
    typed = AccountForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, item, str(typed.account.errors[0]), typed.account.data)
    try:
        differences.attach(
            identity.member(),
            differences.Which(run=public_id, item=item),
            typed.digits,
            bank.shops(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except differences.NoAccountError:
        return _wrong(public_id, item, NO_ACCOUNT, typed.account.data)
    except tuple(TOO_LATE) as error:
        return _card(public_id, HTTPStatus.CONFLICT, fault=TOO_LATE[type(error)])
    return htmx.go(url_for(".show", public_id=public_id))


@blueprint.post("/<uuid:public_id>/items/<int:item>/return")
@staff_required()
@sure_required
def note_return(public_id: UUID, item: int) -> Response:
    """Write down what was given back in the bank's own cabinet."""
    typed = AccountForm()
    if not typed.validate_on_submit():
        return _wrong(public_id, item, str(typed.account.errors[0]), typed.account.data)
    try:
        differences.note_return(
            identity.member(),
            differences.Which(run=public_id, item=item),
            typed.digits,
            bank.shops(),
            actor=identity.actor(),
            now=moment.now(),
        )
    except refunding.NoShareError:
        return _wrong(public_id, item, NO_SHARE, typed.account.data)
    except refunding.TooMuchError as error:
        fault = f"С этого счёта можно вернуть не больше {money(error.most)} ₽"
        return _wrong(public_id, item, fault, typed.account.data)
    except tuple(TOO_LATE) as error:
        return _card(public_id, HTTPStatus.CONFLICT, fault=TOO_LATE[type(error)])
    return htmx.go(url_for(".show", public_id=public_id))


def _today(now: datetime) -> date:
    return now.astimezone(MOSCOW).date()


def _days(
    typed: RegisterForm,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    register: Register | None = None,
) -> Response:
    found = runs.days(
        identity.member(),
        bank.shops(),
        today=_today(moment.now()),
        actor=identity.actor(),
        now=moment.now(),
    )
    typed.shop.choices = [(name, name) for name in found.shops]
    return htmx.page(
        "staff/reconciliations/index.html",
        title=TITLE,
        status=status,
        found=found,
        form=typed,
        fault=fault,
        faults=register.faults[:MOST_FAULTS] if register else (),
        words=payment_words,
    )


def _wrong(public_id: UUID, item: int, fault: str, typed: str | None) -> Response:
    return _card(
        public_id,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        fault=fault,
        item=item,
        typed=typed or "",
    )


def _card(
    public_id: UUID,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    item: int | None = None,
    typed: str = "",
) -> Response:
    card = runs.run_card(
        identity.member(),
        public_id,
        bank.shops(),
        actor=identity.actor(),
        now=moment.now(),
    )
    title = f"Сверка за {short_date(card.run.day)}"
    return htmx.page(
        "staff/reconciliations/show.html",
        title=title,
        status=status,
        card=card,
        fault=fault,
        wrong=item,
        typed=typed,
        words=payment_words,
        is_sure=identity.is_sure(),
    )
