"""Мои счета: names, order, unlinking."""

from datetime import date

import pytest

from cabinet.models import (
    AccountAccess,
    AuditEntry,
    Invitation,
    OutboxMessage,
    Session,
    Subscription,
)
from cabinet.services import access
from tests import factories
from tests.browsing import Browser


@pytest.fixture
def two(alice):
    """Alice with a flat and a dacha, in this order."""
    for position, slug in enumerate(("flat", "dacha")):
        account = factories.make_account(number=f"46000000000{position}")
        factories.give_access(alice, account, slug=slug, position=position)
    return Browser


def order(page):
    return [
        link.get("href").rpartition("/")[2] for link in page.select(".rows div > a")
    ]


def audits(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


def rename(browser, slug, label, **options):
    page = browser.get(f"/profile/accounts/{slug}")
    return browser.submit(page, "#label-form", label=label, **options)


def test_the_list_says_which_account_opens_first(browser, alice, two):
    page = browser.sign_in(alice).get("/profile/accounts")
    assert order(page) == ["flat", "dacha"]
    assert "Первый счёт открывается сразу после входа" in page.text
    assert page.text.count("(основной)") == 1
    assert browser.get("/profile").select("a[href='/profile/accounts']")


def test_an_account_gets_a_name_and_keeps_its_address(browser, alice, two):
    browser.sign_in(alice)
    page = rename(browser, "dacha", "  Дача\u202e \t у\u200b реки\n")
    assert "Дача у реки" in page.text
    row = AccountAccess.get(AccountAccess.slug == "dacha")
    assert row.label == "Дача у реки"
    rename(browser, "dacha", "Дача у реки")
    assert audits("access.renamed") == 1
    rename(browser, "dacha", "")
    assert AccountAccess.get_by_id(row.id).label == ""


@pytest.mark.parametrize("htmx", [True, False])
def test_a_long_name_comes_back_with_the_reason(browser, alice, two, htmx):
    browser.sign_in(alice)
    assert rename(browser, "dacha", "я" * 40)
    page = rename(browser, "dacha", "б" * 41, htmx=htmx, status=422)
    assert "больше 40 знаков" in page.text_of(".field .err")
    assert page.one("#label").get("value") == "б" * 41
    assert AccountAccess.get(AccountAccess.slug == "dacha").label == "я" * 40


def test_htmx_goes_back_to_the_list(browser, alice, two):
    answer = rename(browser.sign_in(alice), "flat", "Квартира", htmx=True)
    assert answer.headers["HX-Redirect"] == "/profile/accounts"


def test_the_order_is_changed_once(browser, alice, two):
    browser.sign_in(alice)
    page = browser.get("/profile/accounts")
    for _ in range(2):
        moved = move(browser, page, "dacha", 0)
        assert order(moved) == ["dacha", "flat"]
    assert audits("access.moved") == 1
    down = move(browser, moved, "dacha", 1)
    assert order(down) == ["flat", "dacha"]


def move(browser, page, slug, place, **options):
    form = f"form[action='/profile/accounts/{slug}/move']"
    return browser.submit(page, form, button=(f"to:{place}", ""), **options)


@pytest.mark.parametrize("place", ["", "-1", "x", "٢", "99999", "1.5"])
def test_an_odd_place_is_refused(browser, alice, two, place):
    page = browser.sign_in(alice).get("/profile/accounts")
    token = page.select("input[name=csrf_token]")[0].get("value")
    browser.post(
        "/profile/accounts/dacha/move",
        {"csrf_token": token, f"to:{place}": ""},
        status=400,
    )
    assert order(browser.get("/profile/accounts")) == ["flat", "dacha"]


def test_unlinking_is_told_and_done_once(browser, alice, two):
    browser.sign_in(alice)
    browser.submit(browser.get("/"), "form.switch", account="dacha")
    page = browser.get("/profile/accounts/dacha/unlink")
    assert len(page.select("main li")) == 4
    assert AccountAccess.select().where(AccountAccess.ended_at.is_null()).count() == 2
    for _ in range(2):
        left = browser.submit(page, "form[action$='/unlink']")
        assert order(left) == ["flat"]
    assert audits("access.ended") == 1
    assert Session.get(Session.revoked_at.is_null()).account_id is None
    assert "460000000000" in browser.get("/").text.replace(" ", "")
    browser.get("/profile/accounts/dacha", status=404)


def test_the_last_account_can_be_unlinked(browser, alice, account):
    browser.sign_in(alice)
    slug = AccountAccess.get().slug
    page = browser.get(f"/profile/accounts/{slug}/unlink")
    assert "Других счетов в нём нет" in page.text
    home = browser.submit(page, "form[action$='/unlink']")
    assert "пока нет лицевого счёта" in home.text
    browser.submit(page, "form[action$='/unlink']")
    assert audits("access.ended") == 1


@pytest.fixture
def shared(alice, account, now):
    """Alice's account, opened for a friend, with an invitation that waits."""
    friend = factories.make_customer("friend@example.org")
    factories.give_access(friend, account, granted_by=alice, slug="hers")
    for user in (alice, friend):
        Subscription.create(user=user, account=account, kind="reminder", since=now)
    Invitation.create(
        account=account,
        invited_by=alice,
        email="late@example.org",
        level="full",
        created_at=now,
    )
    return friend


def test_an_owner_takes_everybody_along(app, browser, alice, account, shared, bob, now):
    slug = AccountAccess.get(AccountAccess.user == alice).slug
    page = browser.sign_in(alice).get(f"/profile/accounts/{slug}/unlink")
    assert "1 человек" in page.text
    browser.submit(page, "form[action$='/unlink']")
    assert access.accounts_of(shared.id, now=now) == ()
    # Somebody with a right of his own stays.
    assert access.accounts_of(bob.id, now=now)
    assert Invitation.get().revoked_at == now
    assert not Subscription.select().where(Subscription.ended_at.is_null()).exists()
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("delegation_revoked", shared.email)
    assert audits("access.ended") == 2


def test_a_delegate_unlinks_only_himself(browser, alice, account, shared, now):
    page = browser.sign_in(shared).get("/profile/accounts/hers/unlink")
    assert "Вернуть доступ может только владелец" in page.text
    browser.submit(page, "form[action$='/unlink']")
    assert access.accounts_of(alice.id, now=now)
    assert access.accounts_of(shared.id, now=now) == ()
    assert OutboxMessage.select().count() == 0


def test_a_stranger_gets_404(browser, alice, two, charlie):
    token = {
        "csrf_token": browser.sign_in(charlie)
        .get("/profile")
        .select("input[name=csrf_token]")[0]
        .get("value")
    }
    for path in ("", "/unlink", "/log", "/invite"):
        for slug in ("dacha", "missing"):
            url = f"/profile/accounts/{slug}{path}"
            assert browser.client.get(url).status_code == 404, url
    for path in ("", "/unlink", "/move", "/invite"):
        url = f"/profile/accounts/dacha{path}"
        data = token | {"label": "x", "to:0": "", "email": "a@b.ru"}
        assert browser.client.post(url, data=data).status_code == 404, url
    assert AccountAccess.select().where(AccountAccess.ended_at.is_null()).count() == 3


def test_staff_have_no_accounts(browser, alice, two):
    browser.sign_in(factories.make_staff())
    browser.get("/profile/accounts", status=404)
    browser.get("/profile/delegates", status=404)


def test_a_delegate_is_told_his_terms(browser, alice, account):
    friend = factories.make_customer("friend@example.org")
    factories.give_access(
        friend,
        account,
        level="readings",
        granted_by=alice,
        until=date(2027, 1, 1),
    )
    page = browser.sign_in(friend).get("/profile/accounts")
    assert "Можно только передавать показания" in page.text
    assert "Доступ открыт по 31.12.2026" in page.text
    assert "основной" not in page.text
    assert not page.select("main a[href='/profile/delegates']")
