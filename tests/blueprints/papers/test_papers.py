"""Документы: who may open which, and what the page says."""

import io
from datetime import date

import pytest

from cabinet.domain.people import AccountKind
from cabinet.domain.tariff import Category
from cabinet.models import Account, AccountAccess, AuditEntry
from cabinet.services.importing import import_file
from tests.conftest import NOW

HEADER = "Лицевой счёт;Вид документа;Номер документа;Период;Дата документа;Файл"


@pytest.fixture
def firm(account):
    Account.update(
        kind=AccountKind.ORGANISATION, category=Category.ORGANISATION
    ).execute()
    return account


@pytest.fixture
def papers(firm, tmp_path):
    """An invoice and an act of October, an invoice of the year before."""
    rows = [HEADER]
    for number, (kind, month, day) in enumerate(
        [
            ("счёт", "10.2026", "01.11.2026"),
            ("акт", "10.2026", "02.11.2026"),
            ("счёт", "12.2025", "10.01.2026"),
        ],
        start=1,
    ):
        (tmp_path / f"{number}.pdf").write_bytes(b"%%PDF-1.4 %d" % number)
        rows.append(f"{firm.number};{kind};{number};{month};{day};{number}.pdf")
    data = io.BytesIO("\r\n".join(rows).encode("cp1251"))
    assert import_file("papers.csv", data, folder=tmp_path, now=NOW).good == 3
    return firm


def links(page):
    return [link.get("href") for link in page.select("#paper-list td a")]


def test_it_works(browser, alice, papers):
    page = browser.sign_in(alice).get("/papers")
    assert "Акт № 2" in page.text
    assert len(links(page)) == 2
    answer = browser.get(links(page)[0], check=False)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.body == b"%PDF-1.4 2"
    assert AuditEntry.select().where(AuditEntry.action == "paper.opened").count() == 1


def test_another_year_is_a_link_with_htmx_and_without(browser, alice, papers):
    page = browser.sign_in(alice).get("/papers?year=2025")
    assert len(links(page)) == 1
    fragment = browser.get("/papers?year=2025", htmx=True)
    assert fragment.element("#paper-list") == page.element("#paper-list")


def test_an_odd_year_is_told(browser, alice, papers):
    browser.sign_in(alice)
    assert "За 2019 год документов нет" in browser.get("/papers?year=2019").text
    for odd in ("x", "20266", "-1", "٢٠٢٦", "0000"):
        browser.get(f"/papers?year={odd}", status=404)


def test_no_papers_yet(browser, alice, firm):
    assert "Документов пока нет" in browser.sign_in(alice).get("/papers").text


def test_a_stranger_gets_404(app, browser, alice, papers, charlie):
    url = links(browser.sign_in(alice).get("/papers"))[0]
    other = type(browser)(app).sign_in(charlie)
    other.get(url, status=404)
    assert not links(other.get("/papers"))


def test_who_may_only_send_readings_sees_none(app, browser, alice, papers, bob):
    url = links(browser.sign_in(alice).get("/papers"))[0]
    other = type(browser)(app).sign_in(bob)
    other.get(url, status=404)
    other.get("/papers", status=404)
    home = other.get("/")
    assert not home.select("a[href='/papers']")


def test_what_is_from_before_the_access_is_not_shown(browser, alice, papers):
    AccountAccess.update(since=date(2026, 11, 2)).execute()
    page = browser.sign_in(alice).get("/papers")
    assert "Акт № 2" in page.text
    assert "Счёт № 1" not in page.text
    browser.get("/papers?year=2025")
    assert not links(browser.get("/papers?year=2025"))


def test_the_menu_of_an_organisation(browser, alice, firm):
    home = browser.sign_in(alice).get("/")
    words = home.text_of(".menu")
    assert "Документы" in words
    assert "Распечатать квитанции" not in words
    assert "Тарифы" not in words
    assert "по своему договору" in browser.get("/tariffs").text


def test_the_menu_of_a_household(browser, alice, account):
    page = browser.sign_in(alice).get("/profile")
    assert "Документы" not in page.text_of(".menu") + page.text_of("footer")
    assert "Тарифы" in page.text_of("footer")
