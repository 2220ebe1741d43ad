"""From the receipt in hand to the queue and back, as people click it."""

import secrets

import pytest

from cabinet.domain.money import Money
from cabinet.models import Account, OutboxMessage, RegistrationRequest
from tests import factories
from tests.browser.test_accessibility import assert_accessible, assert_fits

NARROW = {"width": 360, "height": 740}


@pytest.fixture
def receipt(house, stored):
    """The number of somebody's account and the sum of the last payment."""
    person = house()
    with stored():
        account = Account.get_by_id(person.account_id)
        factories.post(account, Money(-812_40))
        return account.number


def _letter(stored, kind, email):
    with stored():
        return (
            OutboxMessage.select()
            .where(OutboxMessage.kind == kind, OutboxMessage.recipient == email)
            .order_by(OutboxMessage.id.desc())
            .get()
            .context
        )


def ask(page, stored, number, email):
    """Fill the form, take the code from the letter, end on the accepted request."""
    page.goto("/registration")
    page.select_option("#branch", "kursk")
    page.fill("#account", number)
    page.fill("#amount", "812,40")
    page.fill("#email", email)
    page.check("#processing")
    page.click("#registration-form .big")
    page.wait_for_selector("#registration-code")
    page.fill("#code", _letter(stored, "registration_code", email)["code"])
    page.click("#registration-code .big")
    page.wait_for_selector(".box.ok")


@pytest.mark.long
@pytest.mark.parametrize("js", [True, False])
def test_a_receipt_leads_to_a_cabinet(open_page, sign_in, clerk, receipt, stored, js):
    email = f"{secrets.token_hex(6)}@example.org"
    page = open_page(NARROW, js=js)
    ask(page, stored, receipt, email)
    assert "принята" in page.inner_text(".box.ok")
    with stored():
        row = RegistrationRequest.get(RegistrationRequest.email == email)
        number = row.id
    staff = open_page({"width": 1280, "height": 800}, js=js)
    sign_in(staff, clerk)
    staff.goto("/staff/registrations")
    staff.click(f"form[action='/staff/registrations/{row.public_id}/open'] button")
    staff.wait_for_selector(f"text=Заявка {number},")
    if js:
        assert_accessible(page)
        assert_fits(page)
        assert_accessible(staff)
    assert "доступ открыт" in staff.inner_text("#request-queue")
    link = _letter(stored, "registration_opened", email)["link"]
    assert "/password/" in link
    assert not page.faults
    assert not staff.faults


def test_what_is_wrong_keeps_what_was_typed(open_page):
    page = open_page(NARROW)
    page.goto("/registration")
    page.fill("#account", "4600")
    page.click("#registration-form .big")
    page.wait_for_selector(".box.alert")
    assert page.input_value("#account") == "4600"
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize("path", ["", "/counter"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_back_office_has_no_fault(open_page, sign_in, clerk, path, scheme):
    page = open_page({"width": 1280, "height": 800}, scheme)
    sign_in(page, clerk)
    page.goto(f"/staff/registrations{path}")
    assert_accessible(page)
    assert_fits(page)
