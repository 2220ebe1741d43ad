"""Оплата электроэнергии без комиссии: the form, and how a payment stands."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_login import current_user, login_required

from cabinet.blueprints.payments import guest, pages, webhooks
from cabinet.domain.money import Money
from cabinet.forms.payments import PayForm
from cabinet.gateways.base import Method
from cabinet.services import account_log
from cabinet.services.payments import offers, refusals, shown, start
from cabinet.services.payments.offers import Offer
from cabinet.web import bank, filters, htmx, identity, moment, network
from cabinet.web.identity import account_required

blueprint = Blueprint("payments", __name__)
blueprint.register_blueprint(guest.blueprint)
blueprint.register_blueprint(webhooks.blueprint)

#: Above so many debts a sum is shown once more: a comma is soon forgotten.
STRANGE = 3


@blueprint.get("/pay")
@account_required
def form() -> Response:
    """Ask for the sum, beginning with what is owed."""
    try:
        offer = _offer()
    except refusals.NoShopError:
        return _no_cards()
    card = offer.chosen.card
    account_log.note_guest(
        card, "payment.offered", actor=identity.actor(), now=moment.now()
    )
    made = _form(offer, formdata=None)
    made.renew_key()
    chosen = offer.chosen
    is_bill = request.args.get("for") == "bill" and chosen.bill is not None
    made.month.data = str(chosen.month) if is_bill else ""
    first = chosen.bill if is_bill else chosen.balance
    made.prefill({chosen.card.slug: first or Money(0)})
    return _page(offer, made)


@blueprint.post("/pay")
@account_required
def pay() -> Response:
    """Start the payment and lead to the bank, or show what is wrong."""
    try:
        offer = _offer()
    except refusals.NoShopError:
        return _no_cards()
    made = _form(offer)
    if not made.validate_on_submit():
        return _page(offer, made, HTTPStatus.UNPROCESSABLE_ENTITY)
    wished = made.wished()
    strange = _strange(offer, wished)
    if made.sure.data != "1" and (strange or len(wished) > 1):
        return _page(offer, made, stage="check", wished=wished, strange=strange)
    return _start(offer, made, wished)


@blueprint.get("/pay/<uuid:public_id>")
@login_required
def show(public_id: UUID) -> Response:
    """Show how the payment stands."""
    return pages.state_page(
        shown.show(public_id, current_user.user_id),
        here=url_for(".show", public_id=public_id),
        download=url_for(".download", public_id=public_id),
        again=url_for(".form"),
    )


@blueprint.get("/pay/<uuid:public_id>/receipt.pdf")
@login_required
def download(public_id: UUID) -> Response:
    """Send the receipt of a payment that went through."""
    return pages.receipt_file(
        shown.show(public_id, current_user.user_id),
        page=url_for(".show", public_id=public_id),
        counted=f"user:{current_user.user_id}",
    )


def _offer() -> Offer:
    account = current_user.account
    return offers.offer(
        current_user.user_id, account.account_id, bank.shops(), now=moment.now()
    )


def _form(offer: Offer, **values: object) -> PayForm:
    is_alone = not offer.others
    return PayForm.of(
        [
            (one.card.slug, "Сумма, ₽" if is_alone else one.card.title)
            for one in offer.accounts
        ],
        asks_email=offer.needs_email,
        **values,
    )


def _start(offer: Offer, made: PayForm, wished: dict[str, Money]) -> Response:
    wanted = _wanted(offer, made, wished)
    try:
        public_id = start.start(
            wanted,
            bank.shops(),
            actor=identity.actor(),
            pepper=pages.pepper(),
            now=moment.now(),
        )
    except refusals.AmountError as error:
        made.first_sum().errors = [_bounds(error)]
        return _page(offer, made, HTTPStatus.UNPROCESSABLE_ENTITY)
    except refusals.KeyTakenError:
        made.renew_key()
        return _page(offer, made, HTTPStatus.CONFLICT, has_changed=True)
    except (refusals.TooManyOpenError, refusals.OthersInDoubtError) as error:
        is_others = isinstance(error, refusals.OthersInDoubtError)
        return _page(
            offer,
            made,
            HTTPStatus.CONFLICT,
            is_others=is_others,
            is_too_many=not is_others,
        )
    except refusals.InDoubtError as error:
        return htmx.go(url_for(".show", public_id=error.public_id))
    page = url_for(".show", public_id=public_id)
    payment = shown.show(public_id, current_user.user_id)
    months = {one.month for one in payment.shares}
    if payment.method != wanted.method or months != {
        one.month for one in wanted.wishes
    }:
        # Begun in another way: it is gone on with knowingly, or waited for.
        return htmx.go(page)
    return pages.go_to_bank(payment, page)


def _wanted(offer: Offer, made: PayForm, wished: dict[str, Money]) -> start.Wanted:
    chosen = offer.chosen
    is_bill = chosen.month is not None and made.month.data == str(chosen.month)
    return start.Wanted(
        nonce=made.nonce,
        wishes=[
            start.Wish(
                account_id=one.card.account_id,
                amount=wished[one.card.slug],
                month=chosen.month if is_bill and one is chosen else None,
            )
            for one in offer.accounts
            if one.card.slug in wished
        ],
        origin=network.public_url(""),
        address=network.network(),
        user_id=current_user.user_id,
        email=made.email_for(offer.email),
        method=_method(offer),
    )


def _method(offer: Offer) -> Method:
    said = request.form.get("method", "")
    return next((one for one in offer.methods if one == said), offer.methods[0])


def _strange(offer: Offer, wished: dict[str, Money]) -> str:
    """Return what is to be thought of once more before the bank: no debt, or too much."""
    owed = Money.total(
        one.balance
        for one in offer.accounts
        if one.card.slug in wished and one.balance > Money(0)
    )
    if not owed:
        return "nothing"
    return "much" if Money.total(wished.values()) > owed * STRANGE else ""


def _bounds(error: refusals.AmountError) -> str:
    least, most = (filters.money(each) for each in (error.least, error.most))
    if error.amount < error.least:
        return f"Можно заплатить от {least} ₽"
    return f"За один раз можно заплатить до {most} ₽"


def _page(
    offer: Offer,
    made: PayForm,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    stage: str = "form",
    wished: dict[str, Money] | None = None,
    strange: str = "",
    **context: bool,
) -> Response:
    page = htmx.render(
        "payments/form.html",
        fragment="payments/_pay.html",
        title=pages.TITLE,
        status=status,
        offer=offer,
        form=made,
        stage=stage,
        wished=wished or {},
        total=Money.total((wished or {}).values()),
        strange=strange,
        **context,
    )
    return bank.with_ways_out(page, offer.page_origins)


def _no_cards() -> Response:
    """Say how to pay where no acquirer is connected, or an organisation is asked for."""
    page = render_template(
        "payments/no_cards.html", title=pages.TITLE, account=current_user.account
    )
    return make_response(page)
