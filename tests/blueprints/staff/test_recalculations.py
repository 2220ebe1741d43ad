"""Перерасчёт по документу: seen, written once, agreed to, taken by one bill, withdrawn."""

import threading
import uuid
from datetime import UTC, date, datetime

import pytest
from peewee import IntegrityError

from cabinet.domain.billing import OrderReason
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.models import (
    Account,
    AuditEntry,
    Bill,
    BillDraft,
    Branch,
    LedgerEntry,
    OrderTaken,
    Rate,
    RecalculationOrder,
)
from cabinet.models.base import database, writing
from cabinet.services import ordering
from cabinet.services.audit import Actor
from cabinet.services.billing import deciding, orders
from cabinet.services.bills.document import receipt_of
from cabinet.services.ledger_check import check_ledger
from cabinet.services.staff import Member
from tests import billing, factories
from tests.blueprints.staff.steps import (
    AUGUST,
    CARD,
    OCTOBER,
    SEPTEMBER,
    rows,
    words,
)
from tests.browsing import Browser

LIST = "/staff/recalculations"
PAGE = f"{LIST}/accounts/460000000001"
FORM = "#order-form"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TYPED = {
    "reason": "readings",
    "document": "17-П",
    "document_on": "05.11.2026",
    "first": "2026-08",
    "last": "2026-08",
    "direction": "less",
    "t1": "40",
}


@pytest.fixture
def meter(charged):
    return charged


def written():
    return list(RecalculationOrder.select().order_by(RecalculationOrder.id))


def noted(what):
    return list(AuditEntry.select().where(AuditEntry.action == f"recalculation.{what}"))


def see(worker, status=200, **fields):
    return worker.submit(worker.get(PAGE), FORM, status=status, **(TYPED | fields))


def put(worker, **fields):
    """Enter an order and return its page."""
    return worker.submit(see(worker, **fields), FORM)


def agree(browser, page, status=None):
    return browser.submit(browser.get(page.url), "#agree-form", status=status)


def withdraw(browser, page, status=None, why="ошиблись"):
    return browser.submit(page, "form[action$='/withdraw']", status=status, why=why)


def test_what_the_next_bill_will_hold_is_seen_and_then_written(worker, meter):
    page = see(worker, words="абонент прислал фотографию")
    told = rows(page)
    # 40 kWh at 5,87 of August, whatever September costs.
    assert "Перерасчёт, ₽ 0,00 −234,80 −234,80" in told
    assert "К оплате, ₽ 1 467,50 1 232,70 −234,80" in told
    text = words(page.one("main"))
    assert "−40 кВт·ч × 5,87 ₽ = −234,80 ₽ (пункты 31 «г» и 61 Правил)" in text
    assert "За эти месяцы начислено 587,00 ₽" in text
    assert written() == []
    page = worker.submit(page, FORM)
    assert "Его учтёт следующая квитанция" in page.text_of(".done")
    (row,) = written()
    assert (row.reason, row.words) == (
        OrderReason.READINGS,
        "абонент прислал фотографию",
    )
    assert (row.first, row.last, row.amount) == (AUGUST, AUGUST, Money(-234_80))
    assert (row.document, row.document_on) == ("17-П", date(2026, 11, 5))
    assert row.agreed_at is not None
    assert row.agreed_by_id is None
    (entry,) = noted("ordered")
    assert entry.account_id == meter.account_id
    assert entry.details == {"kopecks": -234_80, "needs_second": False}
    assert "ждёт квитанции" in words(worker.get(CARD).one("main"))


def test_the_next_bill_is_the_one_that_was_shown_and_says_why(worker, meter, kursk):
    put(worker)
    billing.bill(kursk, SEPTEMBER)
    bill = Bill.get(Bill.month == SEPTEMBER)
    assert (bill.recalculated, bill.closing) == (Money(-234_80), Money(1232_70))
    assert Account.get().balance == bill.closing
    entry = LedgerEntry.get(
        LedgerEntry.bill == bill, LedgerEntry.kind == "recalculation"
    )
    assert entry.amount == Money(-234_80)
    assert list(check_ledger()) == []
    assert OrderTaken.get().bill_id == bill.id
    told = "Ошибка в показаниях, документ № 17-П от 05.11.2026, за август 2026"
    page = worker.get(f"{CARD}/bills/2026-09")
    assert told in words(page.one("main")).replace("\u00a0", " ")
    shown = worker.get(f"{LIST}/{written()[0].public_id}")
    assert "в квитанции за сентябрь 2026" in words(shown.one("caption"))
    assert shown.select("form[action$='/withdraw']") == []
    # Exactly one bill takes it.
    billing.bill(kursk, OCTOBER)
    assert Bill.get(Bill.month == OCTOBER).recalculated == Money(0)


