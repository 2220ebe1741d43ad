from tests import factories


def test_it_works(browser, alice, account):
    for month in ("2026-06", "2026-08", "2026-09", "2026-10"):
        factories.make_bill(account, month)
    page = browser.sign_in(alice).get("/bills")
    assert [link.get("href") for link in page.select("#last-months a")] == [
        "/bills/2026-10",
        "/bills/2026-09",
        "/bills/2026-08",
    ]
    assert page.text_of("#last-months li:first-child") == (
        "Квитанция за октябрь 2026 812,40 ₽"
    )
    assert page.text_of("#next-bill") == "Квитанция за ноябрь будет готова 1 декабря."


def test_it_works_without_javascript(browser, alice, account):
    factories.make_bill(account, "2026-06")
    factories.make_bill(account, "2026-10")
    page = browser.sign_in(alice).get("/bills")
    answer = browser.submit(page, "#bill-form", status=303, month="2026-06")
    assert answer.headers["Location"] == "/bills/2026-06"


def test_an_account_without_bills_hears_when_the_first_comes(browser, alice, account):
    page = browser.sign_in(alice).get("/bills")
    assert "Квитанция за ноябрь будет готова 1 декабря." in page.text
    assert not page.select("#bill-form")


def test_a_month_without_a_bill_is_422(browser, alice, account):
    factories.make_bill(account)
    browser.sign_in(alice)
    for month in ("2026-11", "2019-01", "../x", ""):
        page = browser.get(f"/bills?month={month}", status=422)
        assert "За этот месяц квитанции нет" in page.text


def test_a_delegate_gets_404(browser, bob, account):
    factories.make_bill(account)
    browser.sign_in(bob).get("/bills", status=404)


def test_who_has_no_account_goes_home(browser, db):
    browser.sign_in(factories.make_customer())
    answer = browser.get("/bills", status=303)
    assert answer.headers["Location"] == "/"


def test_a_new_tenant_is_not_offered_months_before(browser, db):
    user = factories.make_customer()
    account = factories.make_account()
    factories.give_access(user, account, since=factories.date(2026, 10, 1))
    factories.make_bill(account, "2026-09")
    factories.make_bill(account, "2026-10")
    page = browser.sign_in(user).get("/bills")
    months = [option.get("value") for option in page.select("#month option")]
    assert months == ["2026-10"]
