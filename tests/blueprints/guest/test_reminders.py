import email
import re
from datetime import UTC, date, datetime, timedelta
from email.policy import default

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.people import LetterKind
from cabinet.jobs import mail
from cabinet.jobs.reminders import remind_due
from cabinet.mailing.send import FileSender
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    Consent,
    OneTimeToken,
    Reading,
    Subscription,
    UsabilityRating,
)
from tests import factories
from tests.browsing import Browser
from tests.factories import make_meter, make_reading

CLOSING = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    return request.param


@pytest.fixture
def last(meter):
    return make_reading(meter, values=(4634,))


@pytest.fixture
def letter(app, alice, account, last, clock, tmp_path):
    """The reminder as Alice gets it."""
    factories.subscribe(alice, account, now=CLOSING - timedelta(days=9))
    clock.set(CLOSING)
    with app.app_context():
        assert remind_due(public_url="https://lk.example.ru", now=CLOSING) == 1
        sender = FileSender(tmp_path)
        assert mail.send_due(sender, address="cabinet@example.org", now=CLOSING) == 1
    (path,) = tmp_path.glob("*.eml")
    return email.message_from_bytes(path.read_bytes(), policy=default)


@pytest.fixture
def text(letter):
    return letter.get_body(("plain",)).get_content()


@pytest.fixture
def link(text):
    return re.search(r"https://lk\.example\.ru(/reminders/[^/\s]+)\s", text)[1]


@pytest.fixture
def stop_link(text):
    return re.search(r"https://lk\.example\.ru(/reminders/stop/\S+)", text)[1]


def sent():
    return [
        (int(row.t1.kwh), str(row.state), str(row.source), row.user_id)
        for row in Reading.select().where(Reading.key.is_null(False))
    ]


def test_the_letter_says_it_all(letter, text, account, stop_link):
    assert letter["Subject"] == "Передайте показания до 25 ноября"
    assert letter["List-Unsubscribe"].strip() == f"<https://lk.example.ru{stop_link}>"
    plain = text.replace("\u00a0", " ")
    assert "закончится через 2 дня" in plain
    assert "4600 0000 0001" in plain
    assert account.address not in text
    assert account.holder not in text
    html = letter.get_body(("html",)).get_content()
    assert stop_link in html


def test_the_link_takes_a_reading_without_a_sign_in(browser, link, alice, htmx):
    page = browser.get(link)
    assert "Прошлое" not in page.text
    assert "4 634" not in page.text
    done = browser.submit(page, "#guest-form", htmx=htmx, t1="4772")
    assert done.text_of("#guest-taken h2") == "Показания приняты"
    assert sent() == [(4772, "submitted", "guest", alice.id)]
    entry = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert entry.actor_id == alice.id


def test_who_comes_from_the_letter_is_asked_once_how_convenient_it_is(
    app, browser, link, alice, htmx
):
    done = browser.submit(browser.get(link), "#guest-form", htmx=htmx, t1="4772")
    told = browser.submit(done, "#usability-form", htmx=htmx, rating="5")
    assert "Спасибо за оценку" in told.text
    row = UsabilityRating.get()
    assert (row.user_id, row.account_id) == (alice.id, None)
    assert not browser.get(link).select("#usability-form")
    assert not Browser(app).sign_in(alice).get("/profile").select("#usability-form")


def test_looking_changes_nothing(browser, link):
    for _ in range(3):
        assert browser.get(link).select("#guest-form")
    assert OneTimeToken.get(purpose="reminder").used_at is None


def test_nothing_changed_at_the_dacha(browser, link, alice, htmx):
    done = browser.submit(browser.get(link), "#guest-same", htmx=htmx)
    assert done.text_of("#guest-taken h2") == "Показания приняты"
    assert sent() == [(4634, "submitted", "guest", alice.id)]


def test_one_reading_uses_the_link_up(browser, link, htmx):
    page = browser.get(link)
    first = browser.submit(page, "#guest-form", htmx=htmx, t1="4772")
    for value in ("4772", "4780"):
        again = browser.submit(page, "#guest-form", htmx=htmx, t1=value)
        assert again.element("#guest-reading") == first.element("#guest-reading")
    assert browser.get(link).element("#guest-reading") == first.element(
        "#guest-reading"
    )
    assert len(sent()) == 1


def test_what_is_wrong_does_not_use_it_up(browser, link, htmx):
    page = browser.get(link)
    wrong = browser.submit(page, "#guest-form", htmx=htmx, status=422, t1="x")
    assert wrong.one("#t1").get("value") == "x"
    assert wrong.select("#guest-same")
    done = browser.submit(wrong, "#guest-form", htmx=htmx, t1="4512")
    assert done.text_of("#guest-taken h2") == "Показания приняты на проверку"


def test_who_has_sent_meanwhile_is_told(browser, link, meter, htmx):
    page = browser.get(link)
    make_reading(meter, "2026-11", (4700,), day=22, state=ReadingState.SUBMITTED)
    for form, fields in (("#guest-form", {"t1": "4772"}), ("#guest-same", {})):
        answer = browser.submit(page, form, htmx=htmx, status=409, **fields)
        assert answer.text_of("#guest-sent h2") == "Показания за ноябрь уже переданы"
    assert sent() == []


def test_a_tenant_cannot_repeat_what_was_before_them(browser, link, htmx):
    page = browser.get(link)
    AccountAccess.update(since=date(2026, 11, 1)).execute()
    assert not browser.get(link).select("#guest-same")
    browser.submit(page, "#guest-same", htmx=htmx, status=409)
    assert sent() == []


def test_a_link_opens_its_own_meter_only(browser, account, link, htmx):
    make_meter(account, serial="2", zones=2)
    page = browser.get(link)
    assert len(page.select("#guest-form .meter")) == 1
    assert "№ …4547" in page.text


