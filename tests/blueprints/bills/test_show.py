import gzip
import re

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.services.bills.snapshot import Snapshot, pack
from tests import factories, receipts
from tests.receipts import snapshot


def test_it_works(browser, alice, account, meter):
    factories.make_bill(account, lines=pack(snapshot()))
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert page.text_of(".sum") == "812 ,40 ₽"
    assert "К оплате до 15 ноября 2026 года" in page.text
    assert page.text_of("[data-total]") == "812,40 ₽"
    assert "4600 0000 0001" in page.text
    assert "4 634 − 4 512 = 122" in page.text
    assert "122 кВт·ч × 5,71 ₽" in page.text
    assert page.one("a.btn").get("href") == "/bills/2026-10.pdf"


def test_it_works_without_javascript(browser, alice, account):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert not page.select("[data-hx-get], [data-hx-post]")


def test_stranger_gets_404(browser, charlie, account):
    factories.make_bill(account)
    page = browser.sign_in(charlie).get("/bills/2026-10", status=404)
    assert "812" not in page.text


def test_a_delegate_gets_404(browser, bob, account):
    factories.make_bill(account)
    browser.sign_in(bob).get("/bills/2026-10", status=404)


def test_a_new_tenant_gets_404_for_months_before(browser, db):
    user = factories.make_customer()
    account = factories.make_account()
    factories.give_access(user, account, since=factories.date(2026, 11, 1))
    factories.make_bill(account, "2026-10")
    browser.sign_in(user).get("/bills/2026-10", status=404)
    browser.get("/bills/2026-10.pdf", status=404)


def test_the_month_that_is_on_tells_when_it_will_be_ready(browser, alice, account):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-11")
    assert "Квитанция за ноябрь будет готова 1 декабря 2026 года." in page.text


def test_a_late_bill_is_said_to_be_late(browser, clock, alice, account, now):
    factories.make_bill(account, "2026-09")
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert "Обычно она появляется до 5-го числа" in page.text


def test_what_is_no_month_is_no_address(browser, alice, account):
    browser.sign_in(alice)
    for text in ("2026-13", "2026-00", "0000-01", "2026-1", "9999-12"):
        browser.get(f"/bills/{text}", status=404)


def test_with_nothing_to_pay_it_says_so(browser, alice, account):
    factories.make_bill(account)
    factories.post(
        account, Money(-90000), at=factories.datetime(2026, 10, 5, tzinfo=factories.UTC)
    )
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert "Платить не нужно: переплата 87,60 ₽" in page.text


def test_hostile_words_stay_words(browser, alice, db):
    account = factories.make_account(
        holder="<script>alert(1)</script>", address='"><img src=//evil.example>'
    )
    factories.give_access(alice, account)
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert "<script>alert(1)</script>" in page.text
    assert not page.select("main img, main script")


def test_without_requisites_it_shows_no_code(browser, alice, db):
    account = factories.make_account(branch=factories.make_branch(bic="-"))
    factories.give_access(alice, account)
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert not page.select(".code")


def test_the_code_is_small_on_the_wire(browser, alice, account):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    path = re.search(r'<path stroke="#000" d="([^"]+)"', page.html)[1]
    assert len(gzip.compress(path.encode(), 6)) <= 3 * 1024


def test_it_leads_to_the_readings_of_its_account(browser, alice, account, meter):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    link = page.one("a[href*=guest]")
    assert link.get("href").endswith("/guest/readings?account=460000000001")
    assert page.html.count('aria-label="Код, чтобы передать показания"') == 1
    browser.get("/guest/readings?account=460000000001")


def test_without_a_meter_it_asks_for_no_readings(browser, alice, account):
    factories.make_bill(account)
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert not page.select("a[href*=guest]")
    assert page.html.count('aria-label="Код') == 1


def test_it_shows_the_year_and_the_months_of_debt(browser, alice, account):
    factories.make_bill(account, "2026-08", "100,00", volume=Energy.from_kwh(69))
    factories.make_bill(account, "2026-10", "812,40", basis=ChargeBasis.AVERAGE)
    page = browser.sign_in(alice).get("/bills/2026-10")
    assert "Долг по месяцам. авг 2026: 100,00 ₽ , окт 2026: 812,40 ₽ ." in page.text
    rows = page.select(".year tr")
    assert [" ".join(" ".join(row.itertext()).split()) for row in rows[-3:]] == [
        "авг 69",
        "сен –",
        "окт 138",
    ]
    bars = re.findall(r'<rect class="(\w+)" width="(\d+)%"', page.html)
    assert bars == [("now", "50"), ("before", "100")]


def test_many_zones_stand_as_columns_with_their_names(browser, alice, account):
    longest = receipts.longest()
    factories.make_bill(
        account,
        lines=pack(Snapshot(registers=longest.volume.registers, lines=longest.lines)),
    )
    page = browser.sign_in(alice).get("/bills/2026-10")
    cells = page.select(".stack td.n")
    assert [cell.get("data-l") for cell in cells] == ["Пик", "Ночь", "Полупик"] * 5
