"""Приглашение: who may take it, to which cabinet, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Branch,
    Consent,
    Invitation,
    OneTimeToken,
    OutboxMessage,
    User,
)
from cabinet.models.base import database, writing
from cabinet.services import access, delegation, granting, invitations, own_accounts
from cabinet.services.audit import Actor
from cabinet.services.tokens import TokenNotFoundError
from tests import factories
from tests.browsing import Browser
from tests.factories import PASSWORD

EMAIL = "ivan@example.org"


def send(alice, now, email=EMAIL, level="readings", last_day=None, key="k", slug=None):
    """Invite somebody to Alice's account and return the secret of the link."""
    found = []
    delegation.invite(
        alice.id,
        slug or AccountAccess.get(AccountAccess.user == alice).slug,
        email,
        level=AccessLevel(level),
        last_day=last_day,
        key=key,
        link=lambda secret: found.append(secret) or f"http://x/invitations/{secret}",
        actor=Actor(alice.id),
        pepper="p",
        now=now,
    )
    return found[0]


@pytest.fixture(autouse=True)
def texts(db):
    """What a new cabinet's owner consents to."""
    factories.load_documents()


@pytest.fixture
def secret(alice, account, now):
    return send(alice, now)


@pytest.fixture
def ivan(db):
    return factories.make_customer(EMAIL, name="Иван Орлов")


def mails(kind):
    return list(OutboxMessage.select().where(OutboxMessage.kind == kind))


def live(user):
    return AccountAccess.select().where(
        AccountAccess.user == user, AccountAccess.ended_at.is_null()
    )


