"""Кто пользовался счётом: what the owner is told."""

import uuid
from datetime import date, timedelta

import pytest

from cabinet.blueprints.accounts import words
from cabinet.domain.people import AccountKind
from cabinet.models import AccountAccess, AuditEntry, StoredFile
from cabinet.models.base import writing
from cabinet.services import account_log, audit, delegation, export
from cabinet.services.access import AccountNotFoundError
from cabinet.services.audit import Actor
from tests import factories
from tests.browsing import Browser

DAY = timedelta(days=1)


@pytest.fixture
def friend(alice, account):
    """A friend whom Alice let in."""
    friend = factories.make_customer("friend@example.org")
    factories.give_access(friend, account, granted_by=alice, slug="hers")
    return friend


@pytest.fixture
def slug(alice, account):
    return AccountAccess.get(AccountAccess.user == alice).slug


def record(account, actor, action, now, **details):
    with writing():
        audit.record(
            Actor(actor and actor.id), action, now=now, account_id=account.id, **details
        )


def told(user, slug, now, page=1):
    found = account_log.account_log(user.id, slug, page, now=now)
    return [(words.who(use), words.what(use)) for use in found.uses]


def test_what_a_delegate_does_is_told(app, alice, account, meter, slug, friend, now):
    factories.make_rates()
    factories.make_ranges()
    factories.make_reading(meter)
    factories.make_bill(account)
    browser = Browser(app).sign_in(friend)
    for url in (
        "/bills",
        "/bills/2026-10",
        "/bills/2026-10.pdf",
        "/history",
        "/history.csv",
        "/statement",
        "/statement.csv",
    ):
        browser.get(url, check=False)
    page = browser.get("/readings")
    browser.submit(page, "#reading-form", t1="4600")
    page = browser.get("/questions")
    browser.submit(page, "#question-form", topic="other", text="Когда поверка?")
    who = "f***@example.org"
    assert told(alice, slug, now) == [
        (who, "Задан вопрос специалисту"),
        (who, "Показания переданы"),
        (who, "Форма показаний открыта"),
        (who, "Начисления и платежи скачаны"),
        (who, "Начисления и платежи открыты"),
        (who, "История показаний скачана"),
        (who, "История показаний открыта"),
        (who, "Квитанция скачана"),
        (who, "Квитанция открыта"),
        (who, "Список квитанций открыт"),
    ]


def test_the_home_page_is_told_once_a_day(
    app, alice, account, meter, slug, friend, clock, now
):
    browser = Browser(app).sign_in(friend)
    for _ in range(3):
        browser.get("/")
    line = ("f***@example.org", words.ACTIONS["home.opened"])
    assert told(alice, slug, now) == [line]
    clock.set(now + timedelta(days=1))
    browser.get("/")
    assert told(alice, slug, now) == [line] * 2
    Browser(app).sign_in(alice).get("/")
    assert told(alice, slug, now) == [line] * 2


def test_the_list_of_an_organisations_papers_is_told(
    app, alice, account, slug, friend, now
):
    account.kind = AccountKind.ORGANISATION
    account.save()
    Browser(app).sign_in(friend).get("/papers")
    Browser(app).sign_in(alice).get("/papers")
    assert told(alice, slug, now) == [("f***@example.org", "Список документов открыт")]


