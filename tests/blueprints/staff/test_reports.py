"""Отчёты: a page with bars and a file for each, of one's own branches."""

import csv
import io

import pytest

from cabinet.domain.money import Money
from cabinet.domain.questions import Topic
from cabinet.models import AuditEntry, UsabilityRating
from tests import factories
from tests.blueprints.staff.steps import rows, words
from tests.browsing import Browser

NAMES = ("silent", "window", "debts", "payments", "questions", "usability")
#: Titles as the first page has them.
TITLES = {
    "silent": "Кто не передал показания",
    "window": "Как идёт приём показаний",
    "debts": "Долги по срокам",
    "payments": "Платежи по дням",
    "questions": "Обращения и ответы",
    "usability": "Удобно ли клиентам",
}


@pytest.fixture
def town(household, now):
    """Five meters of a street, two of which have sent; money, questions and words."""
    for number in range(1, 6):
        account = factories.make_account(
            f"46000001000{number}",
            household.branch,
            address=f"Курская область, Курск, ул. Ленина, д. {number}",
            holder="=СУММ(1)",
        )
        meter = factories.make_meter(account, serial=f"10{number}")
        if number < 3:
            factories.make_reading(meter, "2026-11", (4500,))
    factories.make_bill(account, "2026-10", "812,40")
    factories.make_payment(account, "100,00", now)
    factories.post(account, Money(-50_00), at=now, channel="registry")
    factories.make_question(account, factories.make_customer(), now)
    for rating, text in ((5, "Быстро\n<b>и</b> просто"), (1, ""), (None, "")):
        UsabilityRating.create(
            branch=account.branch, quarter=20264, rating=rating, words=text, at=now
        )
    return household.branch


def saved(browser, name, query=""):
    """Return the lines of a file; the mark of UTF-8 stands before them."""
    answer = browser.get(f"/staff/reports/{name}.csv{query}", check=False)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    text = answer.body.decode("utf-8-sig")
    assert "\r\n" in text
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_first_page_has_a_figure_of_each(worker, town):
    page = worker.get("/staff/reports")
    told = [words(each) for each in page.select("main li")]
    assert told == [
        "Кто не передал показания Ноябрь 2026: не передали с 3 из 5 счётчиков",
        "Как идёт приём показаний Ноябрь 2026: передали с 40 % счётчиков",
        "Долги по срокам Должны 662,40 ₽ по 1 счёту",
        "Платежи по дням Ноябрь 2026: пришло 150,00 ₽, 2 платежа",
        "Обращения и ответы За 30 дней 1 обращение, ответов пока нет",
        "Удобно ли клиентам 4 квартал 2026: удобно 50 % ответивших",
    ]
    for name in NAMES:
        link = page.one(f"main a[href='/staff/reports/{name}']")
        assert words(link) == TITLES[name]
        assert words(worker.get(link.get("href")).one("h1")) == TITLES[name]


@pytest.mark.parametrize("name", NAMES)
def test_where_there_is_nothing_it_says_so(worker, household, name):
    page = worker.get(f"/staff/reports/{name}")
    assert not page.select("main table tbody th[scope=row] a")
    assert any(
        word in page.text
        for word in ("здесь нет", "не должен", "не было", "оценок пока нет")
    ), page.text


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_drawn(worker, town, name):
    """A bar in each row but the total, the longest as wide as there is room."""
    page = worker.get(f"/staff/reports/{name}")
    bars = page.select("main tbody td.bar")
    assert bars
    assert page.html.count("<svg") == len(bars)
    longest = 50 if name == "usability" else 100
    assert f'<rect class="now" width="{longest}%"' in page.html


@pytest.mark.parametrize("name", NAMES)
def test_staff_without_a_branch_see_an_empty_report(desk, name):
    nobody = Browser(desk).sign_in(factories.make_staff(branches=()))
    nobody.get(f"/staff/reports/{name}")
    assert "пока не назначили" in nobody.get("/staff/reports").text


@pytest.mark.parametrize("name", NAMES)
def test_customers_and_strangers_to_a_branch_see_nothing(
    app, worker, town, alice, name
):
    Browser(app).sign_in(alice).get(f"/staff/reports/{name}", status=404)
    factories.make_branch("tver", name="Тверь")
    page = worker.get(f"/staff/reports/{name}?branch=tver", status=422)
    assert page.text_of("#branch-e") == "Ошибка: Выберите отделение из списка"
    assert not page.select("main table")
    worker.get(f"/staff/reports/{name}.csv?branch=tver", status=422)


