import pytest

from cabinet.domain.metering import ReadingState
from cabinet.web.words import STAFF_MENU, section_of
from tests import factories


@pytest.fixture
def waiting(account, meter):
    return factories.make_reading(
        meter,
        "2026-11",
        (94500,),
        state=ReadingState.NEEDS_REVIEW,
        reason="review",
        comment="Меняли проводку <b>сами</b>",
    )


def test_it_lists_what_waits_in_the_branch(browser, waiting, account):
    page = browser.sign_in(factories.make_staff()).get("/staff/")
    assert "Ждут проверки: 1" in page.text
    assert "4600 0000 0001" in page.text
    assert "<b>сами" not in page.html


def test_another_branch_sees_nothing(browser, waiting):
    factories.make_branch("tver", name="Тверь")
    page = browser.sign_in(factories.make_staff(branches=("tver",))).get("/staff/")
    assert "Всё проверено" in page.text


def test_an_admin_sees_every_branch(browser, waiting):
    admin = factories.make_staff("admin@example.org", role="admin", branches=())
    page = browser.sign_in(admin).get("/staff/")
    assert "Ждут проверки: 1" in page.text


def test_a_customer_sees_no_such_page(browser, alice, account):
    browser.sign_in(alice).get("/staff/", status=404)


def test_staff_have_a_profile_and_no_customer_pages(browser, db):
    browser.sign_in(factories.make_staff())
    browser.get("/profile")
    for url in ("/readings", "/bills", "/tariffs"):
        browser.get(url, status=404)


def test_a_page_stands_under_one_line_of_the_menu(browser):
    sections = [section_of(endpoint) for endpoint, _ in STAFF_MENU]
    assert len(set(sections)) == len(sections)
    browser.sign_in(factories.make_staff())
    for path, line in (
        ("/staff/quarantine", "Карантин загрузок"),
        ("/staff/unrecognised", "Платежи не распознаны"),
        ("/staff/loads", "Загрузки"),
        ("/staff/profiles", "Загрузки"),
    ):
        (current,) = browser.get(path).select("nav [aria-current=page]")
        assert current.text == line
