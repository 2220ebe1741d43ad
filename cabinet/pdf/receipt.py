"""A month's receipt as a file."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from cabinet.domain.money import Money
from cabinet.exchange.gost_qr import encoding_of
from cabinet.pdf import qr
from cabinet.pdf.bars import bars_uri
from cabinet.pdf.render import PdfError, pages_of, pdf, printable
from cabinet.pdf.roll import Roll, TooLong
from cabinet.services.bills import Receipt

TEMPLATE = "pdf/receipt.html"
SIZES = ("large", "tight", "small")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where a receipt leads to: pages anybody may open who holds it.

    `pay` is where it is paid by card, empty where it cannot be; `readings` where the
    readings of its account are sent without signing in.
    """

    pay: str = ""
    readings: str = ""


_NOWHERE = Doors()


def readings_link(url: str, receipt: Receipt) -> str:
    """Return the address with the account filled in; empty without a meter to read."""
    if not url or not receipt.meters:
        return ""
    return f"{url}?{urlencode({'account': receipt.payer.number})}"


def receipt_pdf(receipt: Receipt, *, title: str, doors: Doors = _NOWHERE) -> bytes:
    """Return the receipt with its codes on one page; raises PdfError.

    It is drawn as large as it fits.
    """
    context = context_of(receipt, doors)
    for size in sizes_of(receipt):
        content = pdf(TEMPLATE, title=title, size=size, **context)
        if pages_of(content) == 1:
            return content
    raise PdfError(("it does not fit a page",))


def add_receipt(
    roll: Roll, receipt: Receipt, *, title: str, doors: Doors, mark: str
) -> None:
    """Put the receipt on a page of a file of many; raises PdfError.

    `mark` tells where in the file it is.
    """
    context = context_of(receipt, doors)
    for size in sizes_of(receipt):
        html, fonts = printable(TEMPLATE, title=title, size=size, mark=mark, **context)
        try:
            roll.add(html, fonts)
        except TooLong:
            continue
        return
    raise PdfError(("it does not fit a page",))


def sizes_of(receipt: Receipt) -> tuple[str, ...]:
    """Return the sizes of type that are tried, the largest first."""
    return SIZES[1:] if receipt.is_long else SIZES


def context_of(receipt: Receipt, doors: Doors) -> dict[str, object]:
    """Return what the template of a receipt says and draws."""
    text = receipt.qr
    query = urlencode(
        {
            "account": receipt.payer.number,
            "sum": f"{receipt.balance.closing.roubles:.2f}".replace(".", ","),
        }
    )
    has_link = doors.pay and receipt.balance.closing > Money(0)
    readings = readings_link(doors.readings, receipt)
    return {
        "receipt": receipt,
        "pay_link": f"{doors.pay}?{query}" if has_link else "",
        "pay_address": short(doors.pay),
        "code": text and qr.png_uri(text, encoding=encoding_of(text)),
        "readings_link": readings,
        "readings_code": readings and qr.png_uri(readings),
        "readings_address": short(doors.readings),
        "chart": _chart(receipt),
    }


def _chart(receipt: Receipt) -> str:
    """Return the bars of the year, nothing where a year is not known."""
    values = [
        None if used.energy is None else (used.energy.wh, used.is_estimate)
        for used in receipt.year
    ]
    return bars_uri(values) if any(values) else ""


def short(url: str) -> str:
    """Return an address as it is typed."""
    parts = urlsplit(url)
    return parts.netloc + parts.path
