"""Paying without signing in: a number and a sum, and nothing told of the account."""

from dataclasses import replace

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen
from cabinet.gateways import open_gateway
from cabinet.gateways.shops import Shops
from cabinet.models import Account, AuditEntry, Payment
from cabinet.services import limits
from cabinet.services.payments import asking
from tests import factories
from tests.browsing import Browser

MARKS = ("1000,50", "812,40", "Петрова", "ул.")


@pytest.fixture
def guest(portal, owing):
    return Browser(portal)


def fill(browser, page=None, *, htmx=False, status=303, **fields):
    form = (page or browser.get("/guest/pay")).one("#guest-pay-form")
    hidden = {each.get("name"): each.get("value") for each in form.xpath(".//input")}
    typed = {"number": "4600 0000 0001", "amount": "500", "email": "a@example.org"}
    data = {name: value or "" for name, value in (hidden | typed | fields).items()}
    return browser.post("/guest/pay", data, htmx=htmx, status=status)


def test_the_way_to_it_is_on_the_sign_in_page_where_cards_are_taken(guest, portal):
    link = "main a[href='/guest/pay']"
    assert guest.get("/login").one(link).text == "Оплатить без комиссии"
    portal.extensions["cabinet.shops"] = Shops((), open_gateway)
    assert not guest.get("/login").select(link)


def test_a_guest_pays_and_is_told_nothing_of_the_account(guest, bank, portal, now):
    answer = fill(guest)
    assert answer.headers["Location"] == "https://bank.example/bank-1"
    payment = Payment.get()
    assert (payment.user_id, payment.email) == (None, "a@example.org")
    here = f"/guest/pay/{payment.public_id}"
    assert bank.orders[0].return_url == f"http://localhost{here}"
    page = guest.get(here)
    assert not [mark for mark in MARKS if mark in page.html]
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    asking.ask_due(portal.extensions["cabinet.shops"], now=payment.ask_at)
    page = guest.get(here)
    assert "Платёж прошёл" in page.text
    assert not [mark for mark in MARKS if mark in page.html]
    assert guest.get(f"{here}/receipt.pdf").body.startswith(b"%PDF")
    assert Account.get().balance == Money(500_50)


@pytest.mark.parametrize("kopecks", [0, 10, -500_00, 900_000_00])
def test_a_guest_learns_nothing_of_the_debt_from_the_sum(guest, bank, kopecks):
    """Where nothing is owed, or much less, the way is the same as with any debt."""
    Account.update(balance=Money(kopecks)).execute()
    answer = fill(guest, amount="90000")
    assert answer.headers["Location"] == "https://bank.example/bank-1"
    assert bank.orders[0].amount == Money(90_000_00)


def test_a_guest_is_told_the_ceiling_of_the_shop(guest, bank, portal):
    made = replace(bank.shop, most_roubles=5_000)
    portal.extensions["cabinet.shops"] = Shops([made], lambda _shop: bank)
    refused = fill(guest, amount="5000,01", status=422)
    assert "до 5 000,00 ₽" in refused.text.replace("\u00a0", " ")
    assert Payment.select().count() == 0


def test_with_htmx_the_window_goes_to_the_bank(guest):
    answer = fill(guest, htmx=True, status=200)
    assert answer.headers["HX-Redirect"] == "https://bank.example/bank-1"


def test_a_link_of_the_receipt_fills_the_form_in(guest):
    page = guest.get("/guest/pay?account=460000000001&sum=812,40")
    assert page.one("#number").get("value") == "460000000001"
    assert page.one("#amount").get("value") == "812,40"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("number", "", "Введите лицевой счёт"),
        ("number", "46o000000001", "только цифры"),
        ("number", "460000000002", "Не нашли такой лицевой счёт"),
        ("amount", "", "Введите сумму"),
        ("amount", "пять", "Введите сумму"),
        ("amount", "-1", "Введите сумму"),
        ("amount", "0", "За один раз можно заплатить от"),
        ("amount", "0,99", "За один раз можно заплатить от"),
        ("amount", "200000", "За один раз можно заплатить от"),
        ("email", "", "Введите электронную почту"),
        ("email", "a@", "Введите почту целиком"),
    ],
)
def test_what_is_wrong_stands_at_its_field(guest, field, typed, words, htmx):
    page = fill(guest, status=422, htmx=htmx, **{field: typed})
    assert words in page.text_of(f"#{field}-e")
    assert page.one(f"#{field}").get("value", "") == typed
    assert Payment.select().count() == 0


def test_an_organisation_is_not_found(guest):
    factories.make_account(number="460000000088", kind="organisation")
    page = fill(guest, status=422, number="460000000088")
    assert "Не нашли" in page.text


def test_a_branch_without_a_shop_says_how_else(guest):
    tver = factories.make_branch("tver", name="Тверь")
    factories.make_account(number="690000000001", branch=tver)
    page = fill(guest, status=422, number="690000000001")
    assert "по коду с квитанции" in page.text


def test_guessing_numbers_ends(guest):
    for number in range(limits.GUEST_PAY_MISS_HOUR.most):
        fill(guest, status=422, number=f"46000000{number:04}"[:12] + "9")
    fill(guest, status=429)
    assert (
        AuditEntry.select().where(AuditEntry.action == "guest_payment.unknown").count()
        == limits.GUEST_PAY_MISS_HOUR.most
    )


def test_payments_begun_at_one_address_are_counted(guest, portal, monkeypatch):
    monkeypatch.setattr(
        limits, "PAYMENT_ADDRESS", limits.Limit("payment-address", 2, 3600)
    )
    for turn in range(2):
        fill(guest, amount=str(100 + turn))
    fill(guest, status=429, amount="200")
    assert Payment.select().count() == 2
    other = Browser(portal)
    other.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    fill(other, amount="300")
    assert Payment.select().count() == 3


def test_paying_is_not_guessing(guest):
    for turn in range(3):
        fill(guest, amount=str(100 + turn))
    assert Payment.select().count() == 3


def test_many_open_payments_of_an_account_wait(guest):
    for turn in range(3):
        fill(guest, amount=str(100 + turn))
    page = fill(guest, status=409, amount="200")
    assert "уже идут платежи" in page.text


def test_the_same_form_again_is_the_same_payment(guest):
    page = guest.get("/guest/pay")
    first, second = (fill(guest, page) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Payment.select().count() == 1
    changed = fill(guest, page, status=409, amount="600")
    assert "Данные изменились" in changed.text


def test_another_guest_of_the_same_sum_has_a_payment_of_their_own(guest, portal):
    fill(guest)
    fill(Browser(portal))
    assert Payment.select().count() == 2


def test_a_customers_payment_has_no_page_for_guests(guest, portal, alice, owing):
    her = Browser(portal).sign_in(alice)
    page = her.get("/pay")
    form = page.one("#pay-form")
    data = {e.get("name"): e.get("value") or "" for e in form.xpath(".//input")}
    her.post("/pay", data, status=303)
    guest.get(f"/guest/pay/{Payment.get().public_id}", status=404)
    guest.get(f"/guest/pay/{Payment.get().public_id}/receipt.pdf", status=404)
