import io

import pytest
from pypdf import PdfReader

from cabinet.blueprints.bills import views
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Bill
from cabinet.pdf import render
from cabinet.pdf.receipt import receipt_pdf
from cabinet.services import limits
from cabinet.services.bills.snapshot import pack
from cabinet.services.registration import receipt_code_of
from tests import factories
from tests.browsing import Browser
from tests.receipts import snapshot


def test_it_works(browser, alice, account, meter):
    factories.make_bill(account, lines=pack(snapshot()))
    answer = browser.sign_in(alice).get("/bills/2026-10.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    document = PdfReader(io.BytesIO(answer.body))
    assert document.metadata.title == "Квитанция за октябрь 2026"
    assert "Петрова Мария Петровна" in document.pages[0].extract_text()


def test_it_is_saved_and_not_kept(browser, alice, account):
    factories.make_bill(account)
    headers = browser.sign_in(alice).get("/bills/2026-10.pdf").headers
    assert headers["Content-Disposition"].startswith("attachment; filename")
    name = "%D0%9A%D0%B2%D0%B8%D1%82%D0%B0%D0%BD%D1%86%D0%B8%D1%8F%20460000000001"
    assert f"filename*=UTF-8''{name}%202026-10.pdf" in headers["Content-Disposition"]
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("person", ["bob", "charlie"])
def test_stranger_and_delegate_get_404(request, browser, person, account):
    factories.make_bill(account)
    other = request.getfixturevalue(person)
    browser.sign_in(other).get("/bills/2026-10.pdf", status=404)


def test_the_month_that_is_on_leads_to_its_page(browser, alice, account):
    factories.make_bill(account)
    answer = browser.sign_in(alice).get("/bills/2026-11.pdf", status=303)
    assert answer.headers["Location"] == "/bills/2026-11"


def test_a_broken_pdf_leaves_the_page(browser, alice, account, monkeypatch, caplog):
    factories.make_bill(account)
    monkeypatch.setattr(render, "MAX_DOCUMENT_BYTES", 10)
    render.policy.cache_clear()
    page = browser.sign_in(alice).get("/bills/2026-10.pdf", status=503)
    render.policy.cache_clear()
    assert "PDF не получился" in page.text
    assert "812,40 ₽" in page.text
    assert "no pdf" in caplog.text
    assert "Петрова" not in caplog.text


def test_the_thirty_first_of_an_hour_waits(browser, alice, account):
    factories.make_bill(account)
    now = browser.app.extensions["cabinet.clock"].now()
    for _ in range(limits.PDF_HOUR.most):
        limits.spend(
            limits.PDF_HOUR,
            f"user:{alice.id}",
            pepper=str(browser.app.secret_key),
            now=now,
        )
    page = browser.sign_in(alice).get("/bills/2026-10.pdf", status=429)
    assert "Слишком много попыток" in page.text
    assert "Retry-After" in page.headers


@pytest.mark.parametrize("is_owner", [True, False])
def test_the_code_to_register_is_printed_for_the_owner_alone(
    app, alice, account, meter, is_owner
):
    factories.make_bill(account, lines=pack(snapshot()))
    factories.make_bill(account, "2026-09", lines=pack(snapshot()))
    reader = alice
    if not is_owner:
        reader = factories.make_customer("friend@example.org")
        factories.give_access(reader, account, granted_by=alice)
    browser = Browser(app).sign_in(reader)
    shown = set()
    for month in (Month(2026, 9), Month(2026, 10)):
        code = receipt_code_of(account.number, month, pepper=app.secret_key)
        printed = f"{code[:4]} {code[4:]}"
        shown.add(printed)
        page = browser.get(f"/bills/{month}").text.replace("\u00a0", " ")
        paper = browser.client.get(f"/bills/{month}.pdf").data
        (sheet, *_) = PdfReader(io.BytesIO(paper)).pages
        text = " ".join(sheet.extract_text().split())
        for words in (page, text):
            assert (printed in words) is is_owner
            assert ("Код для регистрации" in words) is is_owner
    assert len(shown) == 2


@pytest.fixture
def drawn(monkeypatch):
    """The receipts that were drawn, not taken from a copy."""
    seen = []

    def draw(receipt, **said):
        seen.append(receipt)
        return receipt_pdf(receipt, **said)

    monkeypatch.setattr(views, "receipt_pdf", draw)
    return seen


def test_what_is_asked_again_is_not_drawn_again(browser, alice, account, drawn):
    factories.make_bill(account)
    browser.sign_in(alice)
    first, again = (browser.get("/bills/2026-10.pdf") for _ in range(2))
    assert first.body == again.body
    assert len(drawn) == 1


def test_a_corrected_bill_is_drawn_anew(browser, alice, account, drawn):
    bill = factories.make_bill(account)
    browser.sign_in(alice).get("/bills/2026-10.pdf")
    Bill.update(charged=Money(77700)).where(Bill.id == bill.id).execute()
    paper = PdfReader(io.BytesIO(browser.get("/bills/2026-10.pdf").body))
    assert "777,00" in paper.pages[0].extract_text()
    assert len(drawn) == 2


def test_a_copy_serves_nobody_else(app, browser, alice, account, drawn):
    factories.make_bill(account)
    browser.sign_in(alice).get("/bills/2026-10.pdf")
    friend = factories.make_customer("friend@example.org")
    factories.give_access(friend, account, granted_by=alice)
    Browser(app).sign_in(friend).get("/bills/2026-10.pdf")
    assert len(drawn) == 2
    stranger = factories.make_customer("stranger@example.org")
    Browser(app).sign_in(stranger).get("/bills/2026-10.pdf", status=303)
    assert len(drawn) == 2


def test_a_copy_is_of_its_own_account(app, browser, alice, account, drawn):
    other = factories.make_account("460000000077")
    bob = factories.make_customer("bob77@example.org")
    factories.give_access(bob, other)
    papers = []
    for reader, of in ((alice, account), (bob, other)):
        factories.make_bill(of)
        papers.append(Browser(app).sign_in(reader).get("/bills/2026-10.pdf").body)
    assert papers[0] != papers[1]
    assert [receipt.payer.number for receipt in drawn] == [account.number, other.number]