def test_a_bill_keeps_its_orders_whatever_becomes_of_the_rows(worker, meter, kursk):
    put(worker, reason="court", t1="", amount="300,50", document="2-117/2026")
    billing.bill(kursk, SEPTEMBER)
    Rate.update(price=Rate.price).execute()
    RecalculationOrder.update(amount=Money(1), document="x", words="y").execute()
    bill = Bill.get(Bill.month == SEPTEMBER)
    with writing():
        receipt = receipt_of(bill, zone=UTC)
    (order,) = receipt.orders
    assert (order.reason, order.amount) == (OrderReason.COURT, Money(-300_50))
    assert (order.document, order.lines) == ("2-117/2026", ())
    assert receipt.recalculation is None
    assert receipt.balance.recalculated == Money(-300_50)
    assert receipt.balance.closing == bill.closing


def test_its_owner_reads_it_on_the_receipt_and_in_the_statement(
    app, worker, meter, kursk
):
    alice = factories.make_customer("alice@example.org")
    factories.give_access(alice, Account.get(), slug="home")
    put(worker, words="есть фото")
    billing.bill(kursk, SEPTEMBER)
    browser = Browser(app).sign_in(alice)
    receipt = words(browser.get("/bills/2026-09").one("#receipt"))
    assert (
        "Перерасчёт −234,80 ₽ . Ошибка в показаниях, есть фото, документ №" in receipt
    )
    statement = words(browser.get("/statement").one("main"))
    assert "ошибка в показаниях, есть фото, документ № 17-П" in statement
    assert browser.client.get("/bills/2026-09.pdf").data.startswith(b"%PDF")
    log = words(browser.get("/profile/accounts/home/log").one("main"))
    assert "Внесён перерасчёт" in log


def test_readings_and_orders_of_one_bill_are_told_apart(worker, meter, kursk):
    billing.bill(kursk, SEPTEMBER)
    put(worker)
    factories.make_reading(meter, "2026-10", (1300,), state=ReadingState.ACCEPTED)
    billing.bill(kursk, OCTOBER)
    bill = Bill.get(Bill.month == OCTOBER)
    with writing():
        receipt = receipt_of(bill, zone=UTC)
    # 200 kWh in two months; September had the norm, 150: −50 at October's 6,52.
    assert receipt.recalculation.amount == Money(-326_00)
    assert [one.amount for one in receipt.orders] == [Money(-234_80)]
    assert bill.recalculated == Money(-326_00 - 234_80)


def test_an_absence_is_given_back_only_where_the_norm_was_charged(worker, meter, kursk):
    page = see(worker, status=422, reason="absence")
    assert "За август 2026 начислено не по нормативу" in page.text_of(".err")
    billing.bill(kursk, SEPTEMBER)
    page = see(worker, reason="absence", first="2026-09", last="2026-09", t1="75")
    assert "(пункты 86–97 Правил)" in words(page.one("main"))
    page = see(worker, status=422, reason="absence", last="2026-09")
    assert "За август 2026" in page.text_of(".err")


def test_months_of_two_prices_are_two_orders_or_a_sum(worker, meter, kursk):
    billing.bill(kursk, SEPTEMBER)
    billing.bill(kursk, OCTOBER)
    # From 1 October it is 6,52.
    page = see(worker, status=422, last="2026-10")
    assert "За октябрь 2026 другая цена" in page.text_of(".err")
    page = see(worker, last="2026-10", amount="250")
    assert "−40 кВт·ч, сумма по документу" in words(page.one("main"))
    put(worker, last="2026-10", amount="250")
    assert [row.amount for row in written()] == [Money(-250_00)]


def test_more_may_be_charged_as_well(worker, meter, kursk):
    put(worker, direction="more")
    billing.bill(kursk, SEPTEMBER)
    assert Bill.get(Bill.month == SEPTEMBER).recalculated == Money(234_80)


