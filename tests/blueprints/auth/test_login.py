import time
from datetime import timedelta

import pytest

from cabinet.models import AccountAccess, Attempt, AuditEntry, Session, User
from cabinet.services import bulkheads, credentials
from tests import factories
from tests.browsing import Browser


def test_it_works(browser, alice, account):
    page = browser.get("/login")
    page = browser.submit(
        page, "#login-form", login="alice@example.org", password=factories.PASSWORD
    )
    assert page.select("h1")[0].text == "Главная"
    assert AuditEntry.select().where(AuditEntry.action == "session.opened").count() == 1


def test_the_demonstration_is_one_step_away(browser, db):
    page = browser.get("/login")
    assert page.select("a[href='/demo']")


def test_an_account_number_signs_in_where_it_belongs_to_one_cabinet(
    browser, alice, account
):
    page = browser.get("/login")
    page = browser.submit(
        page, "#login-form", login="4600 0000 0001", password=factories.PASSWORD
    )
    assert page.select("h1")[0].text == "Главная"


@pytest.fixture
def relative(alice, account, bob):
    """Whom Alice let in."""
    AccountAccess.update(granted_by=alice).where(AccountAccess.user == bob.id).execute()
    return bob


def test_letting_relatives_in_leaves_the_number_to_the_owner(
    browser, alice, account, relative
):
    page = browser.get("/login")
    page = browser.submit(
        page, "#login-form", login=account.number, password=factories.PASSWORD
    )
    assert page.text_of("h1") == "Главная"
    assert Session.get().user == alice


def test_an_account_number_of_a_relative_only_does_not_sign_in(
    browser, account, relative
):
    page = browser.get("/login")
    AccountAccess.delete().where(AccountAccess.user != relative.id).execute()
    browser.submit(
        page,
        "#login-form",
        login=account.number,
        password=factories.PASSWORD,
        status=422,
    )


def test_who_has_no_password_does_not_take_the_number(browser, alice, account):
    never_came = factories.make_customer()
    User.update(password_hash=None).where(User.id == never_came.id).execute()
    factories.give_access(never_came, account)
    page = browser.get("/login")
    page = browser.submit(
        page, "#login-form", login=account.number, password=factories.PASSWORD
    )
    assert Session.get().user == alice


def test_an_account_number_of_two_cabinets_does_not_sign_in(
    browser, alice, account, charlie
):
    factories.give_access(charlie, account)
    page = browser.get("/login")
    browser.submit(
        page,
        "#login-form",
        login=account.number,
        password=factories.PASSWORD,
        status=422,
    )


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice@example.org", "not the password"),
        ("nobody@example.org", factories.PASSWORD),
        ("000000000000", factories.PASSWORD),
    ],
)
def test_every_failure_has_the_same_words_and_keeps_the_login(
    browser, alice, account, login, password
):
    page = browser.get("/login")
    page = browser.submit(
        page, "#login-form", login=login, password=password, status=422
    )
    assert "Почта, лицевой счёт или пароль не подходят" in page.text
    assert page.one("input[name=login]").get("value") == login
    assert page.one("input[name=password]").get("value") in (None, "")


def test_empty_fields_are_named(browser, db):
    page = browser.get("/login")
    page = browser.submit(page, "#login-form", status=422)
    assert "Введите электронную почту или лицевой счёт" in page.text
    assert "Введите пароль" in page.text
    assert page.title.startswith("Ошибка: ")


def test_a_disabled_user_is_refused_with_the_same_words(browser, alice, account, now):
    alice.disabled_at = now
    alice.save()
    page = browser.get("/login")
    page = browser.submit(
        page,
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        status=422,
    )
    assert "не подходят" in page.text


def test_the_eleventh_try_waits_and_a_right_password_then_works(
    browser, alice, account, clock
):
    page = browser.get("/login")
    for _ in range(10):
        browser.submit(page, "#login-form", login=alice.email, password="x", status=422)
    page = browser.submit(
        page,
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        status=429,
    )
    assert "Слишком много попыток" in page.text
    clock.set(clock.get() + timedelta(minutes=5))
    browser.sign_in(alice)


def test_a_right_password_is_not_counted(browser, alice, account):
    for _ in range(15):
        Browser(browser.app).sign_in(alice)


def test_it_leads_back_to_the_page_asked_for(browser, alice, account):
    answer = browser.get("/profile?x=1", status=302, check=False)
    page = browser.get(answer.headers["Location"])
    page = browser.submit(
        page, "#login-form", login=alice.email, password=factories.PASSWORD
    )
    assert page.url == "/profile?x=1"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:///evil.example",
        "/nope",
        "/logout",
        "javascript:alert(1)",
        "/profile\r\nX: y",
    ],
)
def test_it_leads_nowhere_else(browser, alice, account, target):
    page = browser.get("/login", check=False)
    page = browser.submit(
        page,
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        next=target,
    )
    assert page.url == "/"


