"""How much slower a receipt's PDF is than the same page drawn by bare reportlab.

`python -m bench.receipt`: one page and a file of many, fonts ready in the process, QR
codes made anew; and how much quicker than WeasyPrint makes it of the same template, where
that is installed.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

from flask import Flask

from bench import weasy
from bench.drawing import Contents, draw, read, register_faces
from bench.measure import HEADER, compare, machine, most_megabytes, repeat, write
from bench.portal import EMAIL, Request, demo, portal, signed_in
from cabinet.config import Settings
from cabinet.domain.people import AccessLevel
from cabinet.exchange.gost_qr import encoding_of
from cabinet.models import Account, AccountAccess, Session, User
from cabinet.pdf.fonts import font_folder
from cabinet.pdf.receipt import (
    TEMPLATE,
    Doors,
    add_receipt,
    context_of,
    readings_link,
    receipt_pdf,
    sizes_of,
)
from cabinet.pdf.render import pages_of, pdf, printable
from cabinet.pdf.roll import Roll
from cabinet.services import bills
from cabinet.services.access import accounts_of
from cabinet.web import filters

ROUNDS = 9
DOCUMENTS = 8
#: Fewer than an hour allows.
AGAIN = 20
MANY = 50
#: As many as a file of the printed receipts has.
LOT = 500
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
            many = compare(
                "receipt, one of a file of many",
                lambda: _timed(lambda: _roll(receipt, title, MANY)) / MANY,
                lambda: (
                    _timed(lambda: draw(drawing, contents, title=title, pages=MANY))
                    / MANY
                ),
                rounds=ROUNDS // 3,
            )
            alone = _spent(lambda: _ours(receipt, title))
            other = _other(receipt, title, document, floor)
            sizes = {count: _grown(receipt, title, count) for count in (MANY, LOT)}
        # Each request has a context of its own, as with the server.
        again = _again(app, receipt)
    write(
        "receipt",
        f"{machine()}\n\n{HEADER}\n{pair.row()}\n{many.row()}\n{other.row}\n"
        f"{len(drawing.texts)} strings, {len(drawing.rules)} rules and boxes, two QR codes, a chart;"
        f" ours {len(document) // 1024} KB, drawn by hand {len(by_hand) // 1024} KB."
        f" {ROUNDS} rounds of {DOCUMENTS} documents in turns, one process. The floor draws"
        " every string, rule and picture where the portal's document has it, on a"
        " reportlab canvas, with the same cut fonts and the same codes. Alone it takes"
        f" {1000 * alone:.0f} ms of the processor, goal 160, and {len(document) / 1024:.0f}"
        f" KB, goal 60. Asked for again it comes from a copy: {1000 * again:.1f} ms of the"
        " processor for the whole request, sign-in, bill and trace included. In a file of many:"
        + "; ".join(
            f" {count} receipts, {size / 1024:.1f} KB each, process at most {peak} MB"
            for count, (size, peak) in sizes.items()
        )
        + f". {other.told}",
    )


@dataclass(frozen=True)
class Other:
    """What is said of another renderer: a line of the table, and words below it."""

    row: str
    told: str


def _other(
    receipt: bills.Receipt, title: str, ours: bytes, floor: Callable[[], bytes]
) -> Other:
    """Measure WeasyPrint at the same template, in the size that fits a page of ours."""
    render = weasy.renderer()
    if render is None:
        return Other("", "WeasyPrint is not installed here: its line is left out.")
    size = next(size for size in sizes_of(receipt) if _fits(receipt, title, size))

    def theirs() -> bytes:
        html, _ = printable(
            TEMPLATE, title=title, size=size, **context_of(receipt, DOORS)
        )
        return render(html)

    document = theirs()
    pages, signs = weasy.signs(document)
    if signs != weasy.signs(ours)[1]:
        message = "WeasyPrint's receipt says something else"
        raise SystemExit(message)
    pair = compare(
        "the same by WeasyPrint",
        repeat(theirs, DOCUMENTS // 4),
        repeat(floor, DOCUMENTS),
        rounds=ROUNDS // 3,
    )
    spent = _spent(theirs)
    return Other(
        f"{pair.row()}\n",
        f"WeasyPrint {version('weasyprint')} makes it of the same HTML, with the same fonts and"
        f" codes and every sign of ours; pages: {pages}, {1000 * spent:.0f} ms of the"
        f" processor, {spent / _spent(lambda: _ours(receipt, title)):.1f} times ours, and"
        f" {len(document) / 1024:.0f} KB.",
    )


def _fits(receipt: bills.Receipt, title: str, size: str) -> bool:
    made = pdf(TEMPLATE, title=title, size=size, **context_of(receipt, DOORS))
    return pages_of(made) == 1


def _spent(act: Callable[[], object]) -> float:
    """Return the seconds of the processor that one act takes."""
    began = time.process_time()
    for _ in range(DOCUMENTS):
        act()
    return (time.process_time() - began) / DOCUMENTS


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


def _again(app: Flask, receipt: bills.Receipt) -> float:
    """Return the seconds of the processor a request takes when a copy is there."""
    cookie = signed_in(app)
    account = AccountAccess.get(AccountAccess.account == _account_of(receipt))
    Session.update(account_id=account.account_id).where(
        Session.user == account.user_id
    ).execute()
    request = Request(f"/bills/{receipt.month}.pdf", cookie=cookie)
    _, drawn = request.send(app)
    spent = []
    for _ in range(AGAIN):
        began = time.process_time()
        status, body = request.send(app)
        spent.append(time.process_time() - began)
        if (status, body) != (200, drawn):
            message = f"the copy is not what was drawn: {status}"
            raise SystemExit(message)
    return median(spent)


def _account_of(receipt: bills.Receipt) -> Account:
    found: Account = Account.get(Account.number == receipt.payer.number)
    return found


def _ours(receipt: bills.Receipt, title: str) -> bytes:
    return receipt_pdf(receipt, title=title, doors=DOORS)


def _roll(receipt: bills.Receipt, title: str, count: int) -> bytes:
    """Return a file of so many receipts, each of an account of its own."""
    roll = Roll(title)
    for number in range(count):
        told = f"{number:012}"
        one = replace(
            receipt,
            payer=replace(receipt.payer, number=told),
            qr=receipt.qr.replace(receipt.payer.number, told),
        )
        add_receipt(roll, one, title=title, doors=DOORS, mark=f"{number} из {count}")
    file = io.BytesIO()
    roll.write(file)
    return file.getvalue()


def _grown(receipt: bills.Receipt, title: str, count: int) -> tuple[float, int]:
    """Return the bytes a receipt takes in such a file, and the most the process had."""
    size = len(_roll(receipt, title, count)) / count
    return size, int(most_megabytes())


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


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
