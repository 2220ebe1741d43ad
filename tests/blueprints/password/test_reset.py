"""Сбросить пароль: who gets a letter, and that nobody else learns of it."""

import re
from datetime import timedelta

import pytest

from cabinet.domain.registration import TokenPurpose
from cabinet.models import (
    Attempt,
    AuditEntry,
    OneTimeToken,
    OutboxMessage,
    Session,
    User,
)
from cabinet.models.base import writing
from cabinet.services import credentials, tokens
from tests import factories
from tests.browsing import Browser

NEW = "клюква-и-пять-ежей"


def ask(browser, number, email, **options):
    page = browser.get("/reset")
    return browser.submit(page, "#reset-form", number=number, email=email, **options)


def letters():
    return list(
        OutboxMessage.select()
        .where(OutboxMessage.sent_at.is_null(), OutboxMessage.kind == "password_reset")
        .order_by(OutboxMessage.id)
    )


def link_in(letter):
    return re.sub("^http://localhost", "", letter.context["link"])


@pytest.fixture
def link(app, alice, account):
    ask(Browser(app), "4600 0000 0001", " Alice@example.org ")
    (letter,) = letters()
    assert letter.recipient == alice.email
    assert letter.is_secret
    return link_in(letter)


def choose(browser, link, password=NEW, **options):
    page = browser.get(link)
    return browser.submit(page, "#new-password-form", password=password, **options)


def test_it_works(app, browser, alice, account, link):
    Browser(app).sign_in_by_form(alice)
    page = choose(browser, link)
    assert "Пароль сохранён" in page.text
    assert page.one("input[name=login]").get("value") == alice.email
    assert not Session.select().where(Session.revoked_at.is_null()).exists()
    page = browser.submit(page, "#login-form", password=NEW)
    assert page.text_of("h1") == "Главная"
    actions = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert "password.reset_asked" in actions
    assert actions.count("password.set") == 1
    kinds = [row.kind for row in OutboxMessage.select().order_by(OutboxMessage.id)]
    assert kinds == ["password_reset", "password_changed"]


def test_the_way_there_begins_at_the_sign_in_page(browser, db):
    page = browser.get("/login")
    assert page.select("a[href='/reset']")


@pytest.mark.parametrize(
    ("number", "email"),
    [
        ("460000000001", "nobody@example.org"),
        ("460000000002", "alice@example.org"),
        ("460000000099", "alice@example.org"),
        ("460000000001", "charlie@example.org"),
        ("460000000001", "operator@example.org"),
        ("460000000001", "gone@example.org"),
        ("нет", "alice@example.org"),
    ],
)
def test_nobody_learns_whether_they_go_together(
    app, alice, account, charlie, now, number, email
):
    factories.make_staff()
    gone = factories.make_customer("gone@example.org")
    factories.give_access(gone, account)
    User.update(disabled_at=now).where(User.id == gone.id).execute()
    tables = (AuditEntry, Attempt, OneTimeToken, OutboxMessage)

    def traces(*typed):
        before = [table.select().count() for table in tables]
        page = ask(Browser(app), *typed)
        rows = [table.select().count() for table in tables]
        return page.text, [b - a for a, b in zip(before, rows, strict=True)]

    right, written = traces("460000000001", "alice@example.org")
    assert len(letters()) == 1
    Attempt.delete().execute()
    wrong, also = traces(number, email)
    assert right == wrong
    assert written == also
    assert len(letters()) == 1
    for decoy in OneTimeToken.select().where(OneTimeToken.user.is_null()):
        assert decoy.purpose is TokenPurpose.RESET_PASSWORD


def test_both_fields_are_asked_for(browser, db):
    page = browser.submit(browser.get("/reset"), "#reset-form", status=422)
    assert "Введите лицевой счёт" in page.text
    assert "Введите электронную почту" in page.text


def test_three_letters_in_six_hours_and_the_same_answer_to_the_fourth(
    app, alice, account
):
    answers = {ask(Browser(app), account.number, alice.email).text for _ in range(5)}
    assert len(answers) == 1
    assert len(letters()) == 3
    limited = AuditEntry.select().where(AuditEntry.action == "password.reset_limited")
    assert limited.count() == 2


