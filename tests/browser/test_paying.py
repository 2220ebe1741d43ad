"""Paying from home to the receipt through the practice bank, with JavaScript and without."""

import pytest

from cabinet.domain.money import Money
from cabinet.emulator.cards import CARDS, Deed
from cabinet.models import Account, Payment, PaymentAttempt
from tests import factories
from tests.browser.looks import LOOKS, OVERFLOW, assert_accessible, assert_fits

BY_DEED = {card.deed: card.number for card in reversed(CARDS)}


@pytest.fixture
def portal(town, chromium):
    """A town of one customer who owes, and pages in which she has signed in."""
    made, (cookie,) = town(1)
    account = Account.get()
    factories.make_bill(account, charged="812,40")
    contexts = []

    def open_(*, js=True, width=360, scheme="light", signed_in=True):
        context = chromium.new_context(
            base_url=made.origin,
            viewport={"width": width, "height": 740},
            color_scheme=scheme,
            locale="ru-RU",
            java_script_enabled=js,
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        if signed_in:
            context.add_cookies([{"name": "sid", "value": cookie, "url": made.origin}])
        contexts.append(context)
        return context.new_page()

    with made:
        yield open_
        for context in contexts:
            context.close()


def pay_at_the_bank(page, deed):
    page.fill("#card", BY_DEED[deed])
    page.fill("#date", "12/30")
    page.fill("#cvc", "123")
    page.click("main button >> nth=0")
    if deed is Deed.ASKS_CODE:
        page.fill("#code", "123456")
        page.click("main button >> nth=0")


def await_end(page, words, *, js):
    """Wait as a person does: without JavaScript by the link «Обновить»."""
    for _ in range(40):
        if words in page.content().replace("&nbsp;", " ").replace("\u00a0", " "):
            return
        if js:
            page.wait_for_timeout(500)
        else:
            page.click("#pay-state a.btn")
    raise AssertionError(page.inner_text("main"))


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_from_home_to_the_receipt(portal, js):
    page = portal(js=js)
    check = assert_accessible if js else lambda _page: None
    page.goto("/")
    page.click("main a:text('Оплатить')")
    check(page)
    assert page.input_value("#pay-form input[name^=sum_]") == "812,40"
    page.click("#pay-form button >> nth=0")
    pay_at_the_bank(page, Deed.REFUSED)
    await_end(page, "Платёж не прошёл", js=js)
    check(page)
    page.click("main a:text('Оплатить ещё раз')")
    page.click("#pay-form button >> nth=0")
    pay_at_the_bank(page, Deed.ASKS_CODE)
    await_end(page, "Платёж прошёл", js=js)
    check(page)
    with page.expect_download() as file:
        page.click("main a:text('Скачать квитанцию')")
    assert file.value.suggested_filename.startswith("Квитанция об оплате")
    page.goto("/")
    assert "Всё оплачено" in page.inner_text("main")
    assert Account.get().balance == Money(0)


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_double_tap_begins_one_payment(portal, js):
    page = portal(js=js)
    page.goto("/pay")
    sent = []
    page.on("request", lambda one: sent.append(one.method))
    page.dblclick("#pay-form button >> nth=0")
    page.wait_for_selector("#card")
    assert sent.count("POST") >= 1
    assert Payment.select().count() == PaymentAttempt.select().count() == 1
    # And a third tap, from the page that Back leads to.
    page.go_back()
    page.dblclick("#pay-form button >> nth=0")
    page.wait_for_selector("#card")
    assert Payment.select().count() == PaymentAttempt.select().count() == 1


@pytest.mark.parametrize("js", [True, False], ids=["js", "plain"])
def test_a_guest_pays(portal, js):
    page = portal(js=js, signed_in=False)
    page.goto("/login")
    page.click("text=Оплатить без комиссии")
    page.wait_for_url("**/guest/pay")
    page.fill("#number", Account.get().number)
    page.fill("#amount", "500")
    page.fill("#email", "guest@example.org")
    page.click("#guest-pay-form button")
    pay_at_the_bank(page, Deed.PAYS)
    await_end(page, "Платёж прошёл", js=js)
    assert Account.get().balance == Money(312_40)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_of_paying_have_no_fault(portal, width, scheme):
    page = portal(width=width, scheme=scheme)
    page.goto("/guest/pay")
    assert_accessible(page)
    assert_fits(page)
    page.goto("/pay")
    assert_accessible(page)
    assert_fits(page)
    page.fill("#pay-form input[name^=sum_]", "много")
    page.click("#pay-form button >> nth=0")
    page.wait_for_selector(".err")
    assert_accessible(page)
    page.fill("#pay-form input[name^=sum_]", "9999")
    page.click("#pay-form button >> nth=0")
    page.wait_for_selector("#pay-check")
    assert_accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    page.click("#pay-sure button >> nth=0")
    pay_at_the_bank(page, Deed.ASKS_CODE)
    page.wait_for_selector("#pay-state")
    assert_accessible(page)
    await_end(page, "Платёж прошёл", js=True)
    assert_accessible(page)
    assert_fits(page)
    # More was paid than was owed: the next payment is an advance.
    page.goto("/pay")
    page.fill("#pay-form input[name^=sum_]", "300")
    page.click("#pay-form button >> nth=0")
    page.wait_for_selector("#pay-check:has-text('Долга нет')")
    assert_accessible(page)
    assert_fits(page)
