"""Абоненты as a specialist finds them and looks at their bills."""

from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.models import Account, AuditEntry, Bill, OtherRule, Rate
from tests import billing, factories
from tests.browsing import Browser

LIST = "/staff/accounts"
CARD = f"{LIST}/460000000001"
AUGUST, SEPTEMBER = Month(2026, 8), Month(2026, 9)


def words(element):
    return " ".join(" ".join(element.itertext()).split()).replace(" ,", ",")


def texts(page, css):
    return [words(each) for each in page.select(css)]


def rows(page, caption):
    """Return the rows of the table whose caption begins so, as texts."""
    for table in page.select("main table"):
        (said,) = [" ".join(each.itertext()) for each in table.cssselect("caption")]
        if said.replace("\u00a0", " ").startswith(caption):
            return [words(each) for each in table.cssselect("tr")]
    raise AssertionError(f"no table of {caption}")


def looks(action, account):
    found = AuditEntry.select().where(AuditEntry.action == action)
    return [row for row in found if row.account_id == account.id]


@pytest.fixture
def billed(household, kursk):
    """Two months of the household: read and half paid, then silent and late."""
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 7, 31))
    factories.make_reading(meter, "2026-08", (1100,), state=ReadingState.ACCEPTED)
    billing.bill(kursk, AUGUST)
    factories.post(
        household, Money(-200_00), at=datetime(2026, 9, 14, 9, tzinfo=UTC), month=AUGUST
    )
    billing.bill(kursk, SEPTEMBER)
    return household


def test_accounts_are_found_by_a_part_of_what_is_known(worker, household):
    factories.make_account("991300000001", household.branch, holder="Конев Лев")
    other = factories.make_account("460000000777", household.branch, holder="Седов Лев")
    page = worker.submit(worker.get(LIST), "#account-search", q="4600 0000 0")
    assert texts(page, "tbody th") == ["4600 0000 0001", "4600 0000 0777"]
    assert page.one("#q").get("value") == "4600 0000 0"
    page = worker.get(f"{LIST}?q=0777")
    assert texts(page, "tbody th a") == ["4600 0000 0777"]
    page = worker.get(f"{LIST}?q={quote('лев')}")
    assert texts(page, "tbody th a") == ["4600 0000 0777", "9913 0000 0001"]
    assert len(looks("account.found", other)) == 3


@pytest.mark.parametrize(
    "typed", ["4600 0000 0001", "Петрова", "ktybyf 14 23", "Ленина 14 23"]
)
def test_the_very_one_is_opened_at_once(worker, household, typed):
    answer = worker.client.get(f"{LIST}?q={quote(typed)}")
    assert (answer.status_code, answer.location) == (303, CARD)
    assert len(looks("account.found", household)) == 1


@pytest.mark.parametrize("typed", ["46", "д", "д 5", "٤٦٠٠"])
def test_what_is_too_little_is_said(worker, household, typed):
    page = worker.get(f"{LIST}?q={quote(typed)}")
    assert "Введите не меньше 3 цифр или 2 букв" in page.text_of(".box")
    assert page.one("#q").get("value") == typed
    assert not AuditEntry.select().where(AuditEntry.action == "account.found").exists()


def test_what_was_tried_and_how_to_go_on_is_said(worker, household):
    box = worker.get(f"{LIST}?q={quote('bdfyjd 99')}").text_of(".box")
    assert "Искали фамилию, имя или адрес: «bdfyjd», номер 99." in box
    assert "«иванов», номер 99 в другой раскладке." in box
    assert "Введите одну фамилию или улицу с домом" in box
    for typed, said in {
        "99999": "Искали счёт, счётчик и телефон с цифрами 99999.",
        "аб9999": "Искали счётчик с номером aб9999.",
        "x@example.org": "Искали почту, которая начинается с «x@example.org».",
    }.items():
        box = worker.get(f"{LIST}?q={quote(typed)}").text_of(".box")
        assert said in box
        assert "только в ваших филиалах" in box.replace("\u00a0", " ")
    assert not AuditEntry.select().where(AuditEntry.action == "account.found").exists()


