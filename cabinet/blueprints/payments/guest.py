"""Оплата без входа: the account's number and the sum, nothing of the account is told."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from cabinet.blueprints.payments import pages
from cabinet.forms.payments import GuestPayForm
from cabinet.services.access import AccountNotFoundError
from cabinet.services.payments import guest, refusals, shown, start
from cabinet.web import bank, filters, htmx, identity, moment, network

blueprint = Blueprint("guest", __name__, url_prefix="/guest/pay")

NO_ACCOUNT = "Не нашли такой лицевой счёт. Проверьте номер"
NO_CARDS = "По этому счёту на сайте картой платить нельзя. Оплатите по коду с квитанции"


@blueprint.get("")
def form() -> Response:
    """Ask for the account, the sum and where the receipt goes; a link may fill it in."""
    made = GuestPayForm(formdata=None)
    made.renew_key()
    made.number.data = request.args.get("account", "")[:40]
    made.amount.data = request.args.get("sum", "")[:20]
    return _page(made)


@blueprint.post("")
def pay() -> Response:
    """Start the payment and lead to the bank, or show what is wrong."""
    made = GuestPayForm()
    if not made.validate_on_submit():
        return _page(made, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        public_id = _start(made)
    except AccountNotFoundError:
        made.number.errors = [NO_ACCOUNT]
    except refusals.NoShopError:
        made.number.errors = [NO_CARDS]
    except refusals.AmountError as error:
        least, most = (filters.money(each) for each in (error.least, error.most))
        made.amount.errors = [f"За один раз можно заплатить от {least} до {most} ₽"]
    except refusals.KeyTakenError:
        made.renew_key()
        return _page(made, HTTPStatus.CONFLICT, has_changed=True)
    except refusals.TooManyOpenError:
        return _page(made, HTTPStatus.CONFLICT, is_too_many=True)
    else:
        page = url_for(".show", public_id=public_id)
        return pages.go_to_bank(shown.show(public_id, None), page)
    return _page(made, HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.get("/<uuid:public_id>")
def show(public_id: UUID) -> Response:
    """Show how the payment stands to whoever has its link."""
    return pages.state_page(
        shown.show(public_id, None),
        here=url_for(".show", public_id=public_id),
        download=url_for(".download", public_id=public_id),
        again=url_for(".form"),
    )


@blueprint.get("/<uuid:public_id>/receipt.pdf")
def download(public_id: UUID) -> Response:
    """Send the receipt of a payment that went through."""
    return pages.receipt_file(
        shown.show(public_id, None),
        page=url_for(".show", public_id=public_id),
        counted=f"address:{network.network()}",
    )


def _start(made: GuestPayForm) -> UUID:
    actor, now = identity.actor(), moment.now()
    account_id = guest.find_account(
        made.account_digits,
        address=network.network(),
        actor=actor,
        pepper=pages.pepper(),
        now=now,
    )
    wanted = start.Wanted(
        nonce=made.nonce,
        wishes=[start.Wish(account_id=account_id, amount=made.wished)],
        origin=network.public_url(""),
        address=network.network(),
        email=(made.email.data or "").strip(),
    )
    return start.start(
        wanted, bank.shops(), actor=actor, pepper=pages.pepper(), now=now
    )


def _page(
    made: GuestPayForm, status: HTTPStatus = HTTPStatus.OK, **context: bool
) -> Response:
    page = htmx.render(
        "payments/guest.html",
        fragment="payments/_guest_pay.html",
        title=pages.TITLE,
        status=status,
        form=made,
        **context,
    )
    origins = {each for shop in bank.shops() for each in shop.settings.page_origins}
    return bank.with_ways_out(page, sorted(origins))
