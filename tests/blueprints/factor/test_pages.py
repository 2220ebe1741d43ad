"""Staff show a second factor before any page of theirs; others never see it."""

import re
from datetime import timedelta

import pytest

from cabinet.models import (
    AuditEntry,
    OutboxMessage,
    RecoveryCode,
    SecondFactor,
    Session,
)
from cabinet.services import factors
from tests import factories
from tests.browsing import Browser

CODE = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}")


@pytest.fixture
def operator(db):
    return factories.make_staff()


@pytest.fixture
def newcomer(db):
    """A member of staff who never signed in."""
    return factories.make_customer("new@example.org", role="supervisor")


def enter_password(browser, user, path="/login"):
    return browser.submit(
        browser.get(path), "#login-form", login=user.email, password=factories.PASSWORD
    )


def enrol(browser, user, now):
    page = enter_password(browser, user)
    secret = secret_of(page)
    return secret, browser.submit(
        page, "#enrol-form", code=factors.code_at(secret, now), status=200
    )


def secret_of(page):
    return "".join(span.text for span in page.select("b .nowrap"))


def letters():
    return [row.context["event"] for row in OutboxMessage.select()]


def test_a_code_comes_after_the_password(browser, operator):
    page = enter_password(browser, operator)
    assert page.text_of("h1") == "Код из приложения"
    before = browser.client.get_cookie("sid").value
    page = browser.submit(page, "#factor-form", code=browser.code())
    assert page.url.startswith("/staff")
    assert browser.client.get_cookie("sid").value != before
    assert browser.client.get_cookie("sid").max_age is None
    assert AuditEntry.get(AuditEntry.action == "factor.shown").actor_id == operator.id


def test_no_page_opens_with_the_password_alone(browser, operator, newcomer):
    for user, first in ((operator, "/factor"), (newcomer, "/factor/enrol")):
        enter_password(browser, user)
        for url in ("/", "/staff/", "/profile", "/profile/password", "/factor/sure"):
            answer = browser.get(url, status=302, check=False)
            assert answer.headers["Location"].startswith("/factor")
        answer = browser.get("/staff/", htmx=True, status=401, check=False)
        assert answer.headers["HX-Redirect"] == "/factor"
        page = browser.get(first)
        assert not page.select("a[href='/profile']")


def test_it_leads_back_to_the_page_asked_for(app, browser, operator):
    answer = browser.get("/profile", status=302, check=False)
    page = enter_password(browser, operator, answer.headers["Location"])
    page = browser.submit(page, "#factor-form", code=browser.code())
    assert page.url == "/profile"
    browser = Browser(app)
    enter_password(browser, operator)
    answer = browser.get("/profile", status=302, check=False)
    assert answer.headers["Location"] == "/factor?next=/profile"


def test_it_leads_nowhere_else(browser, operator):
    page = enter_password(browser, operator)
    page = browser.submit(
        page, "#factor-form", code=browser.code(), next="//evil.example"
    )
    assert page.url.startswith("/staff")


@pytest.mark.parametrize(
    ("code", "told"),
    [("", "Введите 6 цифр"), ("000000", "не подходит"), ("я" * 41, "больше 40 знаков")],
)
def test_a_wrong_code_is_told(browser, operator, code, told):
    page = enter_password(browser, operator)
    page = browser.submit(page, "#factor-form", code=code, status=422)
    assert told in page.text_of("#code-e")
    browser.get("/staff/", status=302, check=False)


def test_a_code_works_once(app, operator):
    first, second = Browser(app), Browser(app)
    pages = [enter_password(each, operator) for each in (first, second)]
    first.submit(pages[0], "#factor-form", code=first.code())
    page = second.submit(pages[1], "#factor-form", code=first.code(), status=422)
    assert "уже использован" in page.text_of("#code-e")


def test_the_sixth_try_waits(browser, operator):
    page = enter_password(browser, operator)
    for _ in range(5):
        browser.submit(page, "#factor-form", code="000000", status=422)
    page = browser.submit(page, "#factor-form", code=browser.code(), status=429)
    assert "Слишком много попыток" in page.text


def test_whose_codes_are_guessed_is_told_once(browser, operator):
    page = enter_password(browser, operator)
    for turn in range(8):
        status = 422 if turn < 5 else 429
        browser.submit(page, "#factor-form", code="000000", status=status)
    (letter,) = OutboxMessage.select().where(OutboxMessage.kind == "factor_changed")
    assert letter.recipient == operator.email
    assert letter.context["event"] == "guessed"
    noted = AuditEntry.select().where(AuditEntry.action == "factor.guessed")
    assert noted.count() == 1


def test_staff_without_a_factor_take_one(browser, newcomer, now):
    page = enter_password(browser, newcomer)
    assert page.text_of("h1") == "Подключите одноразовые коды"
    secret = secret_of(page)
    assert len(secret) == 32
    assert '<svg viewBox="0 0' in page.html
    assert secret_of(browser.get("/factor/enrol")) == secret
    assert not SecondFactor.select().exists()
    page = browser.submit(page, "#enrol-form", code="000000", status=422)
    assert secret_of(page) == secret
    page = browser.submit(
        page, "#enrol-form", code=factors.code_at(secret, now), status=200
    )
    codes = CODE.findall(page.text)
    assert len(set(codes)) == 10
    assert browser.get("/profile").text_of("h1") == "Моя учетная запись"
    assert letters() == ["enrolled"]
    kept = str(list(RecoveryCode.select().dicts()))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert AuditEntry.select().where(AuditEntry.action == "factor.enrolled").exists()


