"""A letter about a sign-in from a device or a network that was not there before."""

import email
from datetime import timedelta
from email.policy import default

import pytest

from cabinet.jobs.mail import send_due
from cabinet.mailing.send import FileSender
from cabinet.models import OutboxMessage, Session
from tests import factories
from tests.browsing import Browser

PHONE = "Mozilla/5.0 (Linux; Android 9) Chrome/80.0 Mobile"
COMPUTER = "Mozilla/5.0 (Windows NT 10.0) Firefox/115.0"


HOME = "198.51.100.7"


def sign_in(app, user, device, address=HOME):
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = address
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


@pytest.mark.parametrize(
    ("home", "near", "far"),
    [
        ("198.51.100.7", "198.51.100.250", "198.51.101.7"),
        ("2001:db8:1:1::1", "2001:db8:1:ffff::9", "2001:db8:2:1::1"),
        ("::ffff:198.51.100.7", "198.51.100.8", "::ffff:198.51.99.7"),
    ],
)
def test_a_new_network_is_told_of_once(app, alice, account, home, near, far):
    sign_in(app, alice, PHONE, home)
    sign_in(app, alice, PHONE, near)
    assert not letters()
    sign_in(app, alice, PHONE, far)
    sign_in(app, alice, PHONE, far)
    (letter,) = letters()
    assert letter.context["new"] == "network"
    sign_in(app, alice, PHONE, home)
    assert len(letters()) == 1


def test_a_new_device_in_a_new_network_is_one_letter(app, alice, account):
    sign_in(app, alice, PHONE)
    sign_in(app, alice, COMPUTER, "203.0.113.1")
    (letter,) = letters()
    assert letter.context["new"] == "both"


def test_a_new_device_at_home(app, alice, account):
    sign_in(app, alice, PHONE)
    sign_in(app, alice, COMPUTER)
    (letter,) = letters()
    assert letter.context["new"] == "device"


def test_a_network_not_seen_for_a_quarter_is_new_again(app, alice, account, clock, now):
    sign_in(app, alice, PHONE, "203.0.113.1")
    sign_in(app, alice, PHONE)
    assert len(letters()) == 1
    for days in (60, 120):
        clock.set(now + timedelta(days=days))
        sign_in(app, alice, PHONE)
    sign_in(app, alice, PHONE, "203.0.113.1")
    assert len(letters()) == 2


def test_sessions_from_before_tell_of_no_network(app, alice, account):
    sign_in(app, alice, PHONE)
    Session.update(network="").execute()
    sign_in(app, alice, PHONE, "203.0.113.1")
    assert not letters()


def test_of_a_network_a_hash_of_the_persons_own_is_kept(app, alice, account, bob):
    for user in (alice, bob):
        sign_in(app, user, PHONE)
    kept = {row.network for row in Session.select()}
    assert len(kept) == 2
    assert all(len(each) == 64 for each in kept)
    assert "198.51.100" not in str(list(Session.select().tuples()))
