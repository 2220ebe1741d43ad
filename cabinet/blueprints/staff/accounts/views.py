"""Лицевые счета: a specialist finds one and looks at all that its bills are made of."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request

from cabinet.domain.period import Month
from cabinet.domain.readings import NotAReadingError
from cabinet.forms.registration import digits_of, is_digits
from cabinet.forms.staff_accounts import NO_METER, WhatIfForm
from cabinet.services import account_card
from cabinet.services.account_card import Prospect, Wish
from cabinet.web import account_words, filters, identity, moment
from cabinet.web.identity import staff_required

blueprint = Blueprint("staff_accounts", __name__, url_prefix="/staff/accounts")

TITLE = "Лицевые счета"
MAX_TYPED = 40


@blueprint.get("")
@staff_required()
def index() -> Response:
    """Ask for a part of an account's number, and show the accounts that have it."""
    typed = request.args.get("number", "")[:MAX_TYPED]
    digits = digits_of(typed)
    is_number = is_digits(digits) and len(digits) >= account_card.LEAST_DIGITS
    found = None
    if is_number:
        found = account_card.find_accounts(
            identity.member(), digits, actor=identity.actor(), now=moment.now()
        )
    return make_response(
        render_template(
            "staff/accounts/index.html",
            title=TITLE,
            typed=typed,
            is_number=is_number,
            least=account_card.LEAST_DIGITS,
            found=found,
        )
    )


@blueprint.get("/<string:number>")
@staff_required()
def show(number: str) -> Response:
    """Show the card of an account; every look is in the log."""
    card = account_card.account_card(
        identity.member(), number, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/accounts/show.html",
            title=_title(card.number),
            card=card,
            words=account_words,
        )
    )


@blueprint.get("/<string:number>/bills/<month:month>")
@staff_required()
def bill(number: str, month: Month) -> Response:
    """Show one bill with every input it was made of; every look is in the log."""
    shown = account_card.bill_inputs(
        identity.member(), number, month, actor=identity.actor(), now=moment.now()
    )
    return make_response(
        render_template(
            "staff/accounts/bill.html",
            title=filters.receipt_title(month),
            shown=shown,
            receipt=shown.receipt,
            words=account_words,
        )
    )


@blueprint.get("/<string:number>/what-if")
@staff_required()
def what_if(number: str) -> Response:
    """Show the next bill beside the one it would be with something changed."""
    form = WhatIfForm(request.args, meta={"csrf": False})
    wish = form.take_wish() if request.args else Wish()
    if wish is not None:
        try:
            return _what_if(form, _prospect(number, wish))
        except account_card.ReadingUnfit as error:
            form.blame_day(error)
        except account_card.MeterUnknown:
            form.meter.errors = [NO_METER]
        except NotAReadingError as error:
            form.blame(error.faults)
    shown = _prospect(number, Wish())
    return _what_if(form, shown, HTTPStatus.UNPROCESSABLE_ENTITY)


def _prospect(number: str, wish: Wish) -> Prospect:
    return account_card.what_if_of(
        identity.member(), number, wish, actor=identity.actor(), now=moment.now()
    )


def _what_if(
    form: WhatIfForm, shown: Prospect, status: int = HTTPStatus.OK
) -> Response:
    form.offer_meters(shown.meters)
    title = (
        f"Что, если: квитанция за {filters.month_name(shown.month)} {shown.month.year}"
    )
    is_wrong = status == HTTPStatus.UNPROCESSABLE_ENTITY
    return make_response(
        render_template(
            "staff/accounts/what_if.html",
            title=title,
            tab=f"Ошибка: {title}" if is_wrong else title,
            shown=shown,
            form=form,
            words=account_words,
        ),
        status,
    )


def _title(number: str) -> str:
    """Return «Лицевой счёт 4600 0000 0001»; a tab folds hard spaces."""
    grouped = filters.account_number(number).replace(filters.NBSP, " ")
    return f"Лицевой счёт {grouped}"
