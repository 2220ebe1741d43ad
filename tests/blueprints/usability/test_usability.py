"""Насколько вам удобно: on the confirmation and in the account, once a quarter."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.questions import Rating
from cabinet.forms.usability import blank_fields
from cabinet.models import AuditEntry, UsabilityRating
from cabinet.models.base import database, reading
from cabinet.services import usability
from cabinet.services.audit import Actor
from cabinet.services.export import data
from cabinet.services.usability import Whose
from tests import factories
from tests.browsing import Browser

FORM = "#usability-form"
SCALE = [
    "Не удобно",
    "Не очень удобно",
    "Достаточно удобно",
    "Удобно",
    "Лучше не бывает",
]
HANDS = 4
NEXT_QUARTER = datetime(2027, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def browser(app, alice, account, meter):
    factories.make_rates()
    factories.make_ranges()
    factories.make_reading(meter, "2026-10", (4500,))
    return Browser(app).sign_in(alice)


def sent(browser, value="4600", *, htmx=False):
    """Send a reading and return what is shown of it."""
    page = browser.get("/readings")
    return browser.submit(page, "#reading-form", htmx=htmx, t1=value)


def said():
    return list(
        UsabilityRating.select(
            UsabilityRating.rating, UsabilityRating.words, UsabilityRating.quarter
        ).tuples()
    )


def test_the_confirmation_asks_in_the_words_of_the_guide(browser):
    page = sent(browser)
    assert "Спасибо. Ваши данные были введены без ошибок" in page.text
    labels = [
        "".join(each.itertext()).strip() for each in page.select(f"{FORM} .choice")
    ]
    assert labels == SCALE
    assert not page.select(f"{FORM} [checked]")


@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_said_is_kept_and_not_asked_again_in_the_quarter(
    browser, clock, now, alice, htmx
):
    page = sent(browser)
    told = browser.submit(page, FORM, htmx=htmx, rating="4", words="Мелкий\r\nшрифт")
    assert "Спасибо за оценку: удобно." in told.text
    assert said() == [(4, "Мелкий\nшрифт", 20264)]
    entry = AuditEntry.get(AuditEntry.action == "usability.rated")
    assert (entry.subject, entry.details) == ("quarter:2026-4", {"rating": 4})
    assert entry.actor_id == alice.id
    assert not browser.get("/profile").select(FORM)
    assert not browser.get(page.url).select(FORM)
    assert not browser.get("/usability").select(FORM)
    clock.set(NEXT_QUARTER)
    browser.sign_in(alice)
    assert browser.get("/profile").select(FORM)


@pytest.mark.parametrize("htmx", [False, True])
def test_it_may_be_set_aside_and_is_not_asked_again(browser, htmx):
    page = browser.get("/profile")
    told = browser.submit(page, FORM, htmx=htmx, button=("aside", "1"))
    assert "В этом квартале больше не спросим" in told.text
    assert said() == [(None, "", 20264)]
    assert (
        AuditEntry.select().where(AuditEntry.action == "usability.set_aside").exists()
    )
    assert not browser.get("/profile").select(FORM)
    assert not sent(browser).select(FORM)


def test_what_was_set_aside_in_one_tab_may_be_said_in_another(browser):
    first, second = browser.get("/profile"), browser.get("/profile")
    browser.submit(first, FORM, button=("aside", "1"))
    browser.submit(second, FORM, rating="5")
    assert said() == [(5, "", 20264)]


def test_the_first_word_stands_however_often_it_is_sent(browser):
    page = browser.get("/profile")
    for rating in "4", "1", "4":
        told = browser.submit(page, FORM, rating=rating)
        assert "Спасибо за оценку: удобно." in told.text
    browser.submit(page, FORM, button=("aside", "1"))
    assert said() == [(4, "", 20264)]
    actions = [row.action for row in AuditEntry.select()]
    assert actions.count("usability.rated") == 1
    assert "usability.set_aside" not in actions


@pytest.mark.parametrize("htmx", [False, True])
def test_nothing_chosen_says_so_and_keeps_the_words(browser, htmx):
    page = browser.get("/profile")
    told = browser.submit(page, FORM, htmx=htmx, status=422, words="Мелко")
    assert "Выберите оценку или нажмите «Не сейчас»" in told.text
    assert told.one(f"{FORM} textarea").text.strip() == "Мелко"
    assert said() == []


def test_too_many_words_say_so(browser):
    page = browser.get("/profile")
    told = browser.submit(page, FORM, status=422, rating="4", words="о" * 501)
    assert "Здесь больше 500 знаков" in told.text
    assert said() == []


def test_a_reading_that_was_replaced_does_not_ask(browser):
    page = sent(browser)
    sent(browser, "4605")
    old = browser.get(page.url)
    assert "Показания заменены новыми" in old.text
    assert not old.select(FORM)


def test_staff_are_not_asked(app, browser):
    staff = Browser(app).sign_in(factories.make_staff())
    assert not staff.get("/profile").select(FORM)
    staff.get("/usability", status=404)


def test_who_has_no_account_is_not_asked(app):
    user = factories.make_customer()
    assert not Browser(app).sign_in(user).get("/profile").select(FORM)


def as_guest(app, value="4600"):
    """Send a reading without signing in."""
    browser = Browser(app)
    page = browser.get("/guest/readings")
    page = browser.submit(page, "#guest-pair", number="460000000001", digits="4547")
    return browser, browser.submit(page, "#guest-form", t1=value)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_guest_is_asked_once_a_quarter_for_an_account(app, browser, account, htmx):
    guest, page = as_guest(app)
    told = guest.submit(page, FORM, htmx=htmx, rating="2", words="Долго")
    assert "Спасибо за оценку: не очень удобно." in told.text
    row = UsabilityRating.get()
    assert (row.user_id, row.account_id, row.rating) == (None, account.id, 2)
    assert "Долго" not in str(AuditEntry.select().dicts().execute())
    _, again = as_guest(app, "4601")
    assert not again.select(FORM)
    # The owner is asked all the same.
    assert browser.get("/profile").select(FORM)


def test_a_guest_who_comes_too_late_is_told(app, browser, clock, now):
    guest, page = as_guest(app)
    clock.set(now + timedelta(minutes=31))
    told = guest.submit(page, FORM, status=409, rating="2")
    assert "Прошло больше получаса" in told.text
    assert said() == []
    guest.get(page.one(FORM).get("action"), status=410)


@pytest.mark.parametrize("is_guest", [False, True])
def test_many_at_once_are_one(account, alice, now, is_guest):
    """Whatever the order: the database decides, and one rating stands whole."""
    whose = Whose(
        user_id=None if is_guest else alice.id,
        account_id=account.id if is_guest else None,
        branch_id=account.branch_id,
        zone=UTC,
    )
    barrier = threading.Barrier(HANDS)

    def tell(number):
        database.connect(reuse_if_open=True)
        barrier.wait(20)
        try:
            rating = Rating(number + 1)
            actor = Actor(alice.id)
            return usability.rate(whose, rating, str(rating), actor=actor, now=now)
        finally:
            database.close()

    with ThreadPoolExecutor(HANDS) as pool:
        told = {each.rating for each in pool.map(tell, range(HANDS))}
    ((rating, words, quarter),) = said()
    assert told == {Rating(rating)}
    assert (words, quarter) == (str(rating), 20264)
    assert AuditEntry.select().count() == 1


def test_the_quarter_is_that_of_the_branch(account, alice):
    """The last evening of the year in Moscow is the next year in Vladivostok."""
    at = datetime(2026, 12, 31, 15, tzinfo=UTC)
    for zone, code in (("Europe/Moscow", 20264), ("Asia/Vladivostok", 20271)):
        whose = Whose(branch_id=account.branch_id, zone=ZoneInfo(zone))
        assert whose.quarter(at).code == code


def test_the_words_go_with_whose_they_are(browser, alice, now):
    browser.submit(browser.get("/profile"), FORM, rating="3", words="Мелкий шрифт")
    with reading():
        lists = dict(data.records(alice.id, now=now))
        (mine,) = lists["оценки удобства"]
    assert (mine["оценка от 1 до 5"], mine["слова"]) == (3, "Мелкий шрифт")


def test_fields_that_everybody_is_shown_are_drawn_once_and_hold_nobody(
    app, browser, bob
):
    blank_fields.cache_clear()
    first = browser.get("/usability")
    refused = browser.submit(first, FORM, status=422, words="Мелкий шрифт")
    assert refused.select(f"{FORM} .bad")
    assert "Мелкий шрифт" in refused.text
    pages = [browser.get("/usability"), Browser(app).sign_in(bob).get("/usability")]
    assert blank_fields.cache_info().misses == 1
    (mine,), (others,) = (page.select(f"{FORM} [name=csrf_token]") for page in pages)
    assert mine.get("value") != others.get("value")
    for page in pages:
        assert not page.select(f"{FORM} .bad")
        assert "Мелкий шрифт" not in page.text
