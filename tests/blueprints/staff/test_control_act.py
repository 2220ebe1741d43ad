"""Акт контрольной проверки: seen, confirmed, written once, and in the next bill."""

import threading
import uuid
from datetime import UTC, date, datetime

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.models import Account, AuditEntry, Bill, Branch, Meter, Reading
from cabinet.models.base import database
from cabinet.services import account_card, readings
from cabinet.services.audit import Actor
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

PAGE = f"{CARD}/control-act"
FORM = "#act-form"
TYPED = {"act": "17-А", "day": "10.09.2026", "t1": "1080"}


@pytest.fixture
def meter(charged):
    return charged


def acts():
    return list(Reading.select().where(Reading.act != ""))


def see(worker, status=200, **fields):
    return worker.submit(worker.get(PAGE), FORM, status=status, **(TYPED | fields))


def confirm(worker, page, status=None, **fields):
    return worker.submit(page, FORM, status=status, **fields)


def test_an_act_is_seen_and_then_written(worker, meter):
    page = see(worker, remark="пломба цела")
    told = rows(page)
    assert "Расход, круглые сутки, кВт·ч 150 0 −150" in told
    assert "Перерасчёт, круглые сутки, кВт·ч 0 −20 −20" in told
    assert "Перерасчёт, ₽ 0,00 −117,40 −117,40" in told
    assert "К оплате, ₽ 1 467,50 469,60 −997,90" in told
    assert "Перерасчёт к тому, что передали раньше" in page.text
    assert acts() == []
    page = confirm(worker, page)
    assert "Акт записан" in page.text_of(".done")
    (act,) = acts()
    assert (act.source, act.state) == (ReadingSource.ACT, ReadingState.ACCEPTED)
    assert (act.period, act.taken_on) == (SEPTEMBER, date(2026, 9, 10))
    assert (act.act, act.comment) == ("17-А", "пломба цела")
    assert factories.is_ordered(act, act.received_at)
    assert (act.t1, act.reviewed_by_id) == (Energy.from_kwh(1080), act.reviewed_by.id)
    entry = AuditEntry.get(AuditEntry.action == "reading.act_entered")
    assert (entry.account_id, entry.subject) == (
        meter.account_id,
        f"reading:{act.id}",
    )
    assert "акт № 17-А" in words(page.one("main"))


def test_the_next_bill_is_the_one_that_was_shown(worker, meter, kursk):
    confirm(worker, see(worker))
    billing.bill(kursk, SEPTEMBER)
    bill = Bill.get(Bill.month == SEPTEMBER)
    assert bill.recalculated == Money(-117_40)
    assert bill.closing == Money(469_60)
    page = worker.get(f"{CARD}/bills/2026-09")
    assert "По акту контрольной проверки № 17-А" in page.text.replace("\u00a0", " ")


def test_silent_months_that_an_act_corrects_are_named(worker, meter, kursk):
    billing.bill(kursk, SEPTEMBER)
    page = see(worker, day="10.10.2026", t1="1500")
    assert "Исправлены месяцы без показаний: сентябрь 2026" in words(page.one("main"))


def test_what_was_changed_after_it_was_seen_is_shown_anew(worker, meter):
    page = see(worker)
    page = confirm(worker, page, status=200, t1="1150")
    assert acts() == []
    assert "Расход, круглые сутки, кВт·ч 150 50 −100" in rows(page)
    confirm(worker, page)
    assert acts()[0].t1 == Energy.from_kwh(1150)


def test_a_confirmation_that_saw_nothing_only_shows(worker, meter):
    page = see(worker, seen="17")
    assert acts() == []
    assert "Без акта" in page.text


def test_sent_twice_it_is_one_act(worker, meter):
    page = see(worker)
    confirm(worker, page)
    confirm(worker, page)
    assert len(acts()) == 1
    assert AuditEntry.select().where(AuditEntry.action == "reading.act_entered").count()


