"""What paying for one's own account and paying as a guest share."""

import logging

from flask import Response, current_app, request

from cabinet.domain.payments.states import PAID
from cabinet.pdf.payment import payment_pdf
from cabinet.pdf.render import PdfError
from cabinet.services import limits
from cabinet.services.payments.shown import Shown
from cabinet.web import bank, htmx, moment
from cabinet.web.attachments import attached

log = logging.getLogger(__name__)

TITLE = "Оплата электроэнергии без комиссии"

#: Seconds from one look at an unfinished payment to the next; after two minutes a link.
PAUSES = (2, 4, 8, 15, 30, 30, 30)


def pepper() -> str:
    """Return what tries are counted with."""
    return str(current_app.secret_key)


def go_to_bank(shown: Shown, page: str) -> Response:
    """Send the browser to the provider's page, or to ours when there is none to see."""
    if not shown.pay_url:
        return htmx.go(page)
    return bank.lead(shown.pay_url, shown.shop, page)


def state_page(
    shown: Shown, *, here: str, download: str, again: str, status: int = 200
) -> Response:
    """Show how the payment stands; while it goes on, the page looks again by itself."""
    looks = request.args.get("n", "")
    number = min(int(looks), len(PAUSES)) if looks.isdecimal() else 0
    pause = PAUSES[number] if shown.is_going and number < len(PAUSES) else None
    return htmx.render(
        "payments/show.html",
        fragment="payments/_pay_state.html",
        title=TITLE,
        status=status,
        shown=shown,
        here=here,
        download=download,
        again=again,
        pause=pause,
        next_number=number + 1,
    )


def receipt_file(shown: Shown, *, page: str, counted: str) -> Response:
    """Send the payment's receipt as a file; a payment without one shows its page."""
    if shown.state not in PAID:
        return htmx.go(page)
    limits.spend(limits.PDF_HOUR, counted, pepper=pepper(), now=moment.now())
    try:
        content = payment_pdf(shown)
    except PdfError as error:
        log.exception("no pdf", extra={"receipt": shown.receipt, "why": error.messages})
        return htmx.go(page)
    name = f"{shown.receipt}.pdf"
    return attached(
        content,
        name=f"Квитанция об оплате {name}",
        plain_name=name,
        media_type="application/pdf",
    )
