"""Paying for one's own accounts, with htmx and without."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import FiscalState, Reason, Seen
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Payment,
    PaymentShare,
    User,
)
from cabinet.services import account_log
from cabinet.services.account_log import Who
from cabinet.services.payments import asking
from tests import factories
from tests.banking import Fault
from tests.browsing import Browser


@pytest.fixture
def her(portal, owing, alice):
    return Browser(portal).sign_in(alice)


def press(browser, page=None, *, htmx=False, status=None, **fields):
    page = page or browser.get("/pay")
    data = values(page.one("#pay-form")) | {"method": "card"} | fields
    return browser.post(
        "/pay", data, htmx=htmx, status=status or (200 if htmx else 303)
    )


def say_sure(browser, page):
    return browser.post("/pay", values(page.one("#pay-sure")), status=303)


def values(form):
    return {
        each.get("name"): each.get("value") or "" for each in form.xpath(".//input")
    }


def sum_name(page):
    return page.select("#pay-form input[name^=sum_]")[0].get("name")


def again(payment, shops, now, **spans):
    asking.ask_due(shops, now=now + timedelta(**spans))
    return Payment.get_by_id(payment.id)


def test_two_taps_from_home_to_the_bank_with_the_debt_filled_in(her, bank):
    home = her.get("/")
    link = home.one("main a.btn[href='/pay']")
    assert link.text == "Оплатить"
    page = her.get("/pay")
    assert page.one("#pay-form input[name^=sum_]").get("value") == "1000,50"
    answer = press(her, page)
    assert answer.headers["Location"] == "https://bank.example/bank-1"
    payment = Payment.get()
    assert (payment.amount, payment.email) == (Money(1000_50), "alice@example.org")
    (order,) = bank.orders
    assert order.return_url == f"http://localhost/pay/{payment.public_id}"
    assert order.notice_url == "http://localhost/webhooks/kursk-card"
    assert AuditEntry.get(AuditEntry.action == "payment.submitting")


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("is_back", [True, False], ids=["back", "another tab"])
def test_the_other_button_leads_to_the_payment_that_was_begun(her, bank, is_back, htmx):
    page = her.get("/pay")
    press(her, page)
    answer = press(her, page if is_back else None, htmx=htmx, method="sbp")
    payment = Payment.get()
    place = answer.headers["HX-Redirect" if htmx else "Location"]
    assert place.endswith(f"/pay/{payment.public_id}")
    assert (Payment.select().count(), len(bank.orders)) == (1, 1)
    shown = her.get(place)
    assert shown.one("#pay-state a[rel=noreferrer]").get("href") == payment.pay_url


def test_the_receipts_link_leads_to_the_payment_that_was_begun(her, bank, owing):
    """The same sum with the receipt's month: one payment, gone on with knowingly."""
    page = her.get("/pay")
    press(her, page, **{sum_name(page): "812,40"})
    answer = press(her, her.get("/pay?for=bill"))
    assert answer.headers["Location"].endswith(f"/pay/{Payment.get().public_id}")
    assert (Payment.select().count(), len(bank.orders)) == (1, 1)


def test_with_htmx_the_whole_window_goes_to_the_bank(her):
    answer = press(her, htmx=True)
    assert answer.headers["HX-Redirect"] == "https://bank.example/bank-1"


def test_the_form_may_lead_to_the_bank_and_nowhere_else(her):
    policy = her.get("/pay").headers["Content-Security-Policy"]
    assert "form-action 'self' https://bank.example;" in policy
    assert "https://" not in her.get("/").headers["Content-Security-Policy"]


def test_an_address_that_is_not_the_shops_is_only_shown(her, bank, portal):
    bank.shop = replace(bank.shop, page_origins=("https://else.example",))
    portal.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    answer = press(her)
    page = her.get(answer.headers["Location"])
    assert (
        page.one("#pay-state a[rel=noreferrer]").get("href").startswith("https://bank")
    )


