"""A month's receipt as a file."""

from cabinet.exchange.gost_qr import encoding_of
from cabinet.pdf import qr
from cabinet.pdf.render import pdf
from cabinet.services.bills import Receipt


def receipt_pdf(receipt: Receipt, *, title: str) -> bytes:
    """Return the receipt with its payment code; raises PdfError."""
    text = receipt.qr
    return pdf(
        "pdf/receipt.html",
        title=title,
        receipt=receipt,
        code=text and qr.png_uri(text, encoding=encoding_of(text)),
    )
