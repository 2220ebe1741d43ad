"""Сменить почту: the new mailbox confirms, the old one can take it back."""

import re
from datetime import timedelta

import pytest

from cabinet.domain.registration import TokenPurpose
from cabinet.models import AuditEntry, OneTimeToken, OutboxMessage, Session, User
from cabinet.models.base import writing
from cabinet.services import outbox, tokens
from tests import factories
from tests.browsing import Browser

NEW = "maria@example.net"
FORM = "#email-form"


def ask(browser, email=NEW, current=factories.PASSWORD, **options):
    page = browser.get("/profile/email")
    return browser.submit(page, FORM, email=email, current=current, **options)


def letters(kind):
    rows = OutboxMessage.select().where(OutboxMessage.kind == kind)
    return list(rows.order_by(OutboxMessage.id))


def link_of(letter):
    return re.sub("^http://localhost", "", letter.context["link"])


def email_of(user):
    return User.get_by_id(user.id).email


def press(browser, link, **options):
    return browser.submit(browser.get(link), "#link-form", **options)


@pytest.fixture
def mine(browser, alice, account):
    return browser.sign_in(alice)


@pytest.fixture
def link(mine):
    ask(mine)
    (letter,) = letters("email_change_confirm")
    return link_of(letter)


@pytest.fixture
def undo(mine, link):
    press(mine, link)
    (letter,) = letters("email_changed")
    return link_of(letter)


def test_the_way_there_is_on_the_profile(mine):
    page = mine.get("/profile")
    assert page.select("a[href='/profile/email']")
    assert "alice@example.org" in page.text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_letter_goes_to_the_new_address(mine, alice, htmx):
    page = ask(mine, " Maria@Example.net ", htmx=htmx)
    assert NEW in page.text_of("#email-form-block .ok")
    assert "до 13:00" in page.text_of("#email-form-block .ok")
    (letter,) = letters("email_change_confirm")
    assert letter.recipient == NEW
    assert letter.is_secret
    assert email_of(alice) == "alice@example.org"
    assert page.one("input[name=current]").get("value") in (None, "")


def test_it_works(app, mine, alice, link):
    other = Browser(app).sign_in(alice)
    page = mine.get(link)
    assert NEW in page.text
    assert email_of(alice) == "alice@example.org"
    page = mine.submit(page, "#link-form")
    assert page.text_of("h1") == "Почта изменена"
    assert email_of(alice) == NEW
    assert NEW in mine.get("/profile").text
    other.get("/profile", status=302, check=False)
    alice.email = NEW
    Browser(app).sign_in(alice)
    (letter,) = letters("email_changed")
    assert letter.recipient == "alice@example.org"
    assert letter.is_secret
    assert not letters("email_undone")


def test_it_works_in_a_browser_nobody_signed_in_with(app, mine, alice, link):
    page = press(Browser(app), link)
    assert page.select("a[href='/login']")
    assert email_of(alice) == NEW
    mine.get("/profile", status=302, check=False)


def test_who_is_signed_in_as_somebody_else_stays_so(app, mine, alice, charlie, link):
    other = Browser(app).sign_in(charlie)
    press(other, link)
    assert (email_of(alice), email_of(charlie)) == (NEW, "charlie@example.org")
    other.get("/profile")
    mine.get("/profile", status=302, check=False)


def test_every_other_link_is_void(mine, alice, link, now):
    with writing():
        secret = tokens.issue(TokenPurpose.RESET_PASSWORD, user_id=alice.id, now=now)
    press(mine, link)
    with pytest.raises(tokens.TokenNotFoundError):
        tokens.get_token(secret, TokenPurpose.RESET_PASSWORD, now=now)


def test_twice_is_once(mine, alice, link, clock):
    page = mine.get(link)
    mine.submit(page, "#link-form")
    again = mine.submit(page, "#link-form")
    assert again.text_of("h1") == "Почта изменена"
    assert len(letters("email_changed")) == 1
    clock.set(clock.get() + tokens.JUST)
    mine.submit(page, "#link-form", status=410)
    mine.get(link, status=410)


def test_asked_twice_at_once_it_is_one_letter(mine, clock):
    for _ in range(5):
        ask(mine)
    assert len(letters("email_change_confirm")) == 1
    clock.set(clock.get() + timedelta(minutes=2))
    ask(mine)
    first, second = letters("email_change_confirm")
    mine.get(link_of(first), status=410)
    mine.get(link_of(second))


def test_an_hour_later_the_link_is_dead(mine, alice, link, clock):
    page = mine.get(link)
    clock.set(clock.get() + timedelta(minutes=60))
    mine.get(link, status=410)
    mine.submit(page, "#link-form", status=410)
    assert email_of(alice) == "alice@example.org"
    assert "Откройте письмо" not in mine.get("/profile/email").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": ""}, "Введите новую почту"),
        ({"email": "maria"}, "Введите почту целиком"),
        ({"email": "a b@example.net"}, "Введите почту целиком"),
        ({"email": "a@b@example.net"}, "Введите почту целиком"),
        ({"email": "x" * 255}, "больше 254 знаков"),
        ({"email": "ALICE@example.org"}, "С этой почтой вы входите сейчас"),
        ({"current": ""}, "Введите пароль"),
        ({"current": "не тот"}, "не подходит"),
    ],
)
def test_what_is_wrong_is_told_and_kept(mine, typed, said):
    page = ask(mine, **typed, status=422)
    assert said in page.text_of(f"#{next(iter(typed))}-e")
    assert page.one("#email").get("value", "") == typed.get("email", NEW)
    assert not OneTimeToken.select().exists()
    assert not OutboxMessage.select().exists()