def test_by_what_an_account_was_found_is_said(worker, household):
    factories.make_meter(household)
    alice = factories.make_customer("alice@example.org")
    factories.give_access(alice, household)
    Account.update(phone="8 912 345-67-89").execute()
    for typed, said in {
        "34567": None,
        "83454": "по части номера счётчика",
        "45-67-89": "по концу телефона",
        "alic": "по началу почты",
        "Питрова": "похоже на то, что вы ввели",
        "Петров": "Петрова Мария Петровна",
    }.items():
        page = worker.get(f"{LIST}?q={quote(typed)}")
        assert (said or "Не нашли") in page.text.replace("\u00a0", " "), typed
    page = worker.get(f"{LIST}?q={quote('gtnhjd')}")
    assert "Раскладка была другая. Искали «петров»." in page.text


def test_at_most_twenty_five_are_listed(worker, household):
    for number in range(30):
        factories.make_account(f"4700000000{number:02}", household.branch)
    page = worker.get(f"{LIST}?q=4700")
    assert len(page.select("tbody tr")) == 25
    assert "Показаны первые 25, есть ещё" in page.text


def test_while_words_are_made_it_is_said(worker, household, monkeypatch):
    monkeypatch.setattr("cabinet.services.finding.MOST_DUE", 0)
    page = worker.get(f"{LIST}?q={quote('Петрова')}")
    assert "Указатель поиска ещё строится" in page.text


def test_no_other_branch_is_to_be_seen(worker, household):
    other = factories.make_account("460000000008", factories.make_branch("far"))
    factories.make_bill(other, "2026-10")
    page = worker.get(f"{LIST}?q={other.number}")
    assert "Не нашли" in page.text.replace("\u00a0", " ")
    worker.get(f"{LIST}/{other.number}", status=404)
    worker.get(f"{LIST}/{other.number}/bills/2026-10", status=404)
    assert looks("account.looked", other) == looks("bill.looked", other) == []


def test_the_menu_leads_here(worker, household):
    page = worker.get("/staff/")
    (link,) = [a for a in page.select("nav a") if a.text == "Абоненты"]
    assert worker.get(link.get("href")).one("h1").text == "Абоненты"


def test_the_card_shows_the_contract_its_meters_and_what_waits(worker, billed, kursk):
    meter = factories.make_meter(
        billed,
        zones=2,
        opening=(5, 3),
        serial="20000002",
        opening_on=date(2026, 10, 10),
        ratio=20,
        verified_until=date(2026, 11, 1),
    )
    factories.make_reading(
        meter,
        values=(70, 30),
        state=ReadingState.SUBMITTED,
        source=ReadingSource.PHONE,
        comment="звонила",
    )
    page = worker.get(CARD)
    facts = rows(page, "Договор")
    assert "Абонент Петрова Мария Петровна" in facts
    assert "Категория город, газовая плита" in facts
    assert "Тарифный план две зоны" in facts
    assert "Норматив 75 кВт·ч на человека в месяц" in facts
    assert "Филиал Курск, квитанции выставляет сам" in facts, facts
    shown = rows(page, "№ 20000002")
    assert "Зоны, знаки, коэффициент 2, 5, 20" in shown
    assert "Начальные показания 10.10.2026 День 5 Ночь 3" in shown
    assert "Поверка истекла 01.11.2026" in shown
    (waits,) = rows(page, "Показания, которые ждут квитанции")[1:]
    assert waits.startswith("22.10.2026 № 20000002 День 70 Ночь 30 телефон")
    assert "ждёт квитанции" in waits
    assert "«звонила»" in waits
    assert "учтено в квитанции за август 2026" in page.text
    bills = rows(page, "Последние квитанции")[1:]
    # September had no reading, and no three months to make an average of: by the norm.
    assert bills[0].startswith("сентябрь 2026 150 кВт·ч, по нормативу 880,50")
    assert bills[1].startswith("август 2026 100 кВт·ч, по показаниям 587,00 587,00")
    assert "Льгот нет" in page.text
    (look,) = looks("account.looked", billed)
    assert look.actor_id is not None


