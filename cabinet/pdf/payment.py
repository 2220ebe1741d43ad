"""The receipt of a payment (квитанция об оплате) as a file."""

from cabinet.pdf.render import pdf
from cabinet.services.payments.shown import Shown


def payment_pdf(shown: Shown) -> bytes:
    """Return the receipt of a payment that went through; raises PdfError."""
    return pdf(
        "pdf/payment.html",
        title="Квитанция об оплате",
        shown=shown,
    )
