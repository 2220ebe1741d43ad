"""What the office writes and the help it reads: for everybody, also by the keyboard."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from cabinet.models import Branch, Session
from tests import factories
from tests.browser.conftest import Person
from tests.browser.looks import OFFICE_LOOKS, assert_accessible, assert_fits

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def chief(stored):
    """An admin, and an office with a benefit of the branch."""
    with stored():
        branch = Branch.get(Branch.code == "kursk")
        office = factories.make_office(branch, NOW)
        benefit = factories.make_announcement(
            branch,
            NOW,
            kind="benefit",
            title="Скидка",
            whom="Ветеранам",
            papers="- Паспорт",
            law="Закон",
        )
        email = f"{secrets.token_hex(6)}@example.org"
        factories.make_staff(email=email, role="admin", branches=())
    person = Person(email, account_id=0)
    yield person, office.public_id, benefit.public_id
    with stored():
        office.delete_instance()
        benefit.delete_instance()
        Branch.update(offices_version=Branch.offices_version + 1).execute()


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_the_rooms_of_contents_and_help_have_no_fault(
    open_page, sign_in, chief, stored, width, scheme
):
    person, office, benefit = chief
    page = open_page({"width": width, "height": 740}, scheme)
    for path in ("/offices", f"/news/{benefit}"):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)
    sign_in(page, person)
    with stored():
        Session.update(sure_until=NOW + timedelta(days=1)).execute()
    for path in (
        "/staff/content",
        "/staff/content/offices",
        f"/staff/content/offices/{office}",
        f"/staff/content/offices/{office}/next",
        "/staff/announcements/benefits",
        f"/staff/announcements/{benefit}",
        "/staff/content/documents",
        "/staff/content/documents/consent-mail/2026-11",
        "/staff/content/documents/consent-mail",
        "/staff/help",
        "/staff/help/questions",
        "/staff/help/loads",
    ):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_the_key_opens_the_help_of_the_page_unless_something_is_typed(
    open_page, sign_in, clerk
):
    page = sign_in(open_page({"width": 1280, "height": 740}), clerk)
    page.goto("/staff/accounts")
    search = page.locator("main input:visible").first
    search.focus()
    page.keyboard.type("?")
    expect(search).to_have_value("?")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("h1")).to_have_text("Абоненты")
    assert page.url.endswith("/staff/help/accounts")
    page.goto("/staff/help")
    page.get_by_role("button", name="Выключить клавишу").click()
    page.goto("/staff/accounts")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.url.endswith("/staff/accounts")
    page.get_by_role("link", name="Помощь по этой странице").click()
    assert page.url.endswith("/staff/help/accounts")


def test_the_key_does_nothing_for_customers(open_page, sign_in, house):
    page = sign_in(open_page(), house())
    page.keyboard.press("?")
    assert page.url.rstrip("/").endswith(page.url.split("/")[2])