def test_meters_of_before_stay_on_the_card(worker, household):
    factories.make_meter(
        household,
        serial="10000001",
        removed_on=date(2026, 3, 5),
        status="removed",
        closing_t1=Energy.from_kwh(9871),
    )
    factories.make_meter(household, serial="20000002", opening_on=date(2026, 3, 5))
    page = worker.get(CARD)
    assert rows(page, "№ 10000001")[0] == "Состояние снят"
    assert "Снят 05.03.2026 9 871" in rows(page, "№ 10000001")
    assert "Начальные показания 05.03.2026" in " ".join(rows(page, "№ 20000002"))


def test_its_owner_sees_that_somebody_looked(app, worker, household):
    alice = factories.make_customer("alice@example.org")
    factories.give_access(alice, household, slug="home")
    worker.get(CARD)
    page = Browser(app).sign_in(alice).get("/profile/accounts/home/log")
    assert "Специалист отделения Счёт просмотрен" in " ".join(texts(page, "tbody tr"))


def test_a_bill_shows_what_it_was_made_of(worker, billed):
    page = worker.get(f"{CARD}/bills/2026-09")
    assert rows(page, "Из чего сложилась сумма") == [
        "На начало месяца 587,00 ₽",
        "Начислено 880,50 ₽",
        "Перерасчёт 0,00 ₽",
        "Пени 0,00 ₽",
        "Льготы 0,00 ₽",
        "Поступило −200,00 ₽",
        "На конец месяца 1 267,50 ₽",
    ]
    used = rows(page, "Что ещё взято в расчёт")
    assert "Проживает 2" in used
    assert "Норматив 75 кВт·ч на человека" in used
    assert "Пределы диапазонов 1-й до 3 900 кВт·ч, 2-й до 6 000 кВт·ч" in used
    assert "Среднее август 2026 100 кВт·ч. Не понадобилось" in used
    (line,) = rows(page, "Цены по зонам и диапазонам")[1:]
    assert line.startswith("Круглые сутки 1-й 150 кВт·ч × 5,87 ₽")
    (paid,) = rows(page, "Платежи и другие проводки")[1:]
    assert paid == "14.09.2026 Оплата август 2026 −200,00"
    carried = rows(page, "Что перешло с прошлого месяца")
    assert "Откуда взято из квитанции за месяц до этого" in carried
    assert "Остаток 587,00 ₽" in carried
    assert "Посчитано до показаний 22.08.2026, № 10834547: 1 100" in carried
    assert "Долги по месяцам август 2026: 587,00 ₽, срок 15.09.2026" in carried
    (look,) = looks("bill.looked", billed)
    assert look.subject.startswith("bill:")


def test_a_bill_shows_its_readings_with_their_source(worker, billed):
    page = worker.get(f"{CARD}/bills/2026-08")
    (reading,) = rows(page, "Показания, которые учла квитанция")[1:]
    assert reading.startswith("22.08.2026 № 10834547 1 100 личный кабинет")
    assert "1 100 − 1 000 = 100" in page.text
    carried = rows(page, "Что перешло с прошлого месяца")
    assert any("первая квитанция своего биллинга" in one for one in carried)


def test_a_bill_shows_what_was_used_whatever_is_so_now(worker, billed):
    before = worker.get(f"{CARD}/bills/2026-09").text_of("main")
    Rate.update(document="другой акт", price=Price(1)).execute()
    Account.update(residents=7, norm=Energy(1000), category="rural").execute()
    OtherRule.delete().execute()
    assert worker.get(f"{CARD}/bills/2026-09").text_of("main") == before