def test_signing_in_changes_the_cookie_and_voids_old_forms(browser, alice, account):
    before = browser.get("/login")
    old = before.one("#login-form input[name=csrf_token]").get("value")
    browser.submit(
        before, "#login-form", login=alice.email, password=factories.PASSWORD
    )
    browser.post("/logout", {"csrf_token": old}, status=400)


def test_a_copied_cookie_is_dead_after_signing_out(app, browser, alice, account):
    browser.sign_in(alice)
    thief = Browser(app)
    thief.client.set_cookie("sid", browser.client.get_cookie("sid").value)
    thief.get("/profile")
    page = browser.get("/profile")
    form = page.select("form[action='/logout']")
    assert len(form) == 1
    token = form[0].xpath(".//input[@name='csrf_token']/@value")[0]
    answer = browser.post("/logout", {"csrf_token": token}, status=303, check=False)
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    thief.get("/profile", status=302, check=False)
    browser.get("/profile", status=302, check=False)


def test_a_shared_computer_is_forgotten_after_half_an_hour(
    browser, alice, account, clock
):
    page = browser.get("/login")
    browser.submit(
        page,
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        shared="y",
    )
    clock.set(clock.get() + timedelta(minutes=29))
    browser.get("/profile")
    clock.set(clock.get() + timedelta(minutes=31))
    browser.get("/profile", status=302, check=False)


def test_an_own_device_is_remembered_for_thirty_days(browser, alice, account, clock):
    browser.sign_in(alice)
    clock.set(clock.get() + timedelta(days=29))
    browser.get("/profile")
    clock.set(clock.get() + timedelta(days=2))
    browser.get("/profile", status=302, check=False)


def test_a_shared_computers_cookie_goes_with_the_window(app, alice, account):
    for shared, is_kept in (({"shared": "y"}, False), ({}, True)):
        browser = Browser(app)
        page = browser.get("/login")
        assert browser.client.get_cookie("sid").max_age is None
        browser.submit(
            page,
            "#login-form",
            login=alice.email,
            password=factories.PASSWORD,
            **shared,
        )
        cookie = browser.client.get_cookie("sid")
        assert (cookie.max_age == 30 * 24 * 3600) is is_kept
        assert cookie.http_only
        assert cookie.same_site == "Lax"


def test_a_shared_computer_keeps_no_typed_digits(app, alice, meter):
    own = Browser(app).sign_in(alice).get("/readings")
    assert own.select("[data-draft]")
    browser = Browser(app)
    browser.submit(
        browser.get("/login"),
        "#login-form",
        login=alice.email,
        password=factories.PASSWORD,
        shared="y",
    )
    assert not browser.get("/readings").select("[data-draft]")


def test_staff_stay_for_a_window_and_twelve_hours(browser, db, clock):
    browser.sign_in(factories.make_staff())
    assert browser.client.get_cookie("sid").max_age is None
    for _ in range(25):
        clock.set(clock.get() + timedelta(minutes=28))
        browser.get("/staff/")
    clock.set(clock.get() + timedelta(minutes=29))
    browser.get("/staff/", status=302, check=False)


def test_the_eleventh_device_ends_the_oldest(app, alice, account, clock):
    first = Browser(app).sign_in(alice)
    for _ in range(10):
        clock.set(clock.get() + timedelta(minutes=1))
        Browser(app).sign_in(alice)
    first.get("/profile", status=302, check=False)
    assert Session.select().where(Session.revoked_at.is_null()).count() == 10


def test_only_the_hash_of_the_cookie_is_kept(browser, alice, account):
    browser.sign_in(alice)
    sid = browser.client.get_cookie("sid").value
    kept = [row.sid_hash for row in Session.select()]
    assert sid not in kept
    assert all(len(value) == 64 for value in kept)


def test_when_too_many_passwords_are_checked_it_asks_to_come_again(
    browser, alice, account, monkeypatch
):
    page = browser.get("/login")
    typed = {"login": alice.email, "password": factories.PASSWORD}
    places = bulkheads.Bulkhead("passwords", most=1, waiting=1)
    monkeypatch.setattr(bulkheads, "PASSWORDS", places)
    with places.place():
        began = time.monotonic()
        busy = browser.submit(page, "#login-form", status=503, **typed)
        assert bulkheads.PATIENCE <= time.monotonic() - began < 8
        assert busy.headers["Retry-After"] == "5"
        assert "слишком много людей" in busy.text_of("h1")
        browser.get("/login")
    assert [row.count for row in Attempt.select() if row.count] == []
    page = browser.submit(page, "#login-form", **typed)
    assert page.text_of("h1") == "Главная"


def test_a_failed_check_gives_its_slot_back(monkeypatch):
    places = bulkheads.Bulkhead("passwords", most=1, waiting=0)
    monkeypatch.setattr(bulkheads, "PASSWORDS", places)
    for _ in range(3):
        assert not credentials.matches(None, "x")
        assert credentials.matches(factories.password_hash(), factories.PASSWORD)