def test_the_receipt_can_be_paid_instead_of_the_debt(her):
    page = her.get("/pay?for=bill")
    assert page.one("#pay-form input[name^=sum_]").get("value") == "812,40"
    press(her, page)
    share = PaymentShare.get()
    assert (share.amount, str(share.month)) == (Money(812_40), "2026-10")


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Введите сумму, например 812,40"),
        ("много", "Введите сумму, например 812,40"),
        ("-5", "Введите сумму, например 812,40"),
        ("0", "Введите сумму, например 812,40"),
        ("1,005", "Введите сумму, например 812,40"),
        ("0,50", "Можно заплатить от 1,00 ₽"),
        ("100000,01", "до 100 000,00 ₽"),
    ],
)
def test_a_sum_that_cannot_be_paid_is_told_at_its_field(her, typed, words, htmx):
    page = her.get("/pay")
    name = sum_name(page)
    answer = press(her, page, htmx=htmx, status=422, **{name: typed, "sure": "1"})
    assert words.replace(" ", "\u00a0") in answer.html.replace(" ", "\u00a0")
    assert answer.one(f"input[name={name}]").get("value", "") == typed
    assert Payment.select().count() == 0


@pytest.mark.parametrize("typed", ["1000,50", "1 000.50 ₽", "1000.5", " 1000,50"])
def test_a_sum_is_read_as_people_write_it(her, typed):
    page = her.get("/pay")
    press(her, page, **{sum_name(page): typed})
    assert Payment.get().amount == Money(1000_50)


@pytest.fixture
def without_email(her, alice):
    """She signs in by her telephone or her account's number and never gave an e-mail."""
    User.update(email=None).where(User.id == alice.id).execute()
    return her


@pytest.mark.parametrize("htmx", [False, True])
def test_who_has_no_email_is_asked_where_the_receipt_goes(without_email, bank, htmx):
    page = without_email.get("/pay")
    assert page.one("#pay-form input[name=email]").get("type") == "email"
    for typed in ("", "мария"):
        wrong = press(without_email, page, htmx=htmx, status=422, email=typed)
        assert wrong.one("input[name=email]").get("value", "") == typed
        assert wrong.one("input[name=email]").get("aria-invalid") == "true"
    assert Payment.select().count() == 0
    press(without_email, page, htmx=htmx, email=" maria@example.org ")
    (order,) = bank.orders
    assert order.receipt.email == "maria@example.org"
    assert Payment.get().email == "maria@example.org"


def test_the_email_is_kept_while_the_sum_is_shown_once_more(without_email, bank):
    page = without_email.get("/pay")
    typed = {sum_name(page): "10005", "email": "maria@example.org"}
    say_sure(without_email, press(without_email, page, status=200, **typed))
    (order,) = bank.orders
    assert order.receipt.email == "maria@example.org"


def test_the_email_is_not_asked_for_in_vain(her, bank, portal, alice):
    assert her.get("/pay").select("input[name=email]") == []
    bank.shop = replace(bank.shop, receipts=False)
    portal.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    User.update(email=None).where(User.id == alice.id).execute()
    assert her.get("/pay").select("input[name=email]") == []


def test_a_strange_sum_is_shown_once_more(her):
    page = her.get("/pay")
    asked = press(her, page, status=200, **{sum_name(page): "10005"})
    assert "Проверьте запятую" in asked.text
    assert Payment.select().count() == 0
    answer = say_sure(her, asked)
    assert answer.headers["Location"] == "https://bank.example/bank-1"
    assert Payment.get().amount == Money(10005_00)


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("kopecks", [0, -500_00])
def test_who_owes_nothing_is_told_once_and_may_pay(her, owing, kopecks, htmx):
    Account.update(balance=Money(kopecks)).where(Account.id == owing.id).execute()
    page = her.get("/pay?for=bill")
    asked = press(her, page, htmx=htmx, status=200, **{sum_name(page): "300"})
    assert "Долга нет." in asked.text
    assert "запятую" not in asked.text
    assert Payment.select().count() == 0
    answer = say_sure(her, asked)
    assert answer.headers["Location"] == "https://bank.example/bank-1"
    assert Payment.get().amount == Money(300_00)


