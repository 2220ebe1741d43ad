"""Rows that name no known account: each is given its account, or left out with a reason.

Платежи не распознаны and Карантин загрузок are two queues of one desk: money, and all else.
"""

from http import HTTPStatus

from flask import Blueprint, Response, g, url_for

from cabinet.domain.loads import RowQueue
from cabinet.forms.refunds import AccountForm, WhyForm
from cabinet.services.importing import quarantine
from cabinet.services.importing.undoing import StandsOnError
from cabinet.web import htmx, identity, load_words, moment
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_quarantine", __name__, url_prefix="/staff/quarantine")
money = Blueprint("staff_unrecognised", __name__, url_prefix="/staff/unrecognised")

TITLES = {
    RowQueue.MONEY: "Платежи не распознаны",
    RowQueue.REST: "Карантин загрузок",
}
ROOMS = {RowQueue.MONEY: money.name, RowQueue.REST: blueprint.name}
blueprints = (blueprint, money)
GONE = "Эту строку уже разобрали, или её загрузку отменили"
LATE = "Отменить уже нельзя: прошло больше десяти минут, или загрузку отменили"
STANDS = "Отменить нельзя, на строке уже стоит другое:"
NO_ACCOUNT = "В ваших филиалах такого лицевого счёта нет"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the rows that wait, but for those of money."""
    return _page(RowQueue.REST)


@money.get("", endpoint="index")
@staff_required()
def show_money() -> Response:
    """Show the payments of which nobody knows whose they are."""
    return _page(RowQueue.MONEY)


@blueprint.post("/<int:row_id>/give")
@staff_required()
@sure_required
def give(row_id: int) -> Response:
    """Take the row as if it had named the account."""
    queue = quarantine.queue_of(identity.member(), row_id)
    form = AccountForm()
    typed = form.account.data or ""
    if not form.validate_on_submit():
        return _wrong(queue, row_id, str(form.account.errors[0]), typed)
    try:
        quarantine.give(
            identity.member(),
            row_id,
            form.digits,
            actor=identity.actor(),
            now=moment.now(),
        )
    except quarantine.NoAccountError:
        return _wrong(queue, row_id, NO_ACCOUNT, typed)
    except quarantine.RowUnfitError as error:
        return _wrong(queue, row_id, f"Строка не подошла: {error.reason}", typed)
    except quarantine.RowGoneError:
        return _page(queue, HTTPStatus.CONFLICT, fault=GONE)
    return _back(queue)


@blueprint.post("/<int:row_id>/set-aside")
@staff_required()
def set_aside(row_id: int) -> Response:
    """Leave the row out."""
    queue = quarantine.queue_of(identity.member(), row_id)
    form = WhyForm()
    if not form.validate_on_submit():
        return _wrong(queue, row_id, str(form.why.errors[0]), "", is_aside=True)
    try:
        quarantine.set_aside(
            identity.member(),
            row_id,
            form.why.data or "",
            actor=identity.actor(),
            now=moment.now(),
        )
    except quarantine.RowGoneError:
        return _page(queue, HTTPStatus.CONFLICT, fault=GONE)
    return _back(queue)


@blueprint.post("/<int:row_id>/take-back")
@staff_required()
def take_back(row_id: int) -> Response:
    """Let a row wait again that was left out, or given its account, by mistake."""
    queue = quarantine.queue_of(identity.member(), row_id)
    try:
        quarantine.take_back(
            identity.member(), row_id, actor=identity.actor(), now=moment.now()
        )
    except StandsOnError as error:
        return _page(queue, HTTPStatus.CONFLICT, fault=STANDS, stands=error.said)
    except quarantine.RowGoneError:
        return _page(queue, HTTPStatus.CONFLICT, fault=LATE)
    return _back(queue)


def _back(queue: RowQueue) -> Response:
    return htmx.go(url_for(f"{ROOMS[queue]}.index"))


def _wrong(
    queue: RowQueue, row_id: int, fault: str, typed: str, *, is_aside: bool = False
) -> Response:
    return _page(
        queue,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        fault=fault,
        wrong=row_id,
        typed=typed,
        is_aside=is_aside,
    )


def _page(
    queue: RowQueue,
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    stands: tuple[str, ...] = (),
    wrong: int | None = None,
    typed: str = "",
    is_aside: bool = False,
) -> Response:
    g.section = ROOMS[queue]
    return htmx.page(
        "staff/quarantine/index.html",
        title=TITLES[queue],
        status=status,
        is_money=queue is RowQueue.MONEY,
        here=url_for(f"{ROOMS[queue]}.index"),
        found=quarantine.waiting(
            identity.member(), queue, actor=identity.actor(), now=moment.now()
        ),
        fault=fault,
        stands=stands,
        wrong=wrong,
        typed=typed,
        is_aside=is_aside,
        is_sure=identity.is_sure(),
        words=load_words,
    )