def test_the_same_form_with_another_act_is_refused(worker, meter):
    page = see(worker)
    confirm(worker, page)
    page = worker.submit(page, FORM, status=200, act="18", t1="1090", day="11.09.2026")
    page = confirm(worker, page, status=409)
    assert "с другими данными" in page.text_of(".alert")
    assert page.one("#act").get("value") == "18"
    assert len(acts()) == 1
    # With the key made anew it is another act.
    page = worker.submit(page, FORM, status=200)
    confirm(worker, page)
    assert len(acts()) == 2


def test_many_at_once_write_one(db, meter):
    staff = factories.make_staff("igor@example.org")
    wish = account_card.ActWish(
        number="17",
        reading=account_card.ReadingWish(
            serial=meter.serial, day=date(2026, 9, 10), values=("1080",)
        ),
    )
    key = uuid.uuid4()
    faults = []

    def enter():
        try:
            account_card.enter_act(
                Member(staff.id, Role.OPERATOR),
                "460000000001",
                wish,
                key=key,
                actor=Actor(staff.id),
                now=datetime(2026, 11, 22, 9, tzinfo=UTC),
            )
        except Exception as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)
        finally:
            database.close()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(acts()) == 1
    entries = AuditEntry.select().where(AuditEntry.action == "reading.act_entered")
    assert entries.count() == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"act": " "}, "Введите номер акта"),
        ({"act": "1" * 41}, "Номер длиннее 40"),
        ({"remark": "о" * 1001}, "больше 1000 знаков"),
        ({"day": ""}, "Введите дату"),
        ({"day": "23.11.2026"}, "ещё не наступила"),
        ({"day": "30.07.2026"}, "Счётчик стоит с 31.07.2026"),
        ({"day": "21.08.2026"}, "более позднему показанию, от 22.08.2026"),
        ({"t1": ""}, "Введите показание"),
        ({"t1": "123456"}, "До запятой 6 цифр"),
    ],
)
def test_what_is_wrong_stands_at_its_field(worker, meter, fields, told):
    page = see(worker, status=422, **fields)
    assert told in page.text_of(".err").replace("\u00a0", " ")
    for name, value in (TYPED | fields).items():
        control = page.one(f"#{name}")
        kept = control.get("value") if name != "remark" else control.text.lstrip()
        assert (kept or "") == value
    assert acts() == []


def test_a_meter_taken_away_or_out_of_verification_is_refused(worker, meter):
    Meter.update(removed_on=date(2026, 9, 9)).execute()
    page = see(worker, status=422)
    assert "Счётчик снят 09.09.2026" in page.text_of(".err")
    Meter.update(removed_on=None, verified_until=date(2026, 9, 1)).execute()
    page = see(worker, status=422)
    assert "Поверка счётчика кончилась 01.09.2026" in page.text_of(".err")


def test_the_number_of_an_act_is_there_once(worker, meter):
    confirm(worker, see(worker))
    page = see(worker, status=422, day="12.09.2026")
    assert "уже внесён, от 10.09.2026" in page.text_of(".err")


def test_an_act_of_the_day_of_the_last_reading_is_taken(worker, meter):
    page = see(worker, day="22.08.2026", t1="1090")
    assert "Перерасчёт, ₽ 0,00 −58,70 −58,70" in rows(page)
    confirm(worker, page)
    assert acts()[0].period == AUGUST


def test_an_act_of_a_month_further_on_waits_for_its_bill(worker, meter):
    page = see(worker, day="10.11.2026", t1="1400")
    assert "Акт учтёт квитанция за ноябрь 2026" in words(page.one("main"))
    confirm(worker, page)
    assert acts()[0].period == Month(2026, 11)