def test_a_link_ends_with_the_access_and_with_time(browser, link, clock, htmx):
    page = browser.get(link)
    clock.set(CLOSING + timedelta(days=7, seconds=1))
    assert "Ссылка больше не работает" in browser.get(link, status=410).text
    clock.set(CLOSING)
    AccountAccess.update(ended_at=CLOSING).execute()
    answer = browser.submit(page, "#guest-form", htmx=htmx, status=409, t1="4772")
    assert "Ссылка больше не работает" in answer.text
    browser.get(link, status=410)
    assert sent() == []


def test_what_a_link_brought_is_not_shown_once_the_access_is_over(browser, link):
    browser.submit(browser.get(link), "#guest-form", t1="4772")
    browser.get(link)
    AccountAccess.update(ended_at=CLOSING).execute()
    browser.get(link, status=410)


def test_a_link_of_ones_own_opens_nothing(browser, link, stop_link):
    secret = link.rpartition("/")[2]
    stop = stop_link.rpartition("/")[2]
    for url in ("/reminders/x", f"/reminders/{stop}", f"/reminders/stop/{secret}"):
        browser.get(url, status=410)


def test_the_stop_link_asks_first(browser, alice, account, stop_link, htmx):
    for _ in range(2):
        page = browser.get(stop_link)
        assert factories.reminded_of(alice) == {account.id}
    done = browser.submit(page, "#guest-stop-form", htmx=htmx)
    assert "Больше не напоминаем" in done.text
    assert factories.reminded_of(alice) == set()
    entry = AuditEntry.get(AuditEntry.action == "letters.off")
    assert (entry.actor_id, entry.account_id) == (alice.id, account.id)
    browser.submit(page, "#guest-stop-form", htmx=htmx)
    off = AuditEntry.select().where(AuditEntry.action == "letters.off")
    assert off.count() == 1


def test_a_mail_program_stops_the_letters_by_one_click(
    app, letter, alice, account, stop_link
):
    field, _, value = letter["List-Unsubscribe-Post"].partition("=")
    program = app.test_client()
    for _ in range(2):
        answer = program.post(stop_link, data={field: value})
        assert answer.status_code == 200
        assert not answer.headers.getlist("Set-Cookie")
    assert factories.reminded_of(alice) == set()
    entry = AuditEntry.get(AuditEntry.action == "letters.off")
    assert (entry.actor_id, entry.account_id) == (alice.id, account.id)
    assert program.post("/reminders/stop/x", data={field: value}).status_code == 409


def test_one_click_is_a_withdrawal_of_its_own_each_time(
    app, letter, alice, account, stop_link
):
    field, _, value = letter["List-Unsubscribe-Post"].partition("=")
    factories.load_documents()
    factories.subscribe(alice, account, LetterKind.BILL, now=CLOSING)
    program = app.test_client()
    for turn in range(1, 3):
        for _ in range(2):  # a program that sends twice withdraws once
            program.post(stop_link, data={field: value})
        acts = list(Consent.select().order_by(Consent.id))
        assert len(acts) == turn
        act = acts[-1]
        assert (act.user_id, act.document, act.given) == (
            alice.id,
            "consent-mail",
            False,
        )
        assert (act.channel, act.note) == ("letters-link", f"reminder:{account.id}")
        assert act.version
        assert act.address_hash
        factories.subscribe(alice, account, now=CLOSING)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"List-Unsubscribe": "one-click"},
        {"List-Unsubscribe": ["One-Click", "One-Click"]},
        {"List-Unsubscribe": "One-Click", "more": "1"},
        {"csrf_token": "x"},
    ],
)
def test_anything_else_needs_the_token_of_a_form(app, alice, account, stop_link, sent):
    assert app.test_client().post(stop_link, data=sent).status_code == 400
    assert factories.reminded_of(alice) == {account.id}


def test_the_stop_link_takes_back_the_consent_to_this_letter_alone(
    browser, alice, account, stop_link, htmx
):
    factories.load_documents()
    factories.subscribe(alice, account, LetterKind.BILL, now=CLOSING)
    page = browser.get(stop_link)
    for _ in range(2):
        browser.submit(page, "#guest-stop-form", htmx=htmx)
    (act,) = Consent.select()
    assert (act.user_id, act.document, act.given) == (alice.id, "consent-mail", False)
    assert act.note == f"reminder:{account.id}"
    assert act.channel == "letters-link"
    assert act.version
    assert act.address_hash
    live = Subscription.select().where(Subscription.ended_at.is_null())
    assert [row.kind for row in live] == [LetterKind.BILL]
    shown = Browser(browser.app).sign_in(alice).get("/profile/consents")
    assert "Отказ Напоминать передать показания" in shown.text


def test_who_stops_anew_writes_another_withdrawal(
    browser, alice, account, stop_link, htmx
):
    page = browser.get(stop_link)
    browser.submit(page, "#guest-stop-form", htmx=htmx)
    factories.subscribe(alice, account, now=CLOSING)
    browser.submit(page, "#guest-stop-form", htmx=htmx)
    assert [row.given for row in Consent.select()] == [False, False]


def test_a_stop_link_works_after_the_access_has_ended(browser, alice, stop_link, htmx):
    AccountAccess.update(ended_at=CLOSING).execute()
    browser.submit(browser.get(stop_link), "#guest-stop-form", htmx=htmx)
    assert factories.reminded_of(alice) == set()


def test_it_works_for_who_is_signed_in_too(app, charlie, link, alice, htmx):
    other = Browser(app).sign_in(charlie)
    other.submit(other.get(link), "#guest-form", htmx=htmx, t1="4772")
    assert sent() == [(4772, "submitted", "guest", alice.id)]