def test_streets_lead_to_who_lives_there(worker, town):
    page = worker.get("/staff/reports/silent")
    assert "Не передали с 3 из 5 счётчиков" in page.text
    assert rows(page)[1:] == ["Курск, ул. Ленина 3 5"]
    assert page.html.count('<rect class="now" width="100%"') == 1
    (link,) = page.select("main tbody a")
    listed = worker.get(link.get("href"))
    assert [line.split(" =")[0] for line in rows(listed)[1:]] == [
        "4600 0001 0003",
        "4600 0001 0004",
        "4600 0001 0005",
    ]
    entries = AuditEntry.select().where(AuditEntry.action == "report.silent")
    assert entries.count() == 3
    assert all(row.account_id for row in entries)


def test_the_file_of_who_has_not_sent_is_that_of_the_outgoing_ones(worker, town):
    header, *lines = saved(worker, "silent")
    assert header[:5] == ["ЛС", "ФИО", "Адрес", "Маршрут", "Заводской №"]
    assert [line[0] for line in lines] == [f"46000001000{n}" for n in (3, 4, 5)]
    assert {line[1] for line in lines} == {"'=СУММ(1)"}
    (entry,) = AuditEntry.select().where(AuditEntry.action == "report.saved")
    assert entry.subject == "report:silent"


def test_taking_that_file_asks_who_it_is(unsure, town):
    answer = unsure.get("/staff/reports/silent.csv", status=303, check=False)
    assert answer.headers["Location"].startswith("/factor/sure")


def test_streets_and_people_come_page_by_page(worker, household):
    for street in range(60):
        for house in (1, 2, 3):
            account = factories.make_account(
                f"4700{street:04}000{house}",
                household.branch,
                address=f"Курск, ул. {street:02}-я, д. {house}",
            )
            factories.make_meter(account, serial=f"{street}-{house}")
    first = worker.get("/staff/reports/silent")
    (more,) = [each for each in first.select("main a") if "Следующие" in words(each)]
    second = worker.get(more.get("href"))
    assert (len(rows(first)), len(rows(second))) == (51, 11)
    assert not set(rows(first)[1:]) & set(rows(second)[1:])
    people = worker.get("/staff/reports/silent/list")
    seen = set()
    for _ in range(3):
        seen |= set(rows(people)[1:])
        (more,) = [
            each for each in people.select("main a") if words(each) == "Следующие"
        ]
        people = worker.get(more.get("href"))
    assert len(seen | set(rows(people)[1:])) == 180


def test_the_window_page_tells_hours_of_a_day(worker, town):
    page = worker.get("/staff/reports/window")
    assert "Передали с 40 % счётчиков, месяц назад к этому часу с 0 %" in page.text
    table, hours = page.select("main table")
    assert [words(each) for each in table.cssselect("tbody tr")][:4] == [
        "20 ноября 0 0 0 0",
        "21 ноября 0 0 0 0",
        "22 ноября 2 2 0 0",
        "23 ноября 0 0",
    ]
    assert [words(each) for each in hours.cssselect("tbody tr")] == ["12:00 2 2 0 0"]
    other = worker.get("/staff/reports/window?day=2026-11-20")
    assert "В этот день не передавал никто." in other.text
    _header, *lines = saved(worker, "window")
    assert len(lines) == 6 * 24
    assert lines[60] == ["22.11.2026", "12:00", "2", "2", "5", "0", "0"]


def test_debts_are_told_with_commas(worker, town):
    page = worker.get("/staff/reports/debts")
    assert "Просрочено 662,40 ₽ из 662,40 ₽" in page.text
    assert "До 30 дней 662,40 0,00 1" in rows(page)
    header, *lines = saved(worker, "debts")
    assert header[0] == "Срок"
    assert lines[1] == ["До 30 дней", "662,40", "0,00", "1"]
    assert lines[-1] == ["Всего", "662,40", "", "1"]