def test_five_letters_a_day(app, alice, account, clock, now):
    for hour in (0, 7, 14):
        clock.set(now.replace(hour=hour))
        for _ in range(3):
            ask(Browser(app), account.number, alice.email)
    assert len(letters()) == 5


def test_a_stranger_cannot_use_up_the_letters_of_another(app, alice, account):
    for number in range(5):
        for _ in range(4):
            ask(Browser(app), f"46000000009{number}", alice.email)
    assert letters() == []
    Attempt.delete().where(Attempt.count >= 20).execute()
    ask(Browser(app), account.number, alice.email)
    assert len(letters()) == 1


def test_ten_letters_a_day_whatever_the_account(app, alice, account, clock, now):
    numbers = [account.number, "460000000055", "460000000056"]
    for number in numbers[1:]:
        factories.give_access(alice, factories.make_account(number))
    answers = set()
    for hour in (0, 7):
        clock.set(now.replace(hour=hour))
        for number in numbers:
            for _ in range(3):
                answers.add(ask(Browser(app), number, alice.email).text)
    assert len(letters()) == 10
    assert len(answers) == 1


def test_who_is_attacked_all_day_still_gets_in(app, browser, alice, account, clock):
    stranger = Browser(app)
    token = stranger.get("/login").one("#login-form input[name=csrf_token]")

    def guess(times):
        typed = {"login": alice.email, "password": "x"}
        typed["csrf_token"] = token.get("value")
        codes = [
            stranger.client.post("/login", data=typed).status_code for _ in range(times)
        ]
        assert codes[-1] == 429
        return codes

    assert guess(12).count(422) == 10
    for _ in range(7):
        clock.set(clock.get() + timedelta(minutes=10))
        guess(12)
    page = browser.get("/login")
    typed = {"login": alice.email, "password": factories.PASSWORD}
    page = browser.submit(page, "#login-form", status=429, **typed)
    box = page.one(".box.alert")
    assert box.xpath(".//a[@href='/reset']")
    ask(browser, account.number, alice.email)
    page = choose(browser, link_in(letters()[-1]))
    guess(12)
    wrong = browser.submit(page, "#login-form", password="x", status=422)
    page = browser.submit(wrong, "#login-form", password=NEW)
    assert page.text_of("h1") == "Главная"
    page = stranger.get("/login")
    typed = {"login": alice.email, "password": NEW}
    stranger.submit(page, "#login-form", status=429, **typed)


def test_a_link_of_another_does_not_open_the_way(app, browser, alice, account, charlie):
    ask(browser, "460000000099", charlie.email)
    page = choose(browser, link_in(letters()[-1]))
    for _ in range(10):
        typed = {"login": alice.email, "password": "x"}
        browser.submit(page, "#login-form", status=422, **typed)
    browser.submit(page, "#login-form", status=429, **typed)


def test_the_network_is_told_to_wait(app, db):
    browser = Browser(app)
    for number in range(20):
        ask(browser, "460000000001", f"{number}@example.org")
    answer = ask(browser, "460000000001", "x@example.org", status=429)
    assert "Слишком много попыток" in answer.text
    assert answer.headers["Retry-After"]


def test_a_newer_link_voids_the_older(app, browser, alice, account, link):
    ask(browser, account.number, alice.email)
    page = browser.get(link, status=410)
    assert "Ссылка больше не работает" in page.text
    assert page.select("a[href='/reset']")
    assert page.select("a[href='/login']")
    browser.get(link_in(letters()[-1]))


def test_looking_at_a_link_changes_nothing(browser, link):
    for _ in range(3):
        browser.get(link)
    choose(browser, link)


def test_a_link_works_once(browser, link, alice):
    page = browser.get(link)
    choose(browser, link)
    browser.submit(page, "#new-password-form", password="другая-фраза-1", status=410)
    browser.get(link, status=410)
    alice = User.get_by_id(alice.id)
    assert credentials.matches(alice.password_hash, NEW)