def test_months_that_have_no_price_take_a_sum(worker, meter, household):
    factories.make_bill(household, "2023-12")
    fields = {"first": "2023-12", "last": "2023-12"}
    page = see(worker, status=422, **fields)
    assert "Нет цены за декабрь 2023" in page.text_of(".err")
    put(worker, **fields, t1="", amount="12,40")
    assert written()[0].amount == Money(-12_40)


def test_zones_have_prices_of_their_own(worker, household, kursk):
    meter = factories.make_meter(
        household, zones=2, opening=1000, opening_on=date(2026, 7, 31)
    )
    factories.make_reading(meter, "2026-08", (1100, 1050), state=ReadingState.ACCEPTED)
    billing.bill(kursk, AUGUST)
    put(worker, t1="10", t2="20")
    (row,) = written()
    day, night = (
        Rate.get(Rate.price == Rate.price, Rate.zone == zone).price
        for zone in ("day", "night")
    )
    assert [line["zone"] for line in row.lines] == ["day", "night"]
    assert [line["wh"] for line in row.lines] == [-10_000, -20_000]
    assert row.amount.kopecks == sum(line["kopecks"] for line in row.lines)
    assert day != night


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"reason": ""}, "Выберите причину"),
        ({"reason": "other"}, "Напишите, почему пересчитываем"),
        ({"words": "о" * 121}, "больше 120 знаков"),
        ({"document": " "}, "Введите номер документа"),
        ({"document": "1" * 41}, "больше 40 знаков"),
        ({"document_on": ""}, "Введите дату документа"),
        ({"document_on": "23.11.2026"}, "ещё не наступила"),
        ({"first": ""}, "Выберите месяц"),
        ({"first": "2026-08", "last": "2026-07"}, "по порядку"),
        ({"last": "2026-09"}, "по порядку"),
        ({"direction": ""}, "уменьшить или увеличить"),
        ({"t1": "много"}, "Введите кВт·ч"),
        ({"t1": "-5"}, "Введите кВт·ч"),
        ({"t1": "", "amount": "много"}, "Введите сумму"),
        ({"t1": ""}, "Введите кВт·ч или сумму"),
        ({"first": "2023-12"}, "по порядку"),
    ],
)
def test_what_is_wrong_stands_at_its_field(worker, meter, fields, told):
    page = worker.get(PAGE)
    page = worker.submit(page, FORM, status=422, **(TYPED | fields))
    assert told in page.text_of(".err").replace("\u00a0", " ")
    assert page.one("#t1").get("value") == (TYPED | fields)["t1"]
    assert written() == []


def test_what_was_changed_after_it_was_seen_is_shown_anew(worker, meter):
    page = worker.submit(see(worker), FORM, status=200, t1="50")
    assert written() == []
    assert "Перерасчёт, ₽ 0,00 −293,50 −293,50" in rows(page)
    worker.submit(page, FORM)
    assert written()[0].amount == Money(-293_50)


def test_sent_twice_it_is_one_order(worker, meter):
    page = see(worker)
    worker.submit(page, FORM)
    worker.submit(page, FORM)
    assert len(written()) == len(noted("ordered")) == 1


def test_the_same_form_with_another_order_is_refused(worker, meter):
    page = see(worker)
    worker.submit(page, FORM)
    page = worker.submit(page, FORM, status=200, t1="50", document="18")
    page = worker.submit(page, FORM, status=409)
    assert "с другими данными" in page.text_of(".alert")
    assert len(written()) == 1


def test_a_paper_is_entered_once(worker, meter):
    page = put(worker)
    again = see(worker, status=422, t1="50")
    assert "по этому документу уже внесён" in again.text_of(".err")
    withdraw(worker, page)
    put(worker, t1="50")
    assert [row.amount for row in written()] == [Money(-234_80), Money(-293_50)]


def wish(**values):
    return ordering.OrderWish(
        **{
            "reason": OrderReason.READINGS,
            "first": AUGUST,
            "last": AUGUST,
            "document": "17",
            "document_on": date(2026, 11, 5),
            "is_less": True,
            "energies": (Energy.from_kwh(40),),
            **values,
        }
    )


