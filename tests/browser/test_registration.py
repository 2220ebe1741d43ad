"""From the receipt in hand to the queue and back, as people click it."""

import gzip
import secrets
from urllib.parse import urlsplit

import pytest

from bench.browser import KB, Taps, Wire
from cabinet.domain.money import Money
from cabinet.models import Account, OutboxMessage, RegistrationRequest
from tests import factories
from tests.browser.looks import assert_accessible, assert_fits

NARROW = {"width": 360, "height": 740}
#: The same budgets as every page has; see docs/bench.md.
FORM = 4 * KB
FIRST_VISIT = 28 * KB
FIRST_VISIT_WITHOUT_SCRIPT = 9 * KB
#: The two consents, each a box of its own.
CHOICES = ("processing", "letters")
#: The code of a receipt is in place of the sum.
ASKED = ["branch", "account", "amount", "receipt_code", "email", *CHOICES]


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


@pytest.mark.parametrize("js", [True, False])
def test_the_form_is_light_and_two_taps_long(open_page, receipt, stored, js):
    """Four fields and the consents, sent once, and the code of the letter, sent once."""
    page = open_page(NARROW, js=js)
    wire, taps = Wire(page), Taps()
    answer = page.goto("/registration", wait_until="networkidle")
    assert len(gzip.compress(answer.body(), 6)) <= FORM
    assert wire.bytes <= (FIRST_VISIT if js else FIRST_VISIT_WITHOUT_SCRIPT)
    assert wire.requests <= 4
    assert wire.hosts == {urlsplit(page.url).netloc}
    fields = page.locator("#registration-form").locator("input, select")
    asked = [each.get_attribute("name") for each in fields.all() if each.is_visible()]
    assert asked == ASKED
    assert not any(page.is_checked(f"[name={name}]") for name in CHOICES)
    email = f"{secrets.token_hex(6)}@example.org"
    page.select_option("#branch", "kursk")
    page.fill("#account", receipt)
    page.fill("#amount", "812,40")
    page.fill("#email", email)
    page.check("#processing")
    taps.tap(page.locator("#registration-form .big"))
    page.wait_for_selector("#registration-code")
    page.fill("#code", _letter(stored, "registration_code", email)["code"])
    taps.tap(page.locator("#registration-code .big"))
    page.wait_for_selector(".box.ok")
    assert "принята" in page.inner_text(".box.ok")
    assert taps.count == 2


@pytest.mark.parametrize("js", [True, False])
def test_leaving_takes_three_taps_from_where_it_is_found(open_page, sign_in, house, js):
    page, taps = open_page(NARROW, js=js), Taps()
    person = house()
    sign_in(page, person)
    page.goto("/profile")
    taps.tap(page.get_by_role("link", name="Отменить регистрацию"))
    taps.tap(page.locator("main").get_by_role("link", name="Закрыть кабинет"))
    page.fill("#closing-form [name=password]", person.password)
    taps.tap(page.locator("#closing-form .big"))
    page.wait_for_selector("text=Передумать, оставить кабинет")
    assert taps.count == 3


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
