"""The printed receipt of a month says where anybody may pay it by card."""

import io

import pytest
from pypdf import PdfReader

from cabinet.domain.money import Money
from cabinet.models import Bill
from tests.browsing import Browser


@pytest.fixture
def receipt(alice, owing):
    def read(app):
        file = Browser(app).sign_in(alice).get("/bills/2026-10.pdf")
        return PdfReader(io.BytesIO(file.body)).pages[0]

    return read


def links(page):
    return [
        note.get_object()["/A"]["/URI"]
        for note in page.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]


def test_it_leads_to_the_form_with_account_and_sum(portal, receipt):
    page = receipt(portal)
    assert "localhost/guest/pay, без комиссии" in " ".join(page.extract_text().split())
    (link,) = links(page)
    assert link.startswith("http://localhost/guest/pay?account=460000000001&sum=")
    form = Browser(portal).get(link.removeprefix("http://localhost"))
    assert form.one("#number").get("value") == "460000000001"
    assert form.one("#amount").get("value").endswith(",40")


def test_what_is_paid_or_cannot_be_paid_has_no_link(app, portal, receipt, owing):
    Bill.update(charged=Money(0)).where(Bill.account == owing).execute()
    assert links(receipt(portal)) == []


def test_without_a_shop_there_is_none(app, receipt):
    page = receipt(app)
    assert "guest/pay" not in page.extract_text()