def test_payments_by_way(worker, town):
    page = worker.get("/staff/reports/payments?first=20.11.2026&last=22.11.2026")
    assert words(page.one("main h2")) == "Пришло 150,00 ₽, 2 платежа"
    assert rows(page)[0].startswith("День Карта в кабинете Реестры банков и касс Всего")
    assert rows(page)[3] == "22 ноября 100,00 1 шт. 50,00 1 шт. 150,00 2 шт."
    assert page.one("#first").get("value") == "20.11.2026"
    header, *lines = saved(worker, "payments", "?first=22.11.2026&last=22.11.2026")
    assert header == [
        "День",
        "Карта в кабинете, ₽",
        "Карта в кабинете, платежей",
        "Реестры банков и касс, ₽",
        "Реестры банков и касс, платежей",
        "Всего, ₽",
        "Всего, платежей",
    ]
    assert lines == [
        ["22.11.2026", "100,00", "1", "50,00", "1", "150,00", "2"],
        ["Всего", "100,00", "1", "50,00", "1", "150,00", "2"],
    ]


def test_a_channel_without_a_word_is_told_and_runs_nowhere(worker, household, now):
    factories.post(household, Money(-1_00), at=now, channel="=1+1")
    assert "=1+1" in worker.get("/staff/reports/payments").text
    assert saved(worker, "payments")[0][1] == "'=1+1, ₽"


@pytest.mark.parametrize("name", ["payments", "questions"])
@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("first=вчера", "first", "Введите день"),
        ("last=31.02.2026", "last", "Введите день"),
        ("first=02.11.2026&last=01.11.2026", "last", "раньше первого"),
        ("first=01.11.2024&last=01.11.2026", "last", "Не больше года"),
    ],
)
def test_bad_days_are_told_at_the_field_and_stay(
    worker, town, name, query, field, told
):
    page = worker.get(f"/staff/reports/{name}?{query}", status=422)
    assert told in page.text_of(f"#{field}-e")
    assert page.one(f"#{field}").get("value") == query.rpartition("=")[2]
    assert not page.select("main table")
    worker.get(f"/staff/reports/{name}.csv?{query}", status=422)


@pytest.mark.parametrize("query", ["first=01.01.2030", "last=01.01.2020"])
@pytest.mark.parametrize("name", ["payments", "questions"])
def test_one_day_alone_is_enough(worker, town, name, query):
    assert "не было" in worker.get(f"/staff/reports/{name}?{query}").text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("silent?month=2020-01", "Выберите месяц из списка"),
        ("window?month=осень", "Выберите месяц из списка"),
        ("silent/list?month=13", "Выберите месяц из списка"),
        ("usability?quarter=2020-5", "Выберите квартал из списка"),
    ],
)
def test_what_is_not_on_the_list_is_told(worker, town, url, told):
    page = worker.get(f"/staff/reports/{url}", status=422)
    assert told in page.text


def test_questions_by_topic(worker, town, now):
    page = worker.get("/staff/reports/questions")
    assert "1 обращение" in page.text
    assert rows(page)[1] == "Начисления и квитанции 1 1 – – –"
    header, *lines = saved(worker, "questions")
    assert lines[0] == ["Начисления и квитанции", "1", "1", "", "", ""]
    assert header[0] == "Тема"
    assert Topic.CHARGES


def test_convenience_with_its_goal_and_words(worker, town):
    page = worker.get("/staff/reports/usability")
    assert "Удобно и лучше: 50 %, цель 80 %" in page.text
    assert rows(page)[1] == "4 квартал 2026 1 0 0 0 1 1 50 %"
    assert "22 ноября, Курск: лучше не бывает" in page.text
    assert "Быстро <b>и</b> просто" in page.text
    assert not page.select("main li b")
    header, *lines = saved(worker, "usability")
    assert header[2:7] == [
        "Не удобно",
        "Не очень удобно",
        "Достаточно удобно",
        "Удобно",
        "Лучше не бывает",
    ]
    assert lines == [["4 квартал 2026", "Курск", "1", "0", "0", "0", "1", "1", "50"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_taken_is_in_the_log(worker, town, name):
    saved(worker, name)
    rows_ = AuditEntry.select().where(AuditEntry.action == "report.saved")
    assert [row.subject for row in rows_] == [f"report:{name}"]


def test_an_admin_may_choose_a_branch(desk, town):
    admin = Browser(desk).sign_in(
        factories.make_staff("admin@example.org", role="admin", branches=())
    )
    page = admin.get("/staff/reports/debts")
    choices = [words(each) for each in page.select("#branch option")]
    assert choices[0] == "Все мои отделения"
    assert {"Курск", "Тверь"} < set(choices[1:])
    shown = admin.submit(page, "#asked", branch="tver")
    assert "Никто ничего не должен" in shown.text
    assert shown.one("#branch [selected]").get("value") == "tver"