def test_several_accounts_without_a_debt_are_told_of_it_too(her, alice, owing):
    Account.update(balance=Money(0)).where(Account.id == owing.id).execute()
    dacha = factories.make_account(number="460000000077", address="Курск, дача")
    factories.give_access(alice, dacha)
    page = her.get("/pay")
    names = [e.get("name") for e in page.select("#pay-form input[name^=sum_]")]
    asked = press(her, page, status=200, **dict.fromkeys(names, "300"))
    assert "Долга нет." in asked.text
    # One of them owes: what is paid beside it is the customer's own wish.
    Account.update(balance=Money(200_00)).where(Account.id == dacha.id).execute()
    asked = press(her, page, status=200, **dict.fromkeys(names, "300"))
    assert "Долга нет." not in asked.text


@pytest.mark.parametrize("htmx", [False, True])
def test_the_shop_has_a_ceiling_and_the_field_says_it(her, bank, portal, htmx):
    bank.shop = replace(bank.shop, most_roubles=5_000)
    portal.extensions["cabinet.shops"] = Shops([bank.shop], lambda _shop: bank)
    page = her.get("/pay")
    name = sum_name(page)
    typed = {name: "5000,01", "sure": "1"}
    refused = press(her, page, htmx=htmx, status=422, **typed)
    words = refused.text.replace("\u00a0", " ")
    assert "За один раз можно заплатить до 5 000,00 ₽" in words
    assert Payment.select().count() == 0
    press(her, page, **{name: "5000", "sure": "1"})
    assert Payment.get().amount == Money(5_000_00)


def test_several_accounts_are_one_payment_and_the_split_is_shown(
    her, alice, owing, bank
):
    dacha = factories.make_account(number="460000000077", address="Курск, дача")
    factories.give_access(alice, dacha)
    page = her.get("/pay")
    names = [e.get("name") for e in page.select("#pay-form input[name^=sum_]")]
    assert len(names) == 2
    asked = press(her, page, status=200, **{names[1]: "300"})
    assert "1 300,50" in asked.text.replace("\u00a0", " ")
    say_sure(her, asked)
    assert [share.amount for share in PaymentShare.select()] == [
        Money(1000_50),
        Money(300_00),
    ]
    assert bank.orders[0].amount == Money(1300_50)


def test_an_account_of_another_payee_is_not_in_the_payment(her, alice):
    tver = factories.make_branch("tver", name="Тверь")
    other = factories.make_account(number="690000000001", branch=tver)
    factories.give_access(alice, other)
    assert len(her.get("/pay").select("#pay-form input[name^=sum_]")) == 1


@pytest.mark.parametrize("htmx", [False, True])
def test_a_second_press_and_another_tab_lead_to_the_same_page(her, bank, htmx):
    page = her.get("/pay")
    name = "HX-Redirect" if htmx else "Location"
    first = press(her, page, htmx=htmx).headers[name]
    second = press(her, page, htmx=htmx).headers[name]
    other_tab = press(her, htmx=htmx).headers[name]
    assert {first, second, other_tab} == {"https://bank.example/bank-1"}
    assert Payment.select().count() == 1
    assert len(bank.orders) == 1


def test_back_and_another_sum_asks_once_more(her):
    page = her.get("/pay")
    press(her, page)
    answer = press(her, page, status=409, **{sum_name(page): "500"})
    assert "Сумма изменилась" in answer.text
    press(her, answer)
    assert Payment.select().count() == 2


def test_what_is_in_doubt_is_not_paid_again(her, bank):
    bank.faults.append(Fault(UnclearError(), "after"))
    answer = press(her)
    payment = Payment.get()
    assert answer.headers["Location"] == f"/pay/{payment.public_id}"
    page = her.get(f"/pay/{payment.public_id}")
    assert "Не платите ещё раз" in page.text.replace("\u00a0", " ")
    assert "Оплатить ещё раз" not in page.text
    form = her.get("/pay")
    assert form.one("#pay-doubt") is not None
    assert form.select("#pay-form") == []