def test_the_act_of_a_price_is_named(worker, household, kursk):
    Rate.update(document="приказ № 55").execute()
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 7, 31))
    factories.make_reading(meter, "2026-08", (1100,), state=ReadingState.ACCEPTED)
    billing.bill(kursk, AUGUST)
    Rate.update(document="приказ № 56").execute()
    page = worker.get(f"{CARD}/bills/2026-08")
    assert "приказ № 55" in page.text
    assert "приказ № 56" not in page.text


def test_penalties_are_shown_by_days(worker, household, kursk):
    # 587,00 of August are due on 15 September; from the 31st day of delay on, 16 October.
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 7, 31))
    factories.make_reading(meter, "2026-08", (1100,), state=ReadingState.ACCEPTED)
    for month in (AUGUST, SEPTEMBER, Month(2026, 10)):
        billing.bill(kursk, month)
    page = worker.get(f"{CARD}/bills/2026-10")
    (part,) = rows(page, "Пени по дням")[1:]
    assert part.startswith("август 2026 с 16.10.2026, 16 дней 587,00 ₽ × 9,5 % × 1/300")


def test_days_without_penalties_are_shown_with_their_act(worker, household, kursk):
    counted = OtherRule.get(
        OtherRule.rule == "penalty_days", OtherRule.starts == date(2021, 1, 1)
    )
    counted.ends = date(2026, 10, 20)
    counted.save()
    OtherRule.create(
        rule="penalty_days",
        key="household",
        value="excluded",
        starts=date(2026, 10, 20),
        ends=date(2026, 10, 25),
        source="указ № 1",
    )
    OtherRule.create(
        rule="penalty_days",
        key="household",
        value="counted",
        starts=date(2026, 10, 25),
    )
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 7, 31))
    factories.make_reading(meter, "2026-08", (1100,), state=ReadingState.ACCEPTED)
    for month in (AUGUST, SEPTEMBER, Month(2026, 10)):
        billing.bill(kursk, month)
    page = worker.get(f"{CARD}/bills/2026-10")
    said = page.text_of("main")
    assert "С 20.10.2026 по 24.10.2026 пени не начисляем (указ № 1)." in said
    first, second = rows(page, "Пени по дням")[1:]
    assert first.startswith("август 2026 с 16.10.2026, 4 дня")
    assert second.startswith("август 2026 с 25.10.2026, 7 дней")


def test_a_bill_of_another_system_says_so(worker, household):
    factories.make_bill(household, "2026-10", "300,00")
    page = worker.get(f"{CARD}/bills/2026-10")
    assert "сделала другая система" in page.text
    assert "Начислено 300,00 ₽" in rows(page, "Из чего сложилась сумма")


def test_a_bill_from_before_less_was_kept_says_so(worker, billed):
    bill = Bill.get(Bill.month == SEPTEMBER)
    bill.lines.pop("used")
    Bill.update(lines=bill.lines).where(Bill.id == bill.id).execute()
    page = worker.get(f"{CARD}/bills/2026-09")
    assert "ещё не сохраняли" in page.text
    assert "Остаток 587,00 ₽" in rows(page, "Что перешло с прошлого месяца")


def test_a_month_without_a_bill_is_missing(worker, household):
    worker.get(f"{CARD}/bills/2026-10", status=404)


def test_money_posted_late_is_shown_as_such(worker, billed, kursk):
    factories.post(
        billed,
        Money(-100_00),
        kind=EntryKind.PAYMENT,
        at=datetime(2026, 9, 20, 9, tzinfo=UTC),
    )
    billing.bill(kursk, Month(2026, 10))
    page = worker.get(f"{CARD}/bills/2026-10")
    (late,) = rows(page, "Платежи и другие проводки")[1:]
    assert late == "раньше Проведено после прошлой квитанции −100,00"
    carried = rows(page, "Что перешло с прошлого месяца")
    assert any("долги посчитаны заново" in one for one in carried)