def test_an_archive_is_told_to_the_owner_of_each_account(
    alice, account, slug, friend, now
):
    own = factories.make_account("460000000077")
    factories.give_access(friend, own)
    file = StoredFile.create(
        public_id=uuid.uuid4(),
        owner=friend,
        purpose="export",
        name="x.zip",
        media_type="application/zip",
        sha256="0" * 64,
        size=1,
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    late = factories.make_account("460000000078")
    factories.give_access(friend, late, granted_by=alice, granted_at=now + DAY)
    export.open_export(friend.id, file.public_id, actor=Actor(friend.id), now=now + DAY)
    taken = AuditEntry.select().where(AuditEntry.action == "export.taken")
    assert [row.account_id for row in taken.order_by(AuditEntry.id)] == [
        None,
        account.id,
    ]
    (line,) = told(alice, slug, now + DAY)
    assert line == ("f***@example.org", "Скачан архив со всеми данными счёта")


def test_an_owners_own_looks_are_not_noted(app, alice, account, meter, slug, now):
    factories.make_bill(account)
    browser = Browser(app).sign_in(alice)
    for url in ("/bills/2026-10", "/history", "/statement"):
        browser.get(url)
    assert told(alice, slug, now) == []


def test_accesses_are_told(alice, account, slug, friend, bob, now):
    record(account, friend, "access.given", now, user=friend.id, level="readings")
    row = AccountAccess.get(AccountAccess.user == friend)
    delegation.revoke_access(alice.id, row.id, actor=Actor(alice.id), now=now)
    record(account, bob, "access.ended", now, user=bob.id, why="unlinked")
    record(account, None, "access.ended", now, user=bob.id, why="lapsed")
    assert told(alice, slug, now) == [
        ("Кабинет", "Срок доступа кончился для b***@example.org"),
        ("b***@example.org", "Счёт откреплён"),
        ("Вы", "Доступ закрыт для f***@example.org"),
        ("f***@example.org", "Доступ открыт: только показания"),
    ]


def test_staff_have_no_names(alice, account, slug, now):
    operator = factories.make_staff()
    record(account, operator, "reading.submitted", now)
    record(account, operator, "card.looked", now)
    assert told(alice, slug, now) == [
        ("Специалист отделения", "Счёт просмотрен"),
        ("Специалист отделения", "Показания переданы"),
    ]


def test_what_is_private_or_of_the_machine_is_not_told(
    alice, account, slug, friend, now
):
    record(account, friend, "access.renamed", now)
    record(account, friend, "something.else", now)
    record(account, None, "something.else", now)
    record(account, alice, "access.renamed", now)
    assert told(alice, slug, now) == [("Вы", "Название счёта изменено")]


def test_other_accounts_are_not_told(alice, slug, charlie, now):
    other = AccountAccess.get(AccountAccess.user == charlie).account
    record(other, charlie, "reading.submitted", now)
    assert told(alice, slug, now) == []


def test_a_new_owner_is_told_nothing_of_the_one_before(alice, account, slug, bob, now):
    AccountAccess.update(since=date(2026, 11, 22)).where(
        AccountAccess.user == alice
    ).execute()
    midnight = now.replace(hour=0) - timedelta(hours=3)
    record(account, bob, "reading.submitted", midnight - timedelta(seconds=1))
    record(account, bob, "reading.mailed", midnight)
    assert told(alice, slug, now) == [
        ("b***@example.org", "Подтверждение отправлено на почту")
    ]


def test_only_the_owner_is_told(alice, account, friend, bob, charlie, slug, now):
    for user in (friend, bob, charlie):
        own = AccountAccess.get(AccountAccess.user == user).slug
        for each in {slug, own} if user is not charlie else {slug}:
            with pytest.raises(AccountNotFoundError):
                account_log.account_log(user.id, each, 1, now=now)


def test_pages_are_of_fifty_newest_first(app, alice, account, slug, friend, now):
    for number in range(51):
        action = "paper.opened" if number == 0 else "reading.submitted"
        record(account, friend, action, now)
    browser = Browser(app).sign_in(alice)
    url = f"/profile/accounts/{slug}/log"
    first = browser.get(url)
    assert len(first.select("tbody tr")) == 50
    assert "22.11.2026 12:00" in first.text
    assert "Документ скачан" not in first.text
    second = browser.get(first.one(f"a[href='{url}?page=2']").get("href"))
    assert len(second.select("tbody tr")) == 1
    assert "Документ скачан" in second.text
    assert second.select(f"a[href='{url}?page=1']")
    assert "Больше записей нет" in browser.get(f"{url}?page=3").text
    for odd in ("0", "-1", "x", "99999", "٢", ""):
        browser.get(f"{url}?page={odd}", status=404)


def test_a_log_that_is_empty_says_so(app, alice, account, slug):
    page = Browser(app).sign_in(alice).get(f"/profile/accounts/{slug}/log")
    assert "Пока никто ничего не делал" in page.text
    assert AuditEntry.select().where(AuditEntry.account_id == account.id).count() == 0
