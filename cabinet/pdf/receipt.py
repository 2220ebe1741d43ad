"""A month's receipt as a file."""

from urllib.parse import urlencode, urlsplit

from cabinet.domain.money import Money
from cabinet.exchange.gost_qr import encoding_of
from cabinet.pdf import qr
from cabinet.pdf.render import pdf
from cabinet.services.bills import Receipt


def receipt_pdf(receipt: Receipt, *, title: str, pay_url: str = "") -> bytes:
    """Return the receipt with its payment code; raises PdfError.

    `pay_url` is where anybody may pay it by card; without one nothing is said of cards.
    """
    text = receipt.qr
    query = urlencode(
        {
            "account": receipt.payer.number,
            "sum": f"{receipt.balance.closing.roubles:.2f}".replace(".", ","),
        }
    )
    has_link = pay_url and receipt.balance.closing > Money(0)
    return pdf(
        "pdf/receipt.html",
        title=title,
        receipt=receipt,
        pay_link=f"{pay_url}?{query}" if has_link else "",
        pay_address=urlsplit(pay_url).netloc + urlsplit(pay_url).path,
        code=text and qr.png_uri(text, encoding=encoding_of(text)),
    )
