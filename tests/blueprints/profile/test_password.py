"""Сменить пароль: the current one first, every other browser out."""

import pytest

from cabinet.models import AuditEntry, OutboxMessage, User
from cabinet.services import credentials
from tests import factories
from tests.browsing import Browser

NEW = "клюква-и-пять-ежей"
FORM = "#change-password-form"


def change(browser, password=NEW, current=factories.PASSWORD, **options):
    page = browser.get("/profile/password")
    return browser.submit(page, FORM, current=current, password=password, **options)


def test_it_works(app, browser, alice, account):
    other = Browser(app).sign_in(alice)
    browser.sign_in(alice)
    before = browser.client.get_cookie("sid").value
    page = change(browser)
    assert "Пароль изменён" in page.text
    assert browser.client.get_cookie("sid").value != before
    assert browser.client.get_cookie("sid").max_age
    other.get("/profile", status=302, check=False)
    thief = Browser(app)
    thief.client.set_cookie("sid", before)
    thief.get("/profile", status=302, check=False)
    assert credentials.matches(User.get_by_id(alice.id).password_hash, NEW)
    changed = AuditEntry.select().where(AuditEntry.action == "password.changed")
    assert changed.count() == 1
    letter = OutboxMessage.get()
    assert (letter.kind, letter.recipient) == ("password_changed", alice.email)
    assert "/reset" in letter.context["link"]


def test_the_way_there_is_on_the_profile(browser, alice, account):
    page = browser.sign_in(alice).get("/profile")
    assert page.select("a[href='/profile/password']")


def test_a_wrong_current_password_changes_nothing(browser, alice, account):
    browser.sign_in(alice)
    page = change(browser, current="не тот", status=422)
    assert "не подходит" in page.text_of("#current-e")
    browser.get("/profile")
    assert credentials.matches(
        User.get_by_id(alice.id).password_hash, factories.PASSWORD
    )
    assert not OutboxMessage.select().exists()


def test_it_is_not_guessed_from_a_browser_left_open(browser, alice, account, clock):
    browser.sign_in(alice)
    for _ in range(5):
        change(browser, current="не тот", status=422)
    change(browser, status=429)


@pytest.mark.parametrize(
    ("password", "told"),
    [("", "Введите новый пароль"), ("12345678", "одним из первых")],
)
def test_a_poor_password_is_told(browser, alice, account, password, told):
    browser.sign_in(alice)
    page = change(browser, password=password, status=422)
    assert told in page.text_of("#password-e")


def test_small_buttons_change_nothing(browser, alice, account):
    browser.sign_in(alice)
    page = browser.get("/profile/password")
    page = browser.submit(
        page, FORM, button=("look", "take"), current="typed", status=200
    )
    assert page.one("input[name=current]").get("value") == "typed"
    assert len(page.one("input[name=password]").get("value").split("-")) == 4
    assert not AuditEntry.select().where(AuditEntry.action.contains("password"))


def test_a_cookie_of_a_shared_computer_stays_with_the_window(app, alice, account):
    browser = Browser(app)
    browser.submit(
        browser.get("/login"),
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        shared="y",
    )
    change(browser)
    assert browser.client.get_cookie("sid").max_age is None
