"""Приём карт: a shop is set by its page, its key is never shown, customers may pay."""

import pytest

from cabinet.config import acquirers
from cabinet.gateways import shops as gateway_shops
from cabinet.models import AcquirerShop
from tests import factories
from tests.browsing import Browser

SHOPS = "/staff/settings/shops"
SECRET = "live_canary-of-a-page"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(gateway_shops, "LOOK_SECONDS", 0.0)


@pytest.fixture
def admin(browser, db):
    return browser.sign_in(factories.make_staff("admin@example.org", "admin"))


def add(browser, *, status=None, **fields):
    said = {
        "name": "main",
        "login": "100500",
        "branches": ["kursk"],
        "password": SECRET,
    }
    page = browser.get("/staff/settings/new-shop")
    return browser.submit(page, "#shop-form", status=status, **{**said, **fields})


def test_a_shop_is_added_and_customers_may_pay(app, admin, alice, account):
    customer = Browser(app).sign_in(alice)
    assert not customer.get("/pay").select("input[name=sum], #pay-form")
    page = add(admin)
    assert "Задан, изменён 22 ноября 12:00" in page.text_of("#password-h")
    assert customer.get("/pay").select("#pay-form")
    assert "http://localhost/webhooks/main" in page.text


def test_a_key_is_on_no_page(admin):
    add(admin)
    for url in (SHOPS, f"{SHOPS}/main", "/staff/settings/changes"):
        assert SECRET not in admin.get(url).html
    wrong = admin.submit(
        admin.get(f"{SHOPS}/main"), "#shop-form", status=422, login="", password=SECRET
    )
    assert SECRET not in wrong.html


def test_what_cannot_be_is_told_at_its_field(admin):
    page = add(admin, status=422, password="", branches=[], most_roubles="много")
    assert "Введите секретный ключ" in page.text_of("#password-e")
    assert "Отметьте хотя бы один филиал" in page.text_of("#branches-e")
    assert "от 1 до 1 000 000" in page.text_of("#most_roubles-e")
    assert page.one("#login").get("value") == "100500"
    assert not AcquirerShop.select().exists()
    add(admin)
    again = add(admin, status=422)
    assert "Магазин с таким названием уже есть" in again.text


def test_two_at_once_see_what_the_other_set(app, admin):
    add(admin)
    page = admin.get(f"{SHOPS}/main")
    other = Browser(app).sign_in(factories.make_staff("b@example.org", "admin"))
    other.submit(other.get(f"{SHOPS}/main"), "#shop-form", most_roubles="7000")
    stale = admin.submit(page, "#shop-form", status=409, most_roubles="9000")
    assert "Наибольший платёж сейчас: 7000" in stale.text
    assert stale.one("#most_roubles").get("value") == "9000"
    admin.submit(stale, "#shop-form")
    last = AcquirerShop.select().order_by(AcquirerShop.version.desc()).get()
    assert last.config["most_roubles"] == 9000


def test_a_shop_is_closed_and_put_back(admin):
    add(admin)
    page = admin.get(f"{SHOPS}/main")
    data = {
        name: page.one(f"#shop-form [name={name}]").get("value")
        for name in ("csrf_token", "version", "login")
    }
    data |= {"provider": "yookassa", "branches": "kursk", "methods": "card"}
    data |= {"receipts": "y", "vat_code": "11", "most_roubles": "100000"}
    admin.post(f"{SHOPS}/main", data, status=303)
    assert "не принимает новых платежей" in admin.get(SHOPS).text
    admin.submit(admin.get(f"{SHOPS}/main"), "form[action$='/revert']")
    assert "принимает платежи" in admin.get(SHOPS).text


def test_a_bank_that_is_away_is_told(admin, app, monkeypatch):
    # Nobody listens at this port.
    monkeypatch.setitem(acquirers.BASE_URLS, "yookassa", "http://127.0.0.1:9/")
    add(admin)
    page = admin.submit(admin.get(SHOPS), "form[action$='/check']", status=200)
    assert "Банк не ответил" in page.text
