"""Распечатать квитанции: the months, a receipt made for printing, and its PDF."""

import logging

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_login import current_user

from cabinet.blueprints.bills.addresses import MonthConverter
from cabinet.config import Settings
from cabinet.domain.period import Month
from cabinet.exchange.gost_qr import encoding_of
from cabinet.pdf import qr
from cabinet.pdf.receipt import Doors, readings_link, receipt_pdf, short
from cabinet.pdf.render import PdfError
from cabinet.services import account_log, bills, limits, receipt_copies
from cabinet.services.payments import offers
from cabinet.web import bank, charts, filters, htmx, identity, moment, network
from cabinet.web.attachments import attached
from cabinet.web.identity import account_required

log = logging.getLogger(__name__)

blueprint = Blueprint("bills", __name__, url_prefix="/bills")


@blueprint.record_once
def _register(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["month"] = MonthConverter


@blueprint.get("")
@account_required
def index() -> Response:
    """Show the months; with one chosen go to its receipt."""
    found = bills.bill_months(current_user.user_id, _account_id(), now=moment.now())
    account_log.note_guest(
        found.account, "bills.opened", actor=identity.actor(), now=moment.now()
    )
    chosen = request.args.get("month")
    if chosen in [str(bill.month) for bill in found.bills]:
        return htmx.go(url_for(".show", month=chosen))
    page = render_template(
        "bills/index.html",
        title="Распечатать квитанции",
        found=found,
        is_unknown=chosen is not None,
    )
    return make_response(page, 200 if chosen is None else 422)


@blueprint.get("/<month:month>")
@account_required
def show(month: Month) -> Response:
    """Show the receipt, or when it will be ready."""
    try:
        receipt = _receipt(month)
    except bills.BillNotReady as awaited:
        return make_response(
            render_template(
                "bills/awaited.html",
                title=filters.receipt_title(month),
                month=month,
                awaited=awaited,
            )
        )
    if not current_user.account.is_owner:
        _note("receipt.opened", month)
    return _page(receipt)


@blueprint.get("/<month:month>.pdf")
@account_required
def download(month: Month) -> Response:
    """Send the receipt as a file."""
    try:
        receipt = _receipt(month)
    except bills.BillNotReady:
        return htmx.go(url_for(".show", month=month))
    limits.spend(
        limits.PDF_HOUR,
        f"user:{current_user.user_id}",
        pepper=identity.pepper(),
        now=moment.now(),
    )
    try:
        content = _drawn(receipt)
    except PdfError as error:
        log.exception("no pdf", extra={"bill": receipt.number, "why": error.messages})
        return _page(receipt, is_pdf_broken=True, status=503)
    _note("receipt.saved", month)
    name = f"{receipt.payer.number} {month}.pdf"
    return attached(
        content,
        name=f"Квитанция {name}",
        plain_name=name,
        media_type="application/pdf",
    )


def _page(
    receipt: bills.Receipt, *, is_pdf_broken: bool = False, status: int = 200
) -> Response:
    text = receipt.qr
    readings = readings_link(_readings_url(), receipt)
    page = render_template(
        "bills/show.html",
        title=filters.receipt_title(receipt.month),
        receipt=receipt,
        code=qr.svg_code(text, encoding=encoding_of(text)) if text else None,
        readings_code=qr.svg_code(readings) if readings else None,
        readings_link=readings,
        readings_address=short(_readings_url()),
        share=charts.share,
        longest=charts.longest(used.energy for used in receipt.year),
        is_pdf_broken=is_pdf_broken,
        is_payable=offers.is_payable(current_user.account, bank.shops()),
    )
    return make_response(page, status)


def _drawn(receipt: bills.Receipt) -> bytes:
    """Return the file, from a copy if this user was given the same today.

    Raises PdfError.
    """
    settings: Settings = current_app.extensions["cabinet.settings"]
    now = moment.now()
    title = filters.receipt_title(receipt.month)
    doors = Doors(pay=_pay_url(), readings=_readings_url())
    name = receipt_copies.name_of(
        current_user.user_id,
        receipt,
        title,
        doors,
        filters.registration_code(receipt.payer.number, receipt.month),
        pepper=identity.pepper(),
    )
    content = receipt_copies.find(settings.home, name, now=now)
    if content is None:
        content = receipt_pdf(receipt, title=title, doors=doors)
        receipt_copies.keep(settings.home, name, content, now=now)
    return content


def _receipt(month: Month) -> bills.Receipt:
    return bills.get_receipt(
        current_user.user_id, _account_id(), month, now=moment.now()
    )


def _pay_url() -> str:
    """Return where anybody may pay a receipt of this branch by card, if it can be."""
    if not offers.is_payable(current_user.account, bank.shops()):
        return ""
    return network.public_url(url_for("payments.guest.form"))


def _readings_url() -> str:
    """Return where readings are sent without signing in."""
    return network.public_url(url_for("guest.start"))


def _note(action: str, month: Month) -> None:
    account_log.note(
        current_user.account,
        action,
        f"bill:{month}",
        actor=identity.actor(),
        now=moment.now(),
    )


def _account_id() -> int:
    account_id: int = current_user.account.account_id
    return account_id
