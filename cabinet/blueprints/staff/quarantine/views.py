"""Карантин загрузок: a row is given its account, or left out with a reason."""

from http import HTTPStatus

from flask import Blueprint, Response, url_for

from cabinet.forms.refunds import AccountForm, WhyForm
from cabinet.services.importing import quarantine
from cabinet.services.importing.undoing import StandsOnError
from cabinet.web import htmx, identity, load_words, moment
from cabinet.web.identity import staff_required, sure_required

blueprint = Blueprint("staff_quarantine", __name__, url_prefix="/staff/quarantine")

TITLE = "Карантин загрузок"
GONE = "Эту строку уже разобрали, или её загрузку отменили"
LATE = "Отменить уже нельзя: прошло больше десяти минут, или загрузку отменили"
STANDS = "Отменить нельзя, на строке уже стоит другое:"
NO_ACCOUNT = "В ваших филиалах такого лицевого счёта нет"


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Show the rows that wait."""
    return _page()


@blueprint.post("/<int:row_id>/give")
@staff_required()
@sure_required
def give(row_id: int) -> Response:
    """Take the row as if it had named the account."""
    form = AccountForm()
    typed = form.account.data or ""
    if not form.validate_on_submit():
        return _wrong(row_id, str(form.account.errors[0]), typed)
    try:
        quarantine.give(
            identity.member(),
            row_id,
            form.digits,
            actor=identity.actor(),
            now=moment.now(),
        )
    except quarantine.NoAccountError:
        return _wrong(row_id, NO_ACCOUNT, typed)
    except quarantine.RowUnfitError as error:
        return _wrong(row_id, f"Строка не подошла: {error.reason}", typed)
    except quarantine.RowGoneError:
        return _page(HTTPStatus.CONFLICT, fault=GONE)
    return htmx.go(url_for(".index"))


@blueprint.post("/<int:row_id>/set-aside")
@staff_required()
def set_aside(row_id: int) -> Response:
    """Leave the row out."""
    form = WhyForm()
    if not form.validate_on_submit():
        return _wrong(row_id, str(form.why.errors[0]), "", is_aside=True)
    try:
        quarantine.set_aside(
            identity.member(),
            row_id,
            form.why.data or "",
            actor=identity.actor(),
            now=moment.now(),
        )
    except quarantine.RowGoneError:
        return _page(HTTPStatus.CONFLICT, fault=GONE)
    return htmx.go(url_for(".index"))


@blueprint.post("/<int:row_id>/take-back")
@staff_required()
def take_back(row_id: int) -> Response:
    """Let a row wait again that was left out, or given its account, by mistake."""
    try:
        quarantine.take_back(
            identity.member(), row_id, actor=identity.actor(), now=moment.now()
        )
    except StandsOnError as error:
        return _page(HTTPStatus.CONFLICT, fault=STANDS, stands=error.said)
    except quarantine.RowGoneError:
        return _page(HTTPStatus.CONFLICT, fault=LATE)
    return htmx.go(url_for(".index"))


def _wrong(row_id: int, fault: str, typed: str, *, is_aside: bool = False) -> Response:
    return _page(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        fault=fault,
        wrong=row_id,
        typed=typed,
        is_aside=is_aside,
    )


def _page(
    status: int = HTTPStatus.OK,
    *,
    fault: str = "",
    stands: tuple[str, ...] = (),
    wrong: int | None = None,
    typed: str = "",
    is_aside: bool = False,
) -> Response:
    return htmx.page(
        "staff/quarantine/index.html",
        title=TITLE,
        status=status,
        found=quarantine.waiting(
            identity.member(), actor=identity.actor(), now=moment.now()
        ),
        fault=fault,
        stands=stands,
        wrong=wrong,
        typed=typed,
        is_aside=is_aside,
        is_sure=identity.is_sure(),
        words=load_words,
    )
