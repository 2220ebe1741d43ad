"""The practice bank's pages in a real browser: every width, light and dark, no fault."""

import pytest

from tests.browser.looks import LOOKS, assert_accessible
from tests.emulator.running import Bank, Shop
from tests.emulator.test_faults import card
from tests.emulator.test_yookassa import PLAIN, create, read

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
LOW = """() => [...document.querySelectorAll('input, button, a')]
  .map((e) => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    bank = Bank(tmp_path_factory.mktemp("bank"), "--pace", "0.01")
    bank.start()
    yield bank
    bank.stop()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def open_bank(chromium, bank):
    contexts = []

    def open_(width=360, scheme="light", *, js=True):
        context = chromium.new_context(
            base_url=bank.url,
            viewport={"width": width, "height": 740},
            color_scheme=scheme,
            locale="ru-RU",
            java_script_enabled=js,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on(
            "console", lambda m: page.faults.append(m.text) if m.type == "error" else 0
        )
        return page

    yield open_
    for context in contexts:
        context.close()


def type_card(page, number):
    page.fill("#card", number)
    page.fill("#date", "12/30")
    page.fill("#cvc", "123")


def assert_good(page):
    assert_accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(LOW) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_of_the_bank_has_no_fault(open_bank, bank, width, scheme):
    page = open_bank(width, scheme)
    made = create(bank)
    url = made["confirmation"]["confirmation_url"]
    page.goto(url)
    assert_good(page)
    page.click("button:not(.plain)")
    page.wait_for_selector(".err")
    assert_good(page)
    type_card(page, card("asks_code"))
    page.click("button:not(.plain)")
    page.wait_for_url("**/acs/*")
    assert_good(page)
    page.fill("#code", "1")
    page.click("button:not(.plain)")
    page.wait_for_selector(".err")
    assert_good(page)
    sbp = create(bank, payment_method_data={"type": "sbp"})
    page.goto(sbp["confirmation"]["confirmation_url"])
    assert page.url.endswith(f"/sbp/{sbp['id']}")
    assert_good(page)
    page.goto("/pay/none")
    assert_good(page)
    # A refused form and a missing page are errors for the console, and nothing else is.
    assert all("status of 4" in fault for fault in page.faults)


@pytest.mark.parametrize("js", [True, False])
def test_a_customer_pays_and_comes_back_to_the_shop(open_bank, bank, shop, js):
    page = open_bank(js=js)
    made = create(bank, shop)
    page.goto(made["confirmation"]["confirmation_url"])
    type_card(page, card("asks_code"))
    page.click("button:not(.plain)")
    page.wait_for_url("**/acs/*")
    page.fill("#code", "123456")
    page.click("button:not(.plain)")
    # Another origin: the page's own policy must let the answer lead there.
    page.wait_for_url(f"{shop.url}/pay/done")
    assert read(bank, made)["status"] == "succeeded"
    page.go_back()
    page.goto(made["confirmation"]["confirmation_url"])
    page.wait_for_url(f"{shop.url}/pay/done")
    assert page.faults == []


def test_a_customer_pays_by_keyboard_alone(open_bank, bank, shop):
    page = open_bank()
    made = create(bank, shop)
    page.goto(made["confirmation"]["confirmation_url"])
    for text in (PLAIN, "12/30", "123"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/pay/done")
    assert read(bank, made)["status"] == "succeeded"


def test_a_customer_leaves(open_bank, bank, shop):
    page = open_bank()
    made = create(bank, shop)
    page.goto(made["confirmation"]["confirmation_url"])
    page.click("button.plain")
    page.wait_for_url(f"{shop.url}/pay/done")
    assert read(bank, made)["status"] == "canceled"