def audits(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


def accept_form(secret):
    return f"form[action='/invitations/{secret}']"


def test_a_visitor_signs_in_and_accepts(app, browser, secret, alice, account, ivan):
    url = f"/invitations/{secret}"
    page = browser.get(url)
    assert "Петрова М. П." in page.text
    assert "кончается на 0001" in page.text
    assert account.number not in page.html
    assert "Ленина" not in page.html
    assert "i***@example.org уже есть" in page.text
    assert not page.select("form[action$='/cabinet']")
    sign_in = browser.get(page.one("main a.btn").get("href"))
    offer = browser.submit(sign_in, "#login-form", login=ivan.email, password=PASSWORD)
    assert "Счёт появится в кабинете ivan@example.org" in offer.text
    assert live(ivan).count() == 0
    for _ in range(2):
        home = browser.submit(offer, accept_form(secret))
        assert "Передать показания" in home.text
    (row,) = live(ivan)
    assert row.level is AccessLevel.READINGS
    assert row.granted_by_id == alice.id
    assert row.until is None
    assert Invitation.get().access_id == row.id
    assert audits("access.given") == 1
    (told,) = mails("delegation_accepted")
    assert told.recipient == alice.email
    assert told.context["who"] == "i***@example.org"
    browser.get("/bills", status=404)
    again = browser.get(url, status=404)
    assert "больше не работает" in again.text
    assert (
        "ivan@example.org" in Browser(app).sign_in(alice).get("/profile/delegates").text
    )


def test_another_cabinet_knows_what_it_accepts(browser, secret, charlie):
    page = browser.sign_in(charlie).get(f"/invitations/{secret}")
    assert "отправили на i***@example.org" in page.text
    assert "вошли как charlie@example.org" in page.text.replace("Вы ", "")
    browser.submit(page, accept_form(secret))
    assert live(charlie).count() == 2


def test_the_new_account_is_shown_after_those_before(browser, secret, charlie, account):
    page = browser.sign_in(charlie).get(f"/invitations/{secret}")
    home = browser.submit(page, accept_form(secret))
    assert home.one(
        "option[selected]"
    ).text == "Курск, ул. Ленина, д. 14, кв. 23".replace(". ", ".\u00a0")
    assert [row.position for row in live(charlie).order_by(AccountAccess.id)] == [0, 1]


def test_full_access_sees_the_bills(browser, alice, account, ivan, now):
    secret = send(alice, now, level="full")
    page = browser.sign_in(ivan).get(f"/invitations/{secret}")
    assert "квитанции" in page.text
    browser.submit(page, accept_form(secret))
    browser.get("/bills")
    assert not access.get_access(ivan.id, account.id, now=now).is_owner


def test_a_delegate_sees_no_more_than_the_owner(alice, account, ivan, now):
    AccountAccess.update(since=date(2026, 5, 1), until=date(2027, 5, 1)).execute()
    secret = send(alice, now, last_day=date(2028, 1, 1))
    invitations.accept(secret, ivan.id, actor=Actor(ivan.id), now=now)
    card = access.get_access(ivan.id, account.id, now=now)
    assert (card.since, card.until) == (date(2026, 5, 1), date(2027, 5, 1))


def test_the_last_day_is_one_of_the_branch(alice, account, ivan, now):
    Branch.update(time_zone="Asia/Kamchatka").execute()
    secret = send(alice, now, last_day=date(2026, 11, 24))
    invitations.accept(secret, ivan.id, actor=Actor(ivan.id), now=now)
    midnight = datetime(2026, 11, 24, 12, tzinfo=UTC)
    before = midnight - timedelta(microseconds=1)
    assert access.accounts_of(ivan.id, now=before)
    assert not access.accounts_of(ivan.id, now=midnight)


def test_an_offer_that_is_over_is_none(browser, alice, account, ivan, clock, now):
    secret = send(alice, now, last_day=date(2026, 11, 22))
    browser.sign_in(ivan).get(f"/invitations/{secret}")
    clock.set(datetime(2026, 11, 22, 21, tzinfo=UTC))
    browser.get(f"/invitations/{secret}", status=404)


def test_a_lapsed_access_can_be_given_anew(alice, account, ivan, now):
    factories.give_access(ivan, account, until=date(2026, 11, 1), granted_by=alice)
    invitations.accept(send(alice, now), ivan.id, actor=Actor(ivan.id), now=now)
    assert live(ivan).count() == 1
    assert access.accounts_of(ivan.id, now=now)


def test_a_second_invitation_changes_the_level(alice, account, ivan, now):
    for key, level in (("a", "full"), ("b", "readings")):
        secret = send(alice, now, level=level, key=key)
        invitations.accept(secret, ivan.id, actor=Actor(ivan.id), now=now)
    assert live(ivan).get().level is AccessLevel.READINGS
    assert live(ivan).count() == 1


def test_who_sees_the_account_already_is_told(browser, secret, alice, bob):
    for user in (bob, alice):
        page = Browser(browser.app).sign_in(user).get(f"/invitations/{secret}")
        assert "уже видите этот счёт" in page.text
        assert not page.select(accept_form(secret))
        with pytest.raises(granting.AlreadyHasAccessError):
            invitations.accept(secret, user.id, actor=Actor(user.id), now=now_of(page))
    assert OneTimeToken.get().used_at is None
    browser.sign_in(bob)
    token = browser.get("/profile").select("input[name=csrf_token]")[0].get("value")
    browser.post(f"/invitations/{secret}", {"csrf_token": token}, status=409)


def now_of(_page):
    return datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize("why", ["revoked", "unlinked", "old", "wrong"])
def test_a_dead_link_opens_nothing(
    app, browser, secret, alice, account, ivan, clock, now, why
):
    browser.sign_in(ivan)
    token = browser.get("/profile").select("input[name=csrf_token]")[0].get("value")
    slug = AccountAccess.get(AccountAccess.user == alice).slug
    if why == "revoked":
        delegation.revoke_invitation(
            alice.id, Invitation.get().id, actor=Actor(alice.id), now=now
        )
    elif why == "unlinked":
        own_accounts.unlink(alice.id, slug, actor=Actor(alice.id), now=now)
    elif why == "old":
        clock.set(now + timedelta(days=7))
    else:
        secret = "x" * 43
    for path in ("", "/cabinet"):
        answer = browser.post(
            f"/invitations/{secret}{path}", {"csrf_token": token}, status=404
        )
        assert "больше не работает" in answer.text
    visitor = Browser(app)
    assert (
        "больше не работает" in visitor.get(f"/invitations/{secret}", status=404).text
    )
    assert live(ivan).count() == 0


def test_a_cabinet_is_made_of_the_mailbox(browser, secret, alice, account, now):
    page = browser.get(f"/invitations/{secret}")
    for _ in range(2):
        told = browser.submit(page, "form[action$='/cabinet']", processing="y")
        assert "придумайте пароль" in told.text
    user = User.get(User.email == EMAIL)
    assert user.password_hash is None
    assert access.accounts_of(user.id, now=now)
    (mail,) = mails("set_password")
    assert mail.recipient == EMAIL
    assert mail.is_secret
    assert mail.context["link"].startswith("http://localhost/password/")
    assert audits("access.given") == 1
    consent = Consent.get()
    assert (consent.user, consent.document) == (user, "consent-processing")
    assert consent.channel == "invitation"


def test_without_consent_no_cabinet_is_made(browser, secret):
    page = browser.get(f"/invitations/{secret}")
    answer = browser.submit(page, "form[action$='/cabinet']", status=422)
    assert "Без этого согласия" in answer.text_of("#processing-e")
    assert not User.select().where(User.email == EMAIL).exists()
    assert OneTimeToken.get().used_at is None


def test_a_cabinet_without_a_password_gets_a_new_link(browser, alice, account, now):
    for key in ("a", "b"):
        secret = send(alice, now, key=key)
        page = browser.get(f"/invitations/{secret}")
        browser.submit(page, "form[action$='/cabinet']", processing="y")
    assert User.select().where(User.email == EMAIL).count() == 1
    assert len(mails("set_password")) == 2


@pytest.mark.parametrize("role", ["customer", "operator"])
def test_no_cabinet_is_made_of_anothers(browser, secret, role):
    page = browser.get(f"/invitations/{secret}")
    factories.make_customer(EMAIL, role=role)
    shown = browser.submit(page, "form[action$='/cabinet']", processing="y", status=409)
    assert "уже есть" in shown.text
    assert not mails("set_password")
    assert OneTimeToken.get().used_at is None


def test_accepting_needs_a_sign_in(browser, secret):
    token = browser.get("/login").select("input[name=csrf_token]")[0].get("value")
    answer = browser.post(
        f"/invitations/{secret}", {"csrf_token": token}, status=302, check=False
    )
    assert answer.headers["Location"].endswith(f"next=/invitations/{secret}")


def test_staff_are_no_delegates(browser, secret):
    browser.sign_in(factories.make_staff())
    browser.get(f"/invitations/{secret}", status=404)


def test_an_organisation_tells_its_own_words(browser, alice, account, now):
    Account.update(kind=AccountKind.ORGANISATION, holder="ООО «Пекарня»").execute()
    page = browser.get(f"/invitations/{send(alice, now, level='full')}")
    assert "ООО «Пекарня»" in page.text
    assert "документы организации" in page.text


def test_of_many_at_once_one_gets_in(alice, account, now):
    people = [factories.make_customer() for _ in range(8)]
    secrets = [send(alice, now, email=EMAIL, key="one")] * 8

    def take(secret, user):
        try:
            invitations.accept(secret, user.id, actor=Actor(user.id), now=now)
        except TokenNotFoundError:
            pass
        finally:
            database.close()

    run(take, zip(secrets, people, strict=True))
    given = AccountAccess.select().where(AccountAccess.granted_by == alice)
    assert given.count() == 1


def test_two_links_at_once_give_one_access(alice, account, ivan, now):
    co_owner = factories.make_customer("co@example.org")
    factories.give_access(co_owner, account)
    links = [send(alice, now, key="a"), send(co_owner, now, email="b@b.ru", key="b")]

    def take(secret):
        try:
            invitations.accept(secret, ivan.id, actor=Actor(ivan.id), now=now)
        except granting.AlreadyHasAccessError:
            pass
        finally:
            database.close()

    run(take, ((link,) for link in links * 4))
    assert live(ivan).count() == 1


def run(target, arguments):
    arguments = list(arguments)
    with ThreadPoolExecutor(len(arguments)) as pool:
        for done in [pool.submit(target, *values) for values in arguments]:
            done.result()


def test_a_link_is_not_used_up_by_a_refusal(alice, bob, account, ivan, now):
    secret = send(alice, now)
    with pytest.raises(granting.AlreadyHasAccessError):
        invitations.accept(secret, bob.id, actor=Actor(bob.id), now=now)
    assert invitations.accept(secret, ivan.id, actor=Actor(ivan.id), now=now)


def test_giving_is_part_of_a_use_case(alice, account, ivan, now):
    card = access.get_access(alice.id, account.id, now=now)
    with writing():
        row = granting.grant(
            ivan.id,
            card,
            alice.id,
            level=AccessLevel.FULL,
            until=None,
            evidence="test",
            actor=Actor(alice.id),
            now=now,
        )
    assert live(ivan).get().id == row.id


def test_an_invitation_whose_mailbox_was_erased_is_dead(
    browser, secret, alice, account, now
):
    Invitation.update(email="").execute()
    browser.get(f"/invitations/{secret}", status=404)
    shared = delegation.shared_accounts(alice.id, now=now)
    assert shared[0].waiting == ()
