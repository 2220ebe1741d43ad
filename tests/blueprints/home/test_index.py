from datetime import UTC, date, datetime

import pytest

from cabinet.domain.money import Money
from cabinet.models import AccountAccess, AuditEntry
from tests import factories


def test_it_shows_the_debt_the_due_day_and_the_receipt(browser, alice, meter, account):
    factories.make_bill(account, charged="812,40")
    page = browser.sign_in(alice).get("/")
    assert "812,40 ₽" in page.text.replace(" ,", ",")
    assert "Срок оплаты прошёл 15 ноября" in page.text
    assert page.select("a[href='/bills/2026-10']")


def test_in_the_window_the_reading_form_stands_first(browser, alice, meter, account):
    factories.make_bill(account)
    html = browser.sign_in(alice).get("/").html
    assert html.index("Ввести показания") < html.index("К оплате за")


def test_outside_the_window_the_bill_stands_first(
    browser, alice, meter, account, clock
):
    factories.make_bill(account)
    clock.set(datetime(2026, 11, 10, 9, tzinfo=UTC))
    html = browser.sign_in(alice).get("/").html
    assert html.index("К оплате за") < html.index("Ввести показания")


def test_every_section_is_one_link_away(browser, alice, meter, account):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/")
    menu = [(each.text, each.get("href")) for each in page.select("main .tiles a")]
    assert menu == [
        ("Передать показания", "/readings"),
        ("История показаний", "/history"),
        ("Начисления и платежи", "/statement"),
        ("Распечатать квитанции", "/bills"),
        ("Тарифы", "/tariffs"),
        ("Замена и проверка счётчика", "/requests"),
        ("Задать вопрос", "/questions"),
        ("Новости и льготы", "/news"),
    ]
    assert _links(page, "nav") == ["/", *(href for _, href in menu[:4])]
    assert _links(page, "footer")[1:] == ["/offices", "/profile", "/documents"]
    # On every other page what is not in the head stands at the foot.
    other = browser.get("/readings")
    assert _links(other, "nav") == _links(page, "nav")
    rest = [href for _, href in menu[4:]]
    assert _links(other, "footer")[1:] == ["/offices", *rest, "/profile", "/documents"]


def _links(page, part):
    """The addresses of a part of the page, in order."""
    return [each.get("href") for each in page.select(f"{part} a")]


def test_an_overdue_debt_says_so(browser, alice, meter, account, clock):
    factories.make_bill(account, due_on=date(2026, 11, 15))
    page = browser.sign_in(alice).get("/")
    assert "Срок оплаты прошёл 15 ноября" in page.text


def test_an_advance_says_so(browser, alice, meter, account):
    factories.post(account, Money(-12000))
    page = browser.sign_in(alice).get("/")
    assert "Переплата 120,00 ₽ перейдёт на следующий месяц" in page.text
    assert "Первая квитанция будет готова 1 декабря" in page.text


def test_a_cabinet_without_accounts_has_a_way_on(browser, db):
    nobody = factories.make_customer("new@example.org")
    page = browser.sign_in(nobody).get("/")
    assert "пока нет лицевого счёта" in page.text
    for url in ("/readings", "/tariffs"):
        answer = browser.client.get(url)
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/"


def test_a_delegate_sees_the_form_and_no_money(browser, bob, account, meter):
    factories.make_bill(account, charged="812,40")
    page = browser.sign_in(bob).get("/")
    assert "Ввести показания" in page.text
    assert "812" not in page.text
    assert "К оплате" not in page.text
    links = {link.get("href") for link in page.select("a")}
    assert "/bills" not in links
    assert "/history" not in links


def test_a_bill_of_the_tenant_before_is_not_shown(browser, alice, meter, account):
    factories.make_bill(account, month="2026-09")
    AccountAccess.update(since=date(2026, 10, 1)).execute()
    page = browser.sign_in(alice).get("/")
    assert "Квитанция за сентябрь" not in page.text


@pytest.fixture
def two_accounts(alice, account, meter):
    other = factories.make_account(number="460000000002", address="Дачная, 5")
    factories.make_meter(other)
    factories.give_access(alice, other, slug="dacha", label="Дача", position=2)
    return other


def test_another_account_can_be_chosen_and_stays_chosen(browser, alice, two_accounts):
    page = browser.sign_in(alice).get("/tariffs")
    page = browser.submit(page, "form[action='/account']", account="dacha")
    assert page.url == "/tariffs"
    chosen = browser.get("/").one("select[name=account] option[selected]")
    assert chosen.get("value") == "dacha"
    entry = AuditEntry.get(AuditEntry.action == "account.chosen")
    assert entry.account_id == two_accounts.id


def test_a_strangers_account_cannot_be_chosen(browser, alice, two_accounts, charlie):
    foreign = AccountAccess.get(AccountAccess.user == charlie).slug
    page = browser.sign_in(alice).get("/")
    browser.submit(page, "form[action='/account']", account=foreign, status=404)
    chosen = browser.get("/").one("select[name=account] option[selected]")
    assert chosen.get("value") != "dacha"


def test_staff_go_to_their_workplace(browser, db):
    page = browser.sign_in(factories.make_staff()).get("/", status=303, check=False)
    assert page.headers["Location"] == "/staff/"