def at_once(acts):
    """Do the acts in threads and return what they raised."""
    faults = []

    def run(act):
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_many_at_once_write_one(db, meter):
    staff = factories.make_staff("igor@example.org")
    key = uuid.uuid4()

    def ask():
        ordering.ask_order(
            Member(staff.id, Role.OPERATOR),
            "460000000001",
            wish(),
            key=key,
            actor=Actor(staff.id),
            now=NOW,
        )

    assert at_once([ask] * 6) == []
    assert len(written()) == len(noted("ordered")) == 1


def test_above_the_limit_another_specialist_agrees(worker, second, meter, kursk):
    Branch.update(recalculate_alone_up_to=Money(234_79)).execute()
    page = see(worker)
    assert "когда его согласует второй специалист" in words(page.one("main"))
    page = worker.submit(page, FORM)
    assert "Согласовать его должен другой специалист" in words(page.one("main"))
    assert page.select("#agree-form") == []
    assert noted("ordered")[0].details["needs_second"] is True
    billing.bill(kursk, SEPTEMBER)
    assert Bill.get(Bill.month == SEPTEMBER).recalculated == Money(0)
    listed = second.get(LIST)
    assert "Петрова Мария Петровна" in rows(listed)[1]
    done = agree(second, page)
    assert "Его учтёт следующая квитанция" in done.text_of(".done")
    (row,) = written()
    assert row.agreed_by_id != row.asked_by_id
    assert len(noted("agreed")) == 1
    billing.bill(kursk, OCTOBER)
    assert Bill.get(Bill.month == OCTOBER).recalculated == Money(-234_80)


def test_nobody_agrees_to_their_own(worker, second, meter):
    Branch.update(recalculate_alone_up_to=Money(0)).execute()
    page = put(worker)
    form = second.get(page.url)
    token = worker.get(PAGE).one(f"{FORM} input[name=csrf_token]").get("value")
    address = form.one("#agree-form").get("action")
    answer = worker.post(address, {"csrf_token": token}, status=409)
    assert "Вы сами внесли" in answer.text_of(".alert")
    assert written()[0].agreed_at is None


def test_what_waits_for_a_bill_counts_together(worker, meter):
    Branch.update(recalculate_alone_up_to=Money(400_00)).execute()
    put(worker)
    page = put(worker, document="18", direction="more")
    assert "Согласовать его должен другой" in words(page.one("main"))


def test_one_that_was_withdrawn_meanwhile_is_not_agreed_to(worker, second, meter):
    Branch.update(recalculate_alone_up_to=Money(0)).execute()
    page = put(worker)
    form = second.get(page.url)
    withdraw(worker, page)
    answer = second.submit(form, "#agree-form", status=409)
    assert "уже отозвали" in answer.text_of(".alert")


def test_it_may_be_withdrawn_until_a_bill_took_it(worker, meter, kursk):
    page = put(worker)
    refused = withdraw(worker, page, status=422, why=" ")
    assert "Напишите, почему" in refused.text_of(".alert")
    done = withdraw(worker, page)
    assert "отозван" in words(done.one("caption"))
    assert "ошиблись" in words(done.one("main"))
    assert len(noted("withdrawn")) == 1
    withdraw(worker, page)
    assert len(noted("withdrawn")) == 1
    billing.bill(kursk, SEPTEMBER)
    assert Bill.get(Bill.month == SEPTEMBER).recalculated == Money(0)


def test_a_computed_bill_holds_it_and_a_cancelled_run_gives_it_back(
    worker, meter, kursk
):
    page = put(worker)
    run = billing.begin(kursk, SEPTEMBER)
    billing.issue(run, SEPTEMBER)
    assert BillDraft.get().oddities.split()[-1] == "ordered"
    refused = withdraw(worker, page, status=409)
    assert "в посчитанной квитанции" in refused.text_of(".alert")
    chief = factories.make_staff("chief@example.org", role="supervisor")
    deciding.cancel(
        Member(chief.id, Role.SUPERVISOR), run, actor=Actor(chief.id), now=NOW
    )
    # Its drafts are still there: a worker drops them later.
    assert BillDraft.select().count() == 1
    assert "ждёт квитанции" in words(worker.get(page.url).one("caption"))
    billing.bill(kursk, SEPTEMBER)
    assert Bill.get(Bill.month == SEPTEMBER).recalculated == Money(-234_80)
    refused = withdraw(worker, page, status=409)
    assert "внесите обратный" in refused.text_of(".alert")
    assert OrderTaken.select().count() == 1


