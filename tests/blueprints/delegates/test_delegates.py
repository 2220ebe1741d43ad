"""Кому открыты счета: inviting and taking back."""

from datetime import date, timedelta

import pytest

from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Invitation,
    OneTimeToken,
    OutboxMessage,
)
from cabinet.services import access, delegation
from tests import factories
from tests.browsing import Browser


@pytest.fixture
def owner(browser, alice, account):
    return browser.sign_in(alice)


def slug_of(user):
    return AccountAccess.get(AccountAccess.user == user).slug


def form_of(browser, user):
    return browser.get(f"/profile/accounts/{slug_of(user)}/invite")


def audits(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


def end_form(row):
    return f"form[action='/profile/delegates/{row.id}/end']"


def test_an_invitation_is_sent_once(owner, alice, account, now):
    page = form_of(owner, alice)
    for _ in range(2):
        shown = owner.submit(
            page, "#invite-form", email=" Ivan@Example.org ", last_day="31.12.2026"
        )
    assert "ivan@example.org" in shown.text
    assert "Только показания, по 31.12.2026" in shown.text
    assert "ждёт ответа до 29 ноября 12:00" in shown.text
    row = Invitation.get()
    assert (row.email, row.level) == ("ivan@example.org", AccessLevel.READINGS)
    assert row.until == date(2027, 1, 1)
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("invitation", "ivan@example.org")
    assert mail.is_secret
    assert "/invitations/" in mail.context["link"]
    assert account.number not in str(mail.context)
    assert OneTimeToken.select().count() == 1
    assert audits("invitation.sent") == 1


@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_not_understood_comes_back(owner, alice, htmx):
    shown = owner.submit(
        form_of(owner, alice),
        "#invite-form",
        email="ivan.example.org",
        last_day="завтра",
        level="owner",
        htmx=htmx,
        status=422,
    )
    assert len(shown.select("#invite-form .err")) == 3
    assert shown.one("#email").get("value") == "ivan.example.org"
    assert shown.one("#last_day").get("value") == "завтра"
    assert Invitation.select().count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "alice@example.org"}, "Это ваша почта"),
        ({"last_day": "21.11.2026"}, "уже прошёл"),
        ({"last_day": "31.12.9999"}, "не больше чем на 10 лет"),
    ],
)
def test_what_makes_no_sense_is_refused(owner, alice, fields, words):
    shown = owner.submit(
        form_of(owner, alice),
        "#invite-form",
        status=422,
        **{"email": "ivan@example.org"} | fields,
    )
    assert words in shown.text_of(".field .err")
    assert OutboxMessage.select().count() == 0


def test_today_is_a_day_too(owner, alice):
    page = form_of(owner, alice)
    owner.submit(page, "#invite-form", email="ivan@example.org", last_day="22.11.26")
    assert Invitation.get().until == date(2026, 11, 23)


def test_a_newer_invitation_replaces_the_older(owner, alice):
    for level in ("readings", "full"):
        owner.submit(
            form_of(owner, alice), "#invite-form", email="ivan@example.org", level=level
        )
    older, newer = Invitation.select().order_by(Invitation.id)
    assert older.revoked_at
    assert newer.revoked_at is None
    page = owner.get("/profile/delegates")
    assert page.text.count("ivan@example.org") == 2  # in the row and on its button


def test_a_mailbox_is_not_flooded(owner, alice):
    for status in (303, 303, 303, 429):
        owner.submit(
            form_of(owner, alice),
            "#invite-form",
            email="ivan@example.org",
            status=status,
        )
    assert OutboxMessage.select().count() == 3


def test_people_of_an_account_are_not_a_crowd(owner, alice, monkeypatch):
    monkeypatch.setattr(delegation, "MOST_PEOPLE", 1)
    owner.submit(form_of(owner, alice), "#invite-form", email="a@example.org")
    shown = owner.submit(
        form_of(owner, alice), "#invite-form", email="b@example.org", status=422
    )
    assert "Сначала закройте доступ" in shown.text


