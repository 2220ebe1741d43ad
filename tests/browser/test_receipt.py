"""The receipt in a real browser: printed on one sheet, its code read by a reader."""

import subprocess

import pytest

from cabinet.models import Account
from cabinet.models.connection import close_database, open_database
from cabinet.services.bills.snapshot import Snapshot, pack
from tests import factories, receipts


@pytest.fixture
def billed(server, house):
    """Make a customer whose September cost as much as a receipt can hold."""

    def make(receipt):
        person = house()
        open_database(server.database_url)
        try:
            account = Account.get_by_id(person.account_id)
            Account.update(
                holder=receipt.payer.holder,
                address=receipt.payer.address,
                els=receipt.payer.els,
                izhku=receipt.payer.izhku,
            ).where(Account.id == account.id).execute()
            for meter in receipt.meters:
                factories.make_meter(
                    account, serial=meter.serial, model=meter.model, ratio=meter.ratio
                )
            for used in receipt.year[:-1]:
                factories.make_bill(
                    account, str(used.month.previous), "2345,67", volume=used.energy
                )
            factories.make_bill(
                account,
                "2026-09",
                str(receipt.balance.charged.roubles),
                recalculated=receipt.balance.recalculated,
                penalty=receipt.balance.penalty,
                benefit=receipt.balance.benefit,
                volume=receipt.volume.energy,
                lines=pack(
                    Snapshot(
                        registers=receipt.volume.registers,
                        lines=receipt.lines,
                        resumed=receipt.volume.resumed,
                        recalculation=receipt.recalculation,
                        benefits=receipt.benefits,
                        penalties=receipt.penalties,
                    )
                ),
            )
        finally:
            close_database()
        return person

    return make


@pytest.mark.parametrize(
    "make", [receipts.receipt, receipts.roomy, receipts.longest, receipts.beyond]
)
def test_it_prints_on_one_tagged_sheet(open_page, sign_in, billed, tmp_path, make):
    page = sign_in(open_page(js=False), billed(make()))
    page.goto("/bills/2026-09")
    path = tmp_path / "printed.pdf"
    page.pdf(path=path, format="A4", prefer_css_page_size=True, tagged=True)
    told = subprocess.run(
        ["pdfinfo", path], check=True, capture_output=True, text=True
    ).stdout
    assert "Pages:           1\n" in told
    assert "Tagged:          yes" in told
    said = subprocess.run(
        ["pdftotext", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    assert "Из чего сложилась сумма" in said
    assert "Долг по месяцам" in said
    assert "Расход за год" in said
    assert "Передать показания:" in said
    assert "Скачать PDF" not in said
    assert "История показаний" not in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_its_code_is_read_from_the_screen(
    open_page, sign_in, house, tmp_path, scheme, width
):
    page = open_page({"width": width, "height": 800}, scheme, js=False)
    sign_in(page, house())
    page.goto("/bills/2026-10")
    picture = tmp_path / "screen.png"
    page.screenshot(path=picture, full_page=True)
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", picture],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    address, payment = sorted(read.splitlines(), key=lambda text: text[:2] == "ST")
    assert payment.startswith("ST00012|Name=АО «Энергосбыт»|PersonalAcc=407028106")
    assert "|Sum=81240|" in payment
    assert payment.endswith("|PaymPeriod=102026|TechCode=02")
    assert "/guest/readings?account=46" in address


def test_its_code_is_read_from_the_printed_sheet(open_page, sign_in, house, tmp_path):
    page = sign_in(open_page(js=False), house())
    page.goto("/bills/2026-10")
    path = tmp_path / "printed.pdf"
    page.pdf(path=path, format="A4", prefer_css_page_size=True)
    picture = tmp_path / "sheet"
    subprocess.run(
        ["pdftoppm", "-r", "150", "-png", "-singlefile", path, picture], check=True
    )
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", f"{picture}.png"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "|Sum=81240|" in read
    assert "/guest/readings?account=46" in read


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_hangs_over_the_edge(open_page, sign_in, billed, width):
    page = open_page({"width": width, "height": 800}, js=False)
    sign_in(page, billed(receipts.longest()))
    for address in ("/bills", "/bills/2026-09", "/bills/2026-11"):
        page.goto(address)
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over == 0, address


def test_without_javascript_a_month_is_chosen(open_page, sign_in, house):
    page = sign_in(open_page(js=False), house())
    page.goto("/bills")
    page.click("#bill-form button")
    assert page.url.endswith("/bills/2026-10")
    assert page.faults == []
