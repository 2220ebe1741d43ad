"""The pages of the demonstration: who, what to try, the mail."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask_mail import Message

from cabinet.app import create_app
from cabinet.config import Clock, Mode
from cabinet.emulator.cards import CARDS
from cabinet.mailing.send import FileSender
from cabinet.services import demo
from tests.browsing import Browser


@pytest.fixture
def send(settings):
    """Put a letter into the demonstration's folder."""
    folder = settings.home / "mail"

    def send(number, subject="Показания приняты", text="Спасибо.\nНомер 7.", **extra):
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = "Энергосбыт <cabinet@localhost>"
        message["To"] = "client@example.org"
        message["Date"] = extra.get("date", "Sun, 22 Nov 2026 09:05:00 +0000")
        message.set_content(text)
        message.add_alternative("<p>Спасибо.</p>", subtype="html")
        if "file" in extra:
            message.add_attachment(
                b"%PDF", "application", "pdf", filename=extra["file"]
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:08}.eml").write_bytes(bytes(message))

    return send


def test_everybody_stands_on_the_page(browser):
    page = browser.get("/demo")
    for person in demo.PEOPLE:
        assert person.email in page.text
        assert person.name in page.text
    assert demo.PASSWORD in page.text
    assert "сейчас 22 ноября 2026 года" in page.text


def test_the_codes_of_staff_stand_on_the_page(browser, now, clock):
    page = browser.get("/demo")
    codes = demo.staff_codes(now=now)
    assert set(codes) == {
        "operator@example.org",
        "supervisor@example.org",
        "admin@example.org",
    }
    for code in codes.values():
        assert f"{code[:3]} {code[3:]}" in page.text
    clock.set(now + timedelta(seconds=30))
    assert demo.staff_codes(now=clock.get()) != codes
    assert codes["admin@example.org"][3:] not in browser.get("/demo").text


def test_every_card_of_the_practice_bank_is_told(browser):
    page = browser.get("/demo")
    for card in CARDS:
        assert card.grouped in page.text
        assert card.words in page.text


def test_no_link_of_the_pages_is_dead(browser, send):
    send(1)
    for url in ("/demo", "/demo/mail", "/demo/mail/1"):
        for link in browser.get(url).select("main a"):
            browser.get(link.get("href"))


def test_without_letters_the_list_says_how_to_get_one(browser):
    assert "Писем пока нет" in browser.get("/demo/mail").text


def test_letters_are_listed_newest_first(browser, send):
    send(1, subject="Первое")
    send(2, subject="Второе")
    page = browser.get("/demo/mail")
    subjects = [link.text for link in page.select("td a, th a")]
    assert subjects == ["Второе", "Первое"]
    assert "22 ноября 12:05" in page.text
    assert "client@example.org" in page.text


def test_a_letter_that_the_worker_wrote_is_read(app, browser, settings):
    message = Message(
        subject="Показания приняты: номер 104-039 № 1",
        recipients=["client@example.org"],
        sender="cabinet@localhost",
        body="Спасибо.\nВаши данные были введены без ошибок: 25\u00a0580.",
        html="<p>Спасибо.</p>",
    )
    with app.app_context():
        FileSender(settings.home / "mail").send(message, f"{7:08}")
    page = browser.get("/demo/mail/7")
    assert page.title.startswith("Показания приняты: номер 104-039 № 1")
    assert "Ваши данные были введены без ошибок: 25 580." in page.text


def test_a_letter_is_shown_as_text(browser, send):
    send(1, text="Здравствуйте!\n<script>alert(1)</script>\n<b>Счёт</b>")
    page = browser.get("/demo/mail/1")
    assert "<script>alert(1)</script> <b>Счёт</b>" in page.text
    assert not page.select("main script, main b")


def test_a_subject_cannot_break_the_page(browser, send):
    send(1, subject="<img src=x onerror=alert(1)>")
    for url in ("/demo/mail", "/demo/mail/1"):
        page = browser.get(url)
        assert "<img src=x" in page.text
        assert not page.select("img")


def test_attachments_are_named(browser, send):
    send(1, file="Квитанция.pdf")
    assert "Квитанция.pdf" in browser.get("/demo/mail/1").text


def test_a_letter_without_date_and_subject_is_shown(browser, send):
    send(1, subject="", date="когда-то")
    assert "Без темы" in browser.get("/demo/mail").text
    assert browser.get("/demo/mail/1").title.startswith("Письмо без темы")


@pytest.mark.parametrize("url", ["/demo/mail/9", "/demo/mail/..", "/demo/mail/1.eml"])
def test_a_letter_that_is_not_there_is_404(browser, send, url):
    send(1)
    browser.get(url, status=404)


def test_only_numbered_letters_are_read(browser, send, settings):
    send(1)
    (settings.home / "mail" / "secret.eml").write_text("Subject: x\n\nтайна")
    (settings.home / "mail" / "00000002.part").write_text("x")
    assert len(browser.get("/demo/mail").select("tbody tr")) == 1


def test_a_letter_in_a_strange_encoding_is_still_shown(browser, settings):
    folder = settings.home / "mail"
    folder.mkdir(parents=True)
    (folder / "00000001.eml").write_bytes(
        b"Subject: x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe ok"
    )
    assert "ok" in browser.get("/demo/mail/1").text


def test_a_letter_without_plain_text_says_so(browser, settings):
    folder = settings.home / "mail"
    folder.mkdir(parents=True)
    (folder / "00000001.eml").write_bytes(
        b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>ok</p>"
    )
    assert "В письме нет простого текста" in browser.get("/demo/mail/1").text


def test_signed_in_people_see_the_pages_too(app, alice, account):
    browser = Browser(app).sign_in(alice)
    assert browser.get("/demo").status == 200
    assert browser.get("/demo/mail").status == 200


def test_a_production_installation_has_no_such_pages(settings, clock, db):
    production = replace(settings, mode=Mode.PRODUCTION, public_url="http://localhost")
    browser = Browser(create_app(production, clock=Clock(source=clock.get)))
    for url in ("/demo", "/demo/mail", "/demo/mail/1"):
        browser.get(url, status=404)