def test_an_invitation_is_taken_back_once(owner, alice):
    page = owner.submit(form_of(owner, alice), "#invite-form", email="ivan@example.org")
    for _ in range(2):
        shown = owner.submit(page, "form[action$='/revoke']")
    assert "Счёт видите только вы" in shown.text
    assert audits("invitation.revoked") == 1


def test_an_unanswered_invitation_leaves_the_list(owner, alice, clock, now):
    owner.submit(form_of(owner, alice), "#invite-form", email="ivan@example.org")
    clock.set(now + timedelta(days=7))
    assert "ivan" not in owner.get("/profile/delegates").text


@pytest.fixture
def friend(alice, account):
    """A friend whom Alice let in."""
    friend = factories.make_customer("friend@example.org")
    factories.give_access(friend, account, granted_by=alice)
    return friend


def test_an_access_ends_at_once_and_once(app, owner, alice, account, friend):
    other = Browser(app).sign_in(friend)
    other.get("/bills")
    row = AccountAccess.get(AccountAccess.user == friend)
    page = owner.get("/profile/delegates")
    assert "f***@example.org" in page.text
    for _ in range(2):
        owner.submit(page, end_form(row))
    assert "пока нет лицевого счёта" in other.get("/").text
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("delegation_revoked", friend.email)
    assert audits("access.ended") == 1


def test_who_came_by_himself_is_shown_without_a_button(owner, alice, bob, account):
    page = owner.get("/profile/delegates")
    assert "b***@example.org" in page.text
    assert "Открыли не вы" in page.text
    assert not page.select("form[action$='/end']")


def test_a_delegate_cannot_delegate(app, alice, account, friend, bob):
    for user in (friend, bob):
        browser = Browser(app).sign_in(user)
        slug = slug_of(user)
        page = browser.get(f"/profile/accounts/{slug}")
        assert not page.select("a[href$='/invite'], a[href$='/log']")
        for path in ("invite", "log"):
            browser.get(f"/profile/accounts/{slug}/{path}", status=404)
        token = page.select("input[name=csrf_token]")[0].get("value")
        answer = browser.client.post(
            f"/profile/accounts/{slug}/invite",
            data={"csrf_token": token, "email": "a@b.ru", "level": "full"},
        )
        assert answer.status_code == 404
        assert "таких счетов нет" in browser.get("/profile/delegates").text
    assert Invitation.select().count() == 0


def test_a_stranger_ends_and_revokes_nothing(app, owner, alice, friend, charlie):
    owner.submit(form_of(owner, alice), "#invite-form", email="ivan@example.org")
    given = AccountAccess.get(AccountAccess.user == friend)
    own = AccountAccess.get(AccountAccess.user == alice)
    for user in (charlie, friend):
        browser = Browser(app).sign_in(user)
        page = browser.get("/profile")
        token = {"csrf_token": page.select("input[name=csrf_token]")[0].get("value")}
        for url in (
            f"/profile/delegates/{given.id}/end",
            f"/profile/delegates/{own.id}/end",
            "/profile/delegates/999999/end",
            f"/profile/delegates/invitations/{Invitation.get().id}/revoke",
            "/profile/delegates/invitations/999999/revoke",
        ):
            assert browser.client.post(url, data=token).status_code == 404, url
    assert Invitation.get().revoked_at is None
    assert AccountAccess.select().where(AccountAccess.ended_at.is_null()).count() == 3


def test_who_owns_the_account_no_more_rules_nobody(owner, alice, friend, now):
    given = AccountAccess.get(AccountAccess.user == friend)
    page = owner.get("/profile/delegates")
    AccountAccess.update(until=date(2026, 11, 22)).where(
        AccountAccess.user == alice
    ).execute()
    factories.give_access(alice, factories.make_account(number="460000000077"))
    owner.submit(page, end_form(given), status=404)
    assert access.accounts_of(friend.id, now=now)


def test_an_organisation_has_colleagues(owner, alice, account):
    Account.update(kind=AccountKind.ORGANISATION).execute()
    page = form_of(owner, alice)
    assert "Пригласить сотрудника" in page.text
    assert "Только показания, например для энергетика" in page.text
    assert "Всё, например для бухгалтера" in page.text
    assert "близк" not in page.text.lower()
    assert "Пригласить сотрудника" in owner.get("/profile/delegates").text