def test_others_are_told_of_a_doubt_and_nothing_more(her, portal, owing, bank):
    dmitry = factories.make_customer("dmitry@example.org")
    factories.give_access(dmitry, owing)
    his = Browser(portal).sign_in(dmitry)
    page = his.get("/pay")
    bank.faults.append(Fault(UnclearError(), "after"))
    press(her)
    payment = Payment.get()
    told = press(his, page, status=409, **{sum_name(page): "500"})
    assert told.one(f"input[name={sum_name(page)}]").get("value") == "500"
    closed = his.get("/pay")
    assert closed.select("#pay-form") == []
    for each in (told, closed):
        assert "По счёту уже идёт платёж" in each.text.replace("\u00a0", " ")
        assert str(payment.public_id) not in each.html
    assert "1000,50" not in closed.html.replace("\u00a0", "").replace(" ", "")
    assert Payment.select().count() == 1


def test_the_page_waits_with_growing_pauses_and_then_offers_a_link(her, bank):
    press(her)
    here = f"/pay/{Payment.get().public_id}"
    page, pauses = her.get(here), []
    while page.one("#pay-state").get("data-hx-get"):
        state = page.one("#pay-state")
        pauses.append(int(state.get("data-hx-trigger").split(":")[1].rstrip("s")))
        page = her.get(state.get("data-hx-get"), htmx=True)
    assert pauses == sorted(pauses)
    assert 90 <= sum(pauses) <= 120
    assert page.one(f"a.btn[href='{here}']").text == "Обновить"


def test_the_end_is_told_with_its_receipt(her, bank, portal, now):
    press(her)
    payment = Payment.get()
    bank.decide("bank-1", state=Seen.SUCCEEDED, fiscal=FiscalState.SUCCEEDED)
    again(payment, portal.extensions["cabinet.shops"], now, seconds=15)
    page = her.get(f"/pay/{payment.public_id}")
    assert "Платёж прошёл" in page.text
    assert "№ 2026-1" in page.text.replace("\u00a0", " ")
    assert "Кассовый чек отправлен" in page.text
    assert page.one("#pay-state").get("data-hx-get") is None
    file = her.get(f"/pay/{payment.public_id}/receipt.pdf")
    assert file.body.startswith(b"%PDF")
    assert Account.get().balance == Money(0)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_refusal_has_its_words_and_a_way_on(her, bank, portal, now, reason):
    press(her)
    payment = Payment.get()
    bank.decide("bank-1", state=Seen.CANCELED, reason=reason)
    again(payment, portal.extensions["cabinet.shops"], now, seconds=15)
    page = her.get(f"/pay/{payment.public_id}")
    assert "Платёж не прошёл" in page.text.replace("\u00a0", " ")
    assert page.select("#pay-state .btn[href='/pay']")
    words = page.select("#pay-state .box p")[0].text.strip()
    assert words.endswith("не\u00a0списаны.")
    assert len(words) > len(" Деньги не списаны.")


def test_a_refusal_at_once_is_told_on_the_page(her, bank):
    bank.faults.append(Fault(RefusedError("card_expired", reason=Reason.CARD_EXPIRED)))
    answer = press(her)
    page = her.get(answer.headers["Location"])
    assert "Срок действия карты истёк" in page.text


def test_a_payment_that_is_checked_says_so(her, bank, portal, now):
    press(her)
    payment = Payment.get()
    bank.decide("bank-1", state=Seen.SUCCEEDED, amount=Money(1_00))
    again(payment, portal.extensions["cabinet.shops"], now, seconds=15)
    page = her.get(f"/pay/{payment.public_id}")
    assert "Платёж проверяет специалист" in page.text
    assert "Оплатить ещё раз" not in page.text