def test_who_asks_cannot_tell_a_taken_address(mine, alice, charlie):
    free = ask(mine, "nobody@example.org").element("#email-form-block")
    taken = ask(mine, "charlie@example.org").element("#email-form-block")
    assert taken == free.replace("nobody@", "charlie@")
    (letter,) = letters("email_taken")
    assert letter.recipient == "charlie@example.org"
    assert letter.context == {}
    assert OneTimeToken.select().count() == 2
    # The traces are the same too: a link each, which nobody holds for a taken one.
    assert len(asked_entries()) == 2


def test_an_address_taken_meanwhile_stays_with_its_owner(mine, alice, link):
    factories.make_customer(NEW)
    page = mine.get(link)
    mine.submit(page, "#link-form", status=410)
    assert email_of(alice) == "alice@example.org"
    assert not letters("email_changed")


def test_three_a_day(mine, clock):
    for number in range(3):
        ask(mine, f"{number}@example.net")
    page = mine.get("/profile/email")
    mine.submit(
        page, FORM, email="4@example.net", current=factories.PASSWORD, status=429
    )
    assert len(letters("email_change_confirm")) == 3
    clock.set(clock.get() + timedelta(days=1))
    ask(mine, "4@example.net")


def test_the_log_tells_it_without_addresses(mine, undo):
    press(mine, undo)
    entries = asked_entries() + [
        row
        for row in AuditEntry.select().order_by(AuditEntry.id)
        if row.action in {"email.changed", "email.undone"}
    ]
    assert [row.action for row in entries] == [
        "email.change_asked",
        "email.changed",
        "email.undone",
    ]
    assert all("@" not in str(row.details) for row in entries)
    asked, changed, undone = (row.details for row in entries)
    assert asked["email"] == changed["email"] == undone["before"]
    assert changed["before"] == undone["email"]


def test_the_old_mailbox_takes_it_back(app, mine, alice, undo):
    page = press(Browser(app), undo)
    assert page.select("a[href='/reset']")
    assert email_of(alice) == "alice@example.org"
    assert not Session.select().where(Session.revoked_at.is_null()).exists()
    (letter,) = letters("email_undone")
    assert letter.recipient == NEW
    assert len(letters("email_changed")) == 1


def test_taken_back_twice_is_once(app, mine, undo):
    browser = Browser(app)
    page = browser.get(undo)
    for _ in range(2):
        answer = browser.submit(page, "#link-form")
        assert answer.text_of("h1") == "Прежняя почта возвращена"
    assert len(letters("email_undone")) == 1


def test_a_thief_cannot_get_rid_of_the_way_back(app, mine, alice, undo, now, clock):
    """Neither by another password nor by changing the address once more."""
    with writing():
        tokens.void(alice.id, now=now)
    clock.set(clock.get() + timedelta(hours=1))
    ask(mine, "thief@example.net")
    press(mine, link_of(letters("email_change_confirm")[-1]))
    later = link_of(letters("email_changed")[-1])
    press(Browser(app), undo)
    assert email_of(alice) == "alice@example.org"
    mine.get(later, status=410)


def test_the_way_back_of_a_thief_does_not_close_the_owners(app, mine, alice, undo):
    ask(mine, "thief@example.net")
    press(mine, link_of(letters("email_change_confirm")[-1]))
    press(Browser(app), link_of(letters("email_changed")[-1]))
    assert email_of(alice) == NEW
    press(Browser(app), undo)
    assert email_of(alice) == "alice@example.org"


def test_three_days_later_there_is_no_way_back(app, undo, clock):
    clock.set(clock.get() + timedelta(hours=72))
    Browser(app).get(undo, status=410)


def test_the_way_back_is_closed_to_a_disabled_customer(app, alice, undo, now):
    User.update(disabled_at=now).execute()
    browser = Browser(app)
    browser.get(undo, status=410)


@pytest.mark.parametrize("kind", ["confirm", "undo"])
def test_links_are_not_mixed_up(browser, mine, link, kind):
    secret = link.rpartition("/")[2]
    browser.get(f"/email/{kind}/{secret}", status=200 if kind == "confirm" else 410)
    browser.get(f"/email/{kind}/nothing", status=410)


def test_staff_have_their_address_from_the_administrator(browser, db):
    staff = browser.sign_in(factories.make_staff())
    staff.get("/profile/email", status=404)
    assert not staff.get("/profile").select("a[href='/profile/email']")


def test_letters_forget_their_links_when_sent(mine, undo, now):
    for mail in outbox.claim(most=10, now=now):
        outbox.mark_sent(mail.message_id, now=now)
    assert all(row.context == {} for row in OutboxMessage.select())


def asked_entries():
    rows = AuditEntry.select().where(AuditEntry.action == "email.change_asked")
    return list(rows.order_by(AuditEntry.id))
