"""How much slower a receipt's PDF is than the same page drawn by bare reportlab.

`python -m bench.receipt`: one page, fonts ready in the process, QR codes made anew.
"""

from datetime import UTC, datetime

from bench.drawing import Contents, draw, read, register_faces
from bench.measure import HEADER, compare, machine, repeat, write
from bench.portal import EMAIL, demo, portal
from cabinet.config import Settings
from cabinet.domain.people import AccessLevel
from cabinet.exchange.gost_qr import encoding_of
from cabinet.models import User
from cabinet.pdf.fonts import font_folder
from cabinet.pdf.receipt import Doors, readings_link, receipt_pdf
from cabinet.services import bills
from cabinet.services.access import accounts_of
from cabinet.web import filters

ROUNDS = 9
DOCUMENTS = 8
DOORS = Doors(
    pay="https://lk.example.ru/guest/pay",
    readings="https://lk.example.ru/guest/readings",
)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    with demo():
        app = portal()
        settings: Settings = app.extensions["cabinet.settings"]
        receipt = _longest()
        title = f"Квитанция за {filters.month(receipt.month)}"
        with app.app_context():
            document = _ours(receipt, title)
            register_faces(font_folder(settings.home / "cache"))
            drawing = read(document)
            contents = _contents(receipt)

            def floor() -> bytes:
                return draw(drawing, contents, title=title)

            by_hand = floor()
            pair = compare(
                "receipt, one page",
                repeat(lambda: _ours(receipt, title), DOCUMENTS),
                repeat(floor, DOCUMENTS),
                rounds=ROUNDS,
            )
    write(
        "receipt",
        f"{machine()}\n\n{HEADER}\n{pair.row()}\n\n"
        f"{len(drawing.texts)} strings, {len(drawing.rules)} rules and boxes, two QR codes, a chart;"
        f" ours {len(document) // 1024} KB, drawn by hand {len(by_hand) // 1024} KB."
        f" {ROUNDS} rounds of {DOCUMENTS} documents in turns, one process. The floor draws"
        " every string, rule and picture where the portal's document has it, on a"
        " reportlab canvas, with the same cut fonts and the same codes.",
    )


def _longest() -> bills.Receipt:
    """Return the receipt of the demo's customer that has the most lines."""
    user = User.get(User.email == EMAIL)
    found = [
        bills.get_receipt(user.id, card.account_id, bill.month, now=NOW)
        for card in accounts_of(user.id, now=NOW)
        if card.level is AccessLevel.FULL
        for bill in bills.bill_months(user.id, card.account_id, now=NOW).bills[:3]
    ]
    return max(found, key=lambda receipt: len(receipt.lines))


def _ours(receipt: bills.Receipt, title: str) -> bytes:
    return receipt_pdf(receipt, title=title, doors=DOORS)


def _contents(receipt: bills.Receipt) -> Contents:
    most = max((one.energy.wh for one in receipt.year if one.energy), default=1)
    return Contents(
        code=receipt.qr,
        encoding=encoding_of(receipt.qr),
        address=readings_link(DOORS.readings, receipt),
        bars=tuple(
            (one.energy.wh / most if one.energy else 0.0, one.is_estimate)
            for one in receipt.year
        ),
    )


if __name__ == "__main__":
    main()
