"""Отменить регистрацию: asking for it, changing one's mind."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.mailing.compose import compose
from cabinet.models import AuditEntry, Leaving, OutboxMessage
from cabinet.services import leaving, outbox
from cabinet.services.audit import Actor
from tests import factories
from tests.browsing import Browser
from tests.factories import PASSWORD


@pytest.fixture
def inside(browser, alice, account):
    return browser.sign_in(alice)


def close(browser, *, htmx=False, status=None, password=PASSWORD):
    page = browser.get("/leaving/close")
    return browser.submit(
        page, "#closing-form", htmx=htmx, status=status, password=password
    )


def acts():
    return [
        row.action
        for row in AuditEntry.select().order_by(AuditEntry.id)
        if row.action.startswith("leaving.")
    ]


def test_the_profile_leads_to_the_ways_to_leave(inside):
    assert inside.get("/profile").select("a[href='/leaving']")
    page = inside.get("/leaving")
    assert page.select("a[href='/leaving/close']")
    assert "Договор, лицевой счёт, имя и адрес в нём остаются" in page.text


def test_each_way_to_leave_stands_by_itself_and_four_lines_explain(inside):
    page = inside.get("/leaving")
    ways = ["".join(each.itertext()) for each in page.select("main h2")]
    assert ways[:3] == [
        "Убрать из кабинета лицевой счёт",
        "Закрыть кабинет",
        "Отозвать согласия",
    ]
    assert len(page.select("main ul li")) == 4
    for way in ("/profile/accounts", "/leaving/close", "/profile/consents"):
        (link, *_) = page.select(f"main a[href='{way}']")
        inside.get(link.get("href"))
    assert page.select("main a[href='/leaving/export']")


def test_it_tells_what_is_lost(inside, alice, account):
    guest = factories.make_customer("guest@example.org")
    factories.give_access(guest, account, level="readings", granted_by=alice)
    page = inside.get("/leaving/close")
    assert "Лицевой счёт 4600 0000 0001" in page.text
    assert "кого вы пригласили: 1 человек" in page.text


def test_it_leads_to_what_needs_no_cabinet(app, inside):
    page = inside.get("/leaving")
    for url in ("/guest/readings", "/guest/pay"):
        (way,) = page.select(f"main a[href='{url}']")
        Browser(app).get(way.get("href"))


def test_closing_takes_a_week_and_is_told_everywhere(inside, alice, now):
    page = close(inside)
    assert "Кабинет закроется 29 ноября" in page.text
    row = Leaving.get()
    assert (row.user_id, row.due_at) == (alice.id, now + timedelta(days=7))
    for url in ("/", "/readings", "/history", "/bills", "/profile", "/leaving"):
        shown = inside.get(url)
        assert "Кабинет закроется 29 ноября. Передумать" in shown.text
    assert acts() == ["leaving.started"]


def test_the_letter_says_how_to_undo_it(app, inside, alice, now):
    close(inside)
    (mail,) = outbox.claim(most=9, now=now)
    assert mail.recipient == alice.email
    with app.app_context():
        message = compose(mail, sender="cabinet@example.org")
    assert message.subject == "Ваш личный кабинет будет закрыт"
    assert "29\u00a0ноября 2026\u00a0года" in message.body
    assert "нажмите «Передумать»: http://localhost/leaving" in message.body
    assert 'href="http://localhost/leaving"' in message.html


def test_twice_is_once(inside, alice, now):
    close(inside)
    first = Leaving.get()
    again = leaving.start_leaving(
        alice.id,
        PASSWORD,
        link="x",
        zone=ZoneInfo("Europe/Moscow"),
        actor=Actor(alice.id),
        pepper="p",
        now=now + timedelta(hours=1),
    )
    assert (again.public_id, again.due_at) == (first.public_id, first.due_at)
    assert Leaving.select().count() == OutboxMessage.select().count() == 1
    assert acts() == ["leaving.started"]


def test_with_htmx_the_browser_is_led_to_the_whole_page(inside):
    page = inside.get("/leaving/close")
    answer = inside.submit(page, "#closing-form", htmx=True, password=PASSWORD)
    assert answer.headers["HX-Redirect"] == "/leaving/close"
    assert Leaving.select().count() == 1


@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_password_closes_nothing(inside, htmx):
    page = close(inside, htmx=htmx, status=422, password="wrong")
    assert "Пароль не подходит" in page.text_of(".bad")
    page = close(inside, htmx=htmx, status=422, password="")
    assert "Введите пароль" in page.text_of(".bad")
    assert not Leaving.select().exists()


def test_passwords_cannot_be_guessed_here(inside):
    for _ in range(5):
        close(inside, status=422, password="wrong")
    page = close(inside, status=429)
    assert "Слишком много попыток" in page.text
    assert not Leaving.select().exists()


def test_a_right_password_is_not_counted(inside, now):
    for _ in range(12):
        close(inside)
        inside.submit(inside.get("/leaving/close"), "#closing form")
    assert Leaving.select().count() == 12


def test_one_can_change_ones_mind_from_any_page(inside, now):
    close(inside)
    page = inside.submit(inside.get("/history"), "main form[action='/leaving/undo']")
    assert "Кабинет остаётся" in page.text
    assert "Кабинет закроется" not in page.text
    assert Leaving.get().undone_at == now
    assert acts() == ["leaving.started", "leaving.undone"]


def test_undoing_twice_or_nothing_is_told_the_same(app, inside):
    close(inside)
    page = inside.get("/leaving/close")
    for _ in range(2):
        assert "Кабинет остаётся" in inside.submit(page, "#closing form").text
    assert acts() == ["leaving.started", "leaving.undone"]


def test_a_stranger_undoes_nothing(app, inside, charlie):
    close(inside)
    other = Browser(app).sign_in(charlie)
    token = other.get("/leaving/close").select("input[name=csrf_token]")[0]
    other.post("/leaving/undo", {"csrf_token": token.get("value")}, status=303)
    assert Leaving.get().undone_at is None
    assert "Кабинет закроется" not in other.get("/").text


def test_somebody_without_accounts_may_leave_too(browser, alice):
    assert "Кабинет закроется" in close(browser.sign_in(alice)).text


def test_staff_have_no_such_page(browser, db):
    browser.sign_in(factories.make_staff())
    for url in ("/leaving", "/leaving/close"):
        browser.get(url, status=404)
    assert not browser.get("/profile").select("a[href='/leaving']")