def test_an_old_link_is_told(browser, link, clock, now):
    clock.set(now + timedelta(minutes=30))
    browser.get(link, status=410)


def test_a_wrong_link_and_a_link_for_something_else(browser, alice, account, now):
    with writing():
        secret = tokens.issue(TokenPurpose.NOT_ME, user_id=alice.id, now=now)
    for wrong in (secret, "x", "я" * 50):
        browser.get(f"/password/{wrong}", status=410)
        browser.get(f"/password/{wrong}/saved", status=410)


def test_the_link_of_somebody_shut_out_is_void(browser, link, alice, now):
    User.update(disabled_at=now).where(User.id == alice.id).execute()
    browser.get(link, status=410)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "Введите новый пароль"),
        ("коротко", "меньше 8 знаков"),
        ("я" * 129, "больше 128 знаков"),
        ("password1", "подбирают одним из первых"),
        ("Атомэнергосбыт2026", "угадать легко"),
        ("460000000001", "ваша почта или лицевой счёт"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_the_link_is_kept(
    browser, link, password, told
):
    page = choose(browser, link, password, status=422)
    assert told in page.text_of("#password-e")
    assert page.one("input[name=password]").get("value", "") == password
    choose(browser, link)


def test_small_buttons_only_change_the_form(browser, link, alice):
    page = browser.get(link)
    phrase = page.one("input[name=phrase]").get("value")
    page = browser.submit(
        page,
        "#new-password-form",
        status=200,
        button=("look", "letters"),
        password="недопис",
    )
    assert page.one("input[name=password]").get("type") == "text"
    assert page.one("input[name=password]").get("value") == "недопис"
    assert page.one("input[name=phrase]").get("value") == phrase
    page = browser.submit(
        page, "#new-password-form", status=200, button=("look", "dots")
    )
    assert page.one("input[name=password]").get("type") == "password"
    page = browser.submit(
        page, "#new-password-form", status=200, button=("look", "another")
    )
    other = page.one("input[name=phrase]").get("value")
    assert other != phrase
    page = browser.submit(
        page, "#new-password-form", status=200, button=("look", "take")
    )
    assert page.one("input[name=password]").get("value") == other
    assert page.one("input[name=password]").get("type") == "text"
    browser.submit(page, "#new-password-form")
    assert credentials.matches(User.get_by_id(alice.id).password_hash, other)


def test_the_first_button_saves(browser, link):
    page = browser.get(link)
    assert page.select("#new-password-form button")[0].get("name") is None


def test_a_new_customer_sets_a_password_by_the_same_page(browser, account, alice, now):
    User.update(password_hash=None).where(User.id == alice.id).execute()
    with writing():
        secret = tokens.issue(TokenPurpose.SET_PASSWORD, user_id=alice.id, now=now)
    page = choose(browser, f"/password/{secret}")
    browser.submit(page, "#login-form", password=NEW)
    assert not OutboxMessage.select().exists()


def test_after_a_reset_guesses_are_forgotten(app, browser, alice, account, link):
    for _ in range(10):
        page = browser.get("/login")
        browser.submit(page, "#login-form", login=alice.email, password="x", status=422)
    page = choose(browser, link)
    browser.submit(page, "#login-form", password=NEW)


def test_whatever_sets_the_password_voids_every_link(browser, link, alice, now):
    with writing():
        secret = tokens.issue(TokenPurpose.SET_PASSWORD, user_id=alice.id, now=now)
        undo = tokens.issue(TokenPurpose.NOT_ME, user_id=alice.id, now=now)
    choose(browser, link)
    browser.get(f"/password/{secret}", status=410)
    with pytest.raises(tokens.TokenNotFoundError):
        tokens.get_token(undo, TokenPurpose.NOT_ME, now=now)


def test_the_saved_page_forgets_the_address(browser, link, clock, now):
    choose(browser, link)
    clock.set(now + timedelta(minutes=31))
    browser.get(f"{link}/saved", status=410)