def test_the_first_code_is_used_by_taking_the_factor(app, browser, newcomer, now):
    secret, _ = enrol(browser, newcomer, now)
    other = Browser(app)
    page = enter_password(other, newcomer)
    code = factors.code_at(secret, now)
    other.submit(page, "#factor-form", code=code, status=422)


def test_whoever_has_a_factor_takes_no_other_with_the_password_alone(
    app, operator, newcomer, now
):
    thief = Browser(app)
    enter_password(thief, operator)
    answer = thief.get("/factor/enrol", status=303, check=False)
    assert answer.headers["Location"] == "/factor"
    late, owner = Browser(app), Browser(app)
    page = enter_password(late, newcomer)
    enrol(owner, newcomer, now)
    code = factors.code_at(secret_of(page), now)
    late.submit(page, "#enrol-form", code=code)
    late.get("/staff/", status=302, check=False)
    assert SecondFactor.select().count() == 2


def test_a_recovery_code_replaces_the_telephone_once(app, browser, newcomer, now):
    _, page = enrol(browser, newcomer, now)
    code = CODE.findall(page.text)[3]
    other = Browser(app)
    page = enter_password(other, newcomer)
    page = other.get(page.one("a[href^='/factor/recovery']").get("href"))
    page = other.submit(
        page, "#recovery-form", code=f" {code.lower().replace('-', ' ')} "
    )
    assert page.url.startswith("/staff")
    assert letters() == ["enrolled", "recovered"]
    third = Browser(app)
    enter_password(third, newcomer)
    page = third.submit(
        third.get("/factor/recovery"), "#recovery-form", code=code, status=422
    )
    assert "уже использован" in page.text_of("#code-e")
    third.get("/staff/", status=302, check=False)


def test_a_recovery_code_is_its_owners(app, browser, newcomer, operator, now):
    _, page = enrol(browser, newcomer, now)
    code = CODE.findall(page.text)[0]
    other = Browser(app)
    enter_password(other, operator)
    other.submit(other.get("/factor/recovery"), "#recovery-form", code=code, status=422)


def test_sensitive_pages_ask_again_after_a_quarter_of_an_hour(browser, operator, clock):
    browser.sign_in(operator)
    browser.get("/factor/codes")
    clock.set(clock.get() + timedelta(minutes=15))
    answer = browser.get("/factor/codes", status=303, check=False)
    page = browser.get(answer.headers["Location"])
    assert page.text_of("h1") == "Подтвердите, что это вы"
    for wrong in ({"password": "x"}, {"code": "000000"}):
        typed = {"password": factories.PASSWORD, "code": browser.code(), **wrong}
        shown = browser.submit(page, "#sure-form", status=422, **typed)
        assert "не подходят" in shown.text_of("#password-e")
    before = browser.client.get_cookie("sid").value
    page = browser.submit(
        page, "#sure-form", password=factories.PASSWORD, code=browser.code()
    )
    assert page.url == "/factor/codes"
    assert browser.client.get_cookie("sid").value != before


def test_new_recovery_codes_replace_the_old(browser, newcomer, now):
    _, page = enrol(browser, newcomer, now)
    old = set(CODE.findall(page.text))
    page = browser.get("/factor/codes")
    assert "Осталось запасных кодов: 10" in page.text
    page = browser.submit(page, "form[action='/factor/codes']", status=200)
    assert len(set(CODE.findall(page.text)) - old) == 10
    assert RecoveryCode.select().count() == 10
    assert letters() == ["enrolled", "codes_renewed"]


def test_another_telephone_replaces_the_first(browser, operator, now):
    browser.sign_in(operator)
    page = browser.get("/factor/enrol")
    secret = secret_of(page)
    code = factors.code_at(secret, now)
    browser.submit(page, "#enrol-form", code=code, status=200)
    assert SecondFactor.select().count() == 1
    browser.get("/staff/")


def test_a_customer_has_no_such_pages(browser, alice, account, clock):
    browser.sign_in(alice)
    for url in ("/factor", "/factor/recovery"):
        assert browser.get(url, status=303, check=False).headers["Location"] == "/"
    page = browser.get("/factor/sure")
    browser.submit(page, "#sure-form", password="x", status=422)
    page = browser.submit(page, "#sure-form", password=factories.PASSWORD)
    assert page.url == "/profile"
    assert browser.client.get_cookie("sid").max_age
    for url in ("/factor/codes", "/factor/enrol"):
        browser.get(url, status=404)
    assert Session.get().sure_until == clock.get() + timedelta(minutes=15)


def test_the_session_list_shows_no_half_sessions(app, browser, operator):
    enter_password(Browser(app), operator)
    page = browser.sign_in(operator).get("/profile")
    assert len(page.select("#session-list li")) == 1
