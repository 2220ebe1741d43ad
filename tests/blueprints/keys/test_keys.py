"""Календарь и ключи программ: made once, shown once, revoked for ever."""

import pytest

from cabinet.domain.keys import KeyScope
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AuditEntry, OutboxMessage, PersonalKey
from cabinet.models.base import writing
from cabinet.services import personal_keys, tokens
from tests.browsing import Browser

BOTH = pytest.mark.parametrize("htmx", [True, False])


@pytest.fixture
def owner(browser, alice, account):
    return browser.sign_in(alice)


def secret_of(page, field="program-key"):
    return page.one(f"#{field}").get("value")


def make(browser, htmx=False, status=200, **fields):
    fields = {"name": "Домашняя автоматика", "scope": "submit", **fields}
    page = browser.get("/profile/keys")
    return browser.submit(page, "#key-form", htmx=htmx, status=status, **fields)


@BOTH
def test_a_key_is_shown_once_and_only_its_hash_is_kept(owner, alice, htmx):
    shown = make(owner, htmx)
    secret = secret_of(shown)
    row = PersonalKey.get()
    assert row.secret_hash == tokens.hash_of(secret)
    assert (row.scope, row.name) == (KeyScope.SUBMIT, "Домашняя автоматика")
    again = owner.get("/profile/keys")
    assert secret not in again.html
    assert "Домашняя автоматика" in again.text
    assert "Смотреть и передавать показания. Создан 22.11.2026" in again.text
    made = AuditEntry.get(AuditEntry.action == "key.made")
    assert secret not in str(made.details)
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("key_made", alice.email)
    assert mail.context["link"].endswith("/profile/keys")
    assert secret not in str(mail.context)


def test_a_form_that_is_sent_twice_makes_one_key(owner):
    page = owner.get("/profile/keys")
    for _ in range(2):
        shown = owner.submit(page, "#key-form", status=200, name="Дом")
    assert "Эта форма уже отправлена" in shown.text
    assert PersonalKey.select().count() == 1
    assert OutboxMessage.select().count() == 1


@BOTH
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "  "}, "Введите название"),
        ({"name": "д" * 61}, "Не больше 60 знаков"),
        ({"name": "Дом\u202e"}, "невидимые знаки"),
        ({"scope": "admin"}, "Выберите, что можно"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(owner, htmx, fields, told):
    shown = make(owner, htmx, status=422, **fields)
    assert told in shown.text
    assert not PersonalKey.select().exists()


def test_nobody_has_more_keys_than_twenty(owner, alice, now):
    for number in range(personal_keys.MOST):
        make(owner, name=f"Программа {number}")
    shown = make(owner, status=422, name="Ещё одна")
    assert "Ключей уже 20" in shown.text
    assert PersonalKey.select().count() == personal_keys.MOST


@BOTH
def test_a_revoked_key_is_gone_and_opens_nothing(owner, alice, now, htmx):
    secret = secret_of(make(owner))
    row = PersonalKey.get()
    shown = owner.submit(
        owner.get("/profile/keys"),
        f"form[action='/profile/keys/{row.id}/revoke']",
        htmx=htmx,
    )
    assert "Ключей пока нет" in shown.text
    assert AuditEntry.select().where(AuditEntry.action == "key.revoked").count() == 1
    with pytest.raises(personal_keys.KeyNotFoundError):
        personal_keys.find(secret, list(KeyScope), now=now)


def test_somebody_elses_key_is_not_there(owner, charlie, app):
    make(owner)
    key = PersonalKey.get()
    stranger = Browser(app).sign_in(charlie)
    token = stranger.get("/profile/keys").one("#key-form input[name=csrf_token]")
    for address in (f"/profile/keys/{key.id}/revoke", "/profile/keys/999/revoke"):
        stranger.post(address, {"csrf_token": token.get("value")}, status=404)
    assert PersonalKey.get().revoked_at is None


@BOTH
def test_a_new_address_of_the_calendar_replaces_the_one_before(owner, now, htmx):
    first = make_calendar(owner, htmx)
    second = make_calendar(owner, htmx)
    assert secret_of(first, "calendar-address") != secret_of(second, "calendar-address")
    live = PersonalKey.select().where(PersonalKey.revoked_at.is_null())
    assert live.count() == 1
    owner.get(path_of(first), status=404)
    owner.get(path_of(second), check=False)
    # Dates alone are worth no letter.
    assert not OutboxMessage.select().exists()


def test_a_calendar_that_is_sent_twice_says_so(owner):
    page = owner.get("/profile/calendar")
    form = "form[action='/profile/calendar']"
    address = path_of(owner.submit(page, form, status=200))
    shown = owner.submit(page, form, status=200)
    assert "Эта форма уже отправлена" in shown.text
    owner.get(address, check=False)


@BOTH
def test_the_calendar_is_closed_by_its_owner(owner, htmx):
    address = path_of(make_calendar(owner))
    key = PersonalKey.get()
    shown = owner.submit(
        owner.get("/profile/calendar"),
        f"form[action='/profile/calendar/{key.id}/revoke']",
        htmx=htmx,
    )
    assert "Создать адрес календаря" in shown.text
    owner.get(address, status=404)


def test_a_new_password_by_a_link_revokes_every_key(owner, alice, now):
    make(owner)
    make_calendar(owner)
    with writing():
        secret = tokens.issue(TokenPurpose.RESET_PASSWORD, user_id=alice.id, now=now)
    page = owner.get(f"/password/{secret}")
    owner.submit(page, "main form", password="сосна и фонарь у реки")
    assert not PersonalKey.select().where(PersonalKey.revoked_at.is_null()).exists()


def test_who_has_left_or_was_stopped_comes_in_no_more(owner, alice, now):
    secret = secret_of(make(owner))
    alice.disabled_at = now
    alice.save()
    with pytest.raises(personal_keys.KeyNotFoundError):
        personal_keys.find(secret, list(KeyScope), now=now)


def make_calendar(browser, htmx=False):
    page = browser.get("/profile/calendar")
    form = "form[action='/profile/calendar']"
    return browser.submit(page, form, htmx=htmx, status=200)


def path_of(page):
    address = secret_of(page, "calendar-address")
    return "/calendar/" + address.rpartition("/")[2]