def test_a_bill_that_is_held_back_gives_it_back(worker, meter, kursk):
    page = put(worker)
    run = billing.begin(kursk, SEPTEMBER)
    billing.issue(run, SEPTEMBER)
    chief = factories.make_staff("chief@example.org", role="supervisor")
    deciding.hold_back(
        Member(chief.id, Role.SUPERVISOR),
        run,
        "460000000001",
        "проверить",
        actor=Actor(chief.id),
        now=NOW,
    )
    withdraw(worker, page)
    assert written()[0].withdrawn_at is not None


def test_the_database_gives_an_order_to_one_bill(worker, meter, kursk):
    put(worker)
    billing.bill(kursk, SEPTEMBER)
    billing.bill(kursk, OCTOBER)
    with pytest.raises(IntegrityError), writing():
        orders.take([written()[0].id], OCTOBER)


def test_withdrawing_and_issuing_at_once_never_lose_it(db, worker, meter, kursk):
    page = put(worker)
    (row,) = written()
    staff = factories.make_staff("igor@example.org")
    run = billing.begin(kursk, SEPTEMBER)

    def take_back():
        ordering.withdraw_order(
            Member(staff.id, Role.OPERATOR),
            row.public_id,
            "так",
            actor=Actor(staff.id),
            now=NOW,
        )

    faults = at_once([lambda: billing.issue(run, SEPTEMBER), take_back])
    billing.publish(run, SEPTEMBER)
    given = Bill.get(Bill.month == SEPTEMBER).recalculated
    is_withdrawn = written()[0].withdrawn_at is not None
    assert is_withdrawn == (given == Money(0))
    assert is_withdrawn == (not faults)
    assert page.url


def test_an_order_is_for_bills_after_its_months(household, meter, kursk):
    staff = factories.make_staff("igor@example.org")
    factories.make_order(household, staff, NOW, last=SEPTEMBER, agreed_at=NOW)
    billing.bill(kursk, SEPTEMBER)
    assert OrderTaken.select().count() == 0
    billing.bill(kursk, OCTOBER)
    assert OrderTaken.get().bill.month == OCTOBER


def test_an_account_without_bills_to_come_takes_none(worker, meter):
    page = see(worker)
    Account.update(closed_on=date(2026, 9, 1), balance=Money(0)).execute()
    Bill.update(closing=Money(0)).execute()
    assert worker.get(PAGE).select(FORM) == []
    page = worker.submit(page, FORM, status=409)
    assert "больше не будет квитанций" in page.text_of(".alert")


def test_a_branch_that_is_billed_elsewhere_takes_none(worker, meter):
    page = see(worker)
    Branch.update(own_billing=False).execute()
    assert "делает другая система" in worker.get(PAGE).text
    assert "recalculations/accounts" not in worker.get(CARD).body.decode()
    page = worker.submit(page, FORM, status=409)
    assert "делает другая система" in page.text_of(".alert")


def test_nothing_waits(worker, household):
    page = worker.get(LIST)
    assert "Согласовывать нечего" in page.text
    assert "Таких перерасчётов нет" in page.text


def test_no_other_branch_sees_or_decides(app, worker, meter):
    Branch.update(recalculate_alone_up_to=Money(0)).execute()
    page = put(worker)
    factories.make_branch("far")
    far = factories.make_staff("far@example.org", branches=("far",))
    browser = Browser(app).sign_in(far)
    token = browser.get("/staff/accounts").select("input[name=csrf_token]")[0]
    fields = TYPED | {"csrf_token": token.get("value"), "why": "так"}
    assert "Петрова" not in browser.get(LIST).text
    for address in (PAGE, page.url):
        browser.get(address, status=404)
    for address in (PAGE, f"{page.url}/agree", f"{page.url}/withdraw"):
        browser.post(address, fields, status=404)
    assert written()[0].agreed_at is None


def test_who_is_not_sure_proves_it_first(unsure, meter):
    assert unsure.get(LIST).status == 200
    answer = unsure.client.get(PAGE)
    assert answer.status_code == 303
    assert "/factor/sure" in answer.location