def test_an_unfinished_payment_gives_no_file(her):
    press(her)
    answer = her.get(f"/pay/{Payment.get().public_id}/receipt.pdf", status=303)
    assert answer.headers["Location"] == f"/pay/{Payment.get().public_id}"


def test_three_open_payments_are_enough(her):
    page = her.get("/pay")
    name = sum_name(page)
    for kopecks in range(3):
        press(her, **{name: f"10{kopecks}"})
    answer = press(her, status=409, **{name: "150"})
    assert "Слишком много начатых платежей" in answer.text
    assert len(answer.select("#pay p.box a")) == 3


def test_a_stranger_finds_nothing(her, portal, charlie):
    press(her)
    other = Browser(portal).sign_in(charlie)
    for end in ("", "/receipt.pdf"):
        other.get(f"/pay/{Payment.get().public_id}{end}", status=404)


def test_who_only_sends_readings_sees_no_money(portal, owing, bob):
    his = Browser(portal).sign_in(bob)
    assert his.get("/").select("main a[href='/pay']") == []
    his.get("/pay", status=404)


def test_without_a_shop_the_code_on_the_receipt_remains(app, owing, alice):
    browser = Browser(app).sign_in(alice)
    assert browser.get("/").select("main a[href='/pay']") == []
    page = browser.get("/pay")
    assert page.one("main a[href='/bills']") is not None
    token = page.html.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = browser.post("/pay", {"csrf_token": token})
    assert answer.one("main a[href='/bills']") is not None


def test_an_organisation_pays_by_its_papers(portal, alice):
    firm = factories.make_account(number="460000000088", kind="organisation")
    factories.give_access(alice, firm, slug="firm0000")
    browser = Browser(portal).sign_in(alice)
    page = browser.get("/pay")
    assert page.one("main a[href='/papers']") is not None


def test_the_receipt_of_a_month_leads_to_paying(her):
    page = her.get("/bills/2026-10")
    assert page.select("main a[href='/pay']")


def test_the_statement_leads_to_ones_own_payment_only(her, bank, portal, owing, now):
    press(her)
    mine = Payment.get()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    again(mine, portal.extensions["cabinet.shops"], now, seconds=15)
    factories.make_payment(owing, "77,00", now)
    page = her.get("/statement")
    links = [each.get("href") for each in page.select("#report a, table a")]
    assert [link for link in links if "/pay/" in link] == [f"/pay/{mine.public_id}"]
    assert page.text.count("картой в личном кабинете") == 2


def test_the_owner_sees_who_paid_and_a_guest_is_not_told_of(
    her, portal, owing, alice, now
):
    david = factories.make_customer("david@example.org")
    factories.give_access(david, owing, granted_by=alice)
    his = Browser(portal).sign_in(david)
    for _ in range(2):
        page = his.get("/pay")
    press(his, page)
    guest = Browser(portal)
    form = values(guest.get("/guest/pay").one("#guest-pay-form"))
    typed = {"number": owing.number, "amount": "10", "email": "a@example.org"}
    guest.post("/guest/pay", form | typed, status=303)
    assert Payment.select().count() == 2
    her.get("/pay")
    slug = AccountAccess.get(AccountAccess.user == alice).slug
    log = account_log.account_log(alice.id, slug, 1, now=now)
    told = [(use.action, use.who) for use in log.uses if use.action.startswith("pay")]
    assert told == [("payment.begun", Who.PERSON), ("payment.offered", Who.PERSON)]
    page = her.get(f"/profile/accounts/{slug}/log")
    assert "Начат платёж" in page.text
    assert "Страница оплаты открыта" in page.text


def test_own_payment_stands_in_the_log(her, owing, alice, now):
    press(her)
    slug = AccountAccess.get(AccountAccess.user == alice).slug
    log = account_log.account_log(alice.id, slug, 1, now=now)
    told = [(use.action, use.who) for use in log.uses if use.action.startswith("pay")]
    assert told == [("payment.begun", Who.YOU)]
