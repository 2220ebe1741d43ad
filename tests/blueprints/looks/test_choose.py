"""Larger text and stronger colours: two buttons, a cookie, no script."""

import dataclasses

import pytest

from cabinet.app import create_app
from cabinet.web import looks
from tests import factories
from tests.browsing import Browser

FORM = "form[action='/looks']"
LARGE = ("large", "1")
STRONG = ("strong", "1")


@pytest.fixture
def styles(app):
    return app.extensions["cabinet.statics"].styles


def style_of(page):
    return page.one("link[rel=stylesheet]").get("href")


def pressed(page):
    return [b.get("aria-pressed") for b in page.select(f"{FORM} button")]


def test_it_works_before_signing_in(browser, db, styles):
    page = browser.get("/login")
    assert style_of(page) == styles[looks.USUAL].path
    assert pressed(page) == ["false", "false"]
    page = browser.submit(page, FORM, button=LARGE)
    assert page.url == "/login"
    assert style_of(page) == styles[looks.Looks(is_large=True)].path
    assert pressed(page) == ["true", "false"]
    page = browser.submit(page, FORM, button=STRONG)
    assert style_of(page) == styles[looks.Looks(is_large=True, is_strong=True)].path
    assert browser.get(style_of(page), check=False).status == 200


def test_pressed_again_it_is_off_and_forgotten(browser, db, styles):
    page = browser.submit(browser.get("/login"), FORM, button=STRONG)
    assert browser.client.get_cookie("looks").value == "strong"
    page = browser.submit(page, FORM, button=("strong", "0"))
    assert style_of(page) == styles[looks.USUAL].path
    assert browser.client.get_cookie("looks") is None


def test_every_page_has_the_buttons(app, alice, account, meter):
    mine = Browser(app).sign_in(alice)
    for url in ("/", "/readings", "/history", "/bills", "/tariffs", "/profile"):
        assert pressed(mine.get(url)) == ["false", "false"], url
    staff = Browser(app).sign_in(factories.make_staff())
    for url in ("/staff/", "/profile", "/demo"):
        assert pressed(staff.get(url)) == ["false", "false"], url


def test_it_comes_back_to_the_very_page(browser, alice, account, meter):
    page = browser.sign_in(alice).get("/history?months=all")
    page = browser.submit(page, FORM, button=LARGE)
    assert page.url == "/history?months=all"


def test_a_page_of_errors_looks_the_same_way(browser, db, styles):
    browser.submit(browser.get("/login"), FORM, button=LARGE)
    page = browser.get("/nowhere", status=404)
    assert style_of(page) == styles[looks.Looks(is_large=True)].path


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil", "/logout", ""]
)
def test_it_leads_nowhere_else(browser, db, target):
    page = browser.get("/login")
    answer = browser.post("/looks", _data(page, large="1", next=target), status=303)
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "wrong",
    [{}, {"large": "2"}, {"large": ""}, {"huge": "1"}, {"large": "1", "strong": "1"}],
)
def test_an_odd_wish_is_refused(browser, db, wrong):
    page = browser.get("/login")
    browser.post("/looks", _data(page, **wrong), status=400)
    assert browser.client.get_cookie("looks") is None


@pytest.mark.parametrize("odd", ["huge", "strong-large", "<b>", "large-large"])
def test_an_odd_cookie_is_the_usual_look(browser, db, styles, odd):
    browser.client.set_cookie("looks", odd)
    assert style_of(browser.get("/login")) == styles[looks.USUAL].path


def test_the_choice_lasts_a_year_and_stays_after_signing_out(browser, alice, account):
    page = browser.submit(browser.sign_in(alice).get("/profile"), FORM, button=LARGE)
    cookie = browser.client.get_cookie("looks")
    assert cookie.max_age == 365 * 24 * 3600
    assert (cookie.same_site, cookie.http_only, cookie.secure) == ("Lax", True, False)
    page = browser.submit(page, "form[action='/logout']")
    assert pressed(page) == ["true", "false"]


def test_over_https_the_cookie_is_secure(settings, db):
    app = create_app(dataclasses.replace(settings, public_url="https://localhost"))
    client = app.test_client()
    page = client.get("/login", base_url="https://localhost")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = client.post(
        "/looks",
        base_url="https://localhost",
        data={"csrf_token": token, "large": "1"},
        headers={"Referer": "https://localhost/login"},
    )
    assert answer.status_code == 303
    kept = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("looks=")]
    assert "Secure" in kept[0]


def _data(page, **values):
    token = page.one(f"{FORM} input[name=csrf_token]").get("value")
    return {"csrf_token": token, **values}
