"""Requests for work on a meter: asked for without JavaScript, planned by keyboard."""

from datetime import date

import pytest
from playwright.sync_api import expect

from cabinet.domain.requests import Hours, RequestState
from cabinet.models import Account, Branch, Crew, ServiceRequest
from tests import factories
from tests.browser.looks import assert_accessible, assert_fits

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def crew(server, stored):
    """A crew of Kursk."""
    with stored():
        kursk = Branch.get(Branch.code == "kursk")
        known = Crew.get_or_none(Crew.branch == kursk)
        return known or factories.make_crew(kursk, visits=9)


@pytest.fixture
def asked(house, stored):
    """A request that waits for a day, with words of a customer's."""
    person = house()
    with stored():
        account = Account.get_by_id(person.account_id)
        return factories.make_meter_request(
            account,
            factories.MADE_AT.replace(year=2026, month=11, day=20),
            phone="8 900 000-00-00",
            words="Домофон 38",
            first_choice=date(2026, 11, 24),
            hours="evening",
        )


def test_a_customer_asks_names_another_day_and_cancels_without_javascript(
    open_page, sign_in, house, stored
):
    person = house()
    page = sign_in(open_page(NARROW, js=False), person)
    page.click("text=Замена и проверка счётчика")
    page.check("input[value=verification]")
    page.fill("#first", "завтра")
    page.fill("#phone", "8 900 000-00-00")
    page.fill("#words", "Домофон 38")
    page.click("#request-form .big")
    expect(page.locator("#first-e")).to_contain_text("Введите дату")
    assert page.input_value("#words") == "Домофон 38"
    page.fill("#first", "24.11.2026")
    page.click("#request-form .big")
    expect(page.locator("#request")).to_contain_text("Назначим день до 25 ноября")
    assert_fits(page)
    page.fill("#days-form #first", "25.11.2026")
    page.click("#days-form button")
    expect(page.locator("#request .facts")).to_contain_text("25 ноября")
    page.click("#cancel-form button")
    expect(page.locator("#request h2").first).to_contain_text("Отменена")
    with stored():
        row = ServiceRequest.get(ServiceRequest.account == person.account_id)
        assert row.state is RequestState.CANCELLED
        assert row.first_choice == date(2026, 11, 25)


def test_an_operator_plans_a_visit_by_keyboard_and_prints_the_day(
    open_page, sign_in, clerk, crew, asked, stored
):
    page = sign_in(open_page(WIDE), clerk)
    page.goto("/staff/requests")
    page.locator(f"tbody th a >> text='{asked.id}'").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#plan-form")
    page.locator("#day").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("24.11.2026")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#request h2").first).to_contain_text("24 ноября, с 17 до 20")
    expect(page.locator("#request h2").first).to_be_focused()
    with stored():
        row = ServiceRequest.get_by_id(asked.id)
        assert (row.state, row.planned_hours) == (RequestState.PLANNED, Hours.EVENING)
    page.get_by_role("link", name="План на 24 ноября").press("Enter")
    expect(page.locator("tbody")).to_contain_text("Домофон 38")
    page.emulate_media(media="print")
    for hidden in (".menu", "#day-form", "tbody a"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator("tbody th").first.is_visible()


def test_its_pages_are_accessible_and_fit(
    open_page, sign_in, clerk, crew, asked, house, stored
):
    customer = house()
    with stored():
        factories.make_meter_request(
            Account.get_by_id(customer.account_id),
            factories.MADE_AT.replace(year=2026, month=11, day=20),
        )
    page = sign_in(open_page(NARROW), customer)
    page.goto("/requests")
    assert_accessible(page)
    assert_fits(page)
    page = sign_in(open_page(NARROW, "dark"), clerk)
    for path in ("", "/plan?day=24.11.2026", "/new", f"/{asked.public_id}"):
        page.goto(f"/staff/requests{path}")
        assert_accessible(page)
        assert_fits(page)