def test_a_bill_that_waits_to_be_published_is_told_of(worker, meter, kursk):
    run = billing.begin(kursk, SEPTEMBER)
    billing.issue(run, SEPTEMBER)
    page = see(worker)
    waits = "Квитанция за сентябрь 2026 уже посчитана и ждёт публикации"
    assert waits in words(page.one("main"))
    assert waits in words(worker.get(f"{CARD}/what-if").one("main"))
    confirm(worker, page)
    billing.publish(run, SEPTEMBER)
    assert Bill.get(Bill.month == SEPTEMBER).recalculated == Money(0)
    billing.bill(kursk, OCTOBER)
    assert acts()[0].counted_in == OCTOBER


def test_a_newer_reading_that_shows_less_is_pointed_at(worker, meter):
    factories.make_reading(meter, "2026-09", (1070,), state=ReadingState.SUBMITTED)
    page = see(worker)
    assert "Показание от 22.09.2026 новее акта" in words(page.one("main"))


def test_an_act_stands_beside_the_customers_reading(app, worker, meter, kursk, clock):
    alice = factories.make_customer("alice@example.org")
    factories.give_access(alice, Account.get(), slug="home")
    confirm(worker, see(worker, day="10.11.2026", t1="1400"))
    now = clock.get()
    form = readings.reading_form(alice.id, meter.account_id, now=now).meter
    assert (form.last_on, form.zones[0].last) == (
        date(2026, 11, 10),
        Energy.from_kwh(1400),
    )
    readings.submit_reading(
        alice.id,
        meter.account_id,
        form.public_id,
        ("1430",),
        key=form.key,
        actor=Actor(alice.id),
        pepper="pepper",
        now=now,
    )
    kept = [(one.act, one.state) for one in Reading.select().order_by(Reading.id)]
    assert kept[1:] == [
        ("17-А", ReadingState.ACCEPTED),
        ("", ReadingState.SUBMITTED),
    ]
    for month in (SEPTEMBER, OCTOBER, Month(2026, 11)):
        billing.bill(kursk, month)
    counted = Reading.select().where(Reading.counted_in == Month(2026, 11))
    assert counted.count() == 2
    assert Browser(app).sign_in(alice).get("/history").text.count("1 430") == 1


def test_its_owner_sees_that_an_act_was_entered(app, worker, meter):
    alice = factories.make_customer("alice@example.org")
    factories.give_access(alice, Account.get(), slug="home")
    confirm(worker, see(worker))
    page = Browser(app).sign_in(alice).get("/profile/accounts/home/log")
    told = [words(each) for each in page.select("tbody tr")]
    assert any("Внесён акт контрольной проверки" in one for one in told)


def test_no_other_branch_enters_one(app, meter):
    factories.make_branch("far")
    far = factories.make_staff("far@example.org", branches=("far",))
    browser = Browser(app).sign_in(far)
    page = browser.get("/staff/accounts")
    token = page.select("input[name=csrf_token]")[0].get("value")
    fields = TYPED | {"csrf_token": token, "meter": meter.serial}
    browser.get(PAGE, status=404)
    browser.post(PAGE, fields, status=404)
    assert acts() == []


def test_an_account_without_bills_to_come_takes_none(worker, meter):
    page = worker.get(PAGE)
    Account.update(closed_on=date(2026, 9, 1), balance=Money(0)).execute()
    Bill.update(closing=Money(0)).execute()
    assert worker.get(PAGE).select(FORM) == []
    page = worker.submit(page, FORM, status=409, **TYPED)
    assert "больше не будет квитанций" in page.text_of(".alert")


def test_a_branch_that_is_billed_elsewhere_sees_our_own_figures(worker, household):
    Branch.update(own_billing=False).execute()
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 8, 31))
    factories.make_reading(meter, "2026-09", (1100,), counted_in=SEPTEMBER)
    factories.make_bill(household, "2026-09", "587,00")
    page = see(worker, day="10.10.2026", t1="1090")
    assert "делает другая система" in page.text
    assert "Перерасчёт, ₽ 0,00 −65,20 −65,20" in rows(page)
    page = see(worker, status=422, day="20.09.2026", t1="1090")
    assert "более позднему показанию, от 22.09.2026" in page.text_of(".err")
