"""A letter about a sign-in from a device that was not there before."""

import email
from datetime import timedelta
from email.policy import default

from cabinet.jobs.mail import send_due
from cabinet.mailing.send import FileSender
from cabinet.models import OutboxMessage
from tests import factories
from tests.browsing import Browser

PHONE = "Mozilla/5.0 (Linux; Android 9) Chrome/80.0 Mobile"
COMPUTER = "Mozilla/5.0 (Windows NT 10.0) Firefox/115.0"


def sign_in(app, user, device):
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = device
    return browser.sign_in_by_form(user)


def letters():
    return list(OutboxMessage.select().where(OutboxMessage.kind == "new_device"))


def test_a_new_device_is_told_of_once(app, alice, account, tmp_path, now):
    sign_in(app, alice, PHONE)
    sign_in(app, alice, PHONE)
    assert not letters()
    sign_in(app, alice, COMPUTER)
    sign_in(app, alice, COMPUTER)
    (letter,) = letters()
    assert letter.recipient == alice.email
    with app.app_context():
        send_due(FileSender(tmp_path), address="cabinet@example.org", now=now)
    (path,) = tmp_path.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["Subject"] == "Вход в личный кабинет с нового устройства"
    text = message.get_body(("plain",)).get_content()
    assert "22\u00a0ноября 12:00" in text
    assert "Firefox, Windows" in text
    assert "http://localhost/reset" in text


def test_a_device_not_seen_for_a_quarter_is_new_again(app, alice, account, clock, now):
    sign_in(app, alice, PHONE)
    clock.set(now + timedelta(days=89))
    sign_in(app, alice, PHONE)
    assert not letters()
    clock.set(now + timedelta(days=180))
    sign_in(app, alice, PHONE)
    assert len(letters()) == 1


def test_a_wrong_password_tells_nobody(app, alice, account):
    sign_in(app, alice, PHONE)
    browser = Browser(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = COMPUTER
    page = browser.get("/login")
    browser.submit(page, "#login-form", login=alice.email, password="x", status=422)
    assert not letters()


def test_a_device_without_a_name_is_one_too(app, alice, account):
    sign_in(app, alice, "")
    sign_in(app, alice, PHONE)
    assert letters()[0].context["device"] == "Chrome, Android"
    assert factories.PASSWORD not in str(letters()[0].context)
