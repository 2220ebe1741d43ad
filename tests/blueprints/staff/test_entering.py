"""Ввод показаний: whom to enter for, the checks, what undoes it, two at once."""

import re
import threading
from datetime import date, timedelta

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.tariff import Plan
from cabinet.models import AuditEntry, Meter, OutboxMessage, Reading
from cabinet.models.base import database
from tests import factories
from tests.browsing import Browser

HOME = "/staff/entering"
NUMBER = "460000000001"


@pytest.fixture
def meter(db):
    """The meter of Петрова: 4 500 in October, 100 to 138 kWh a month before."""
    factories.make_rates()
    factories.make_ranges()
    made = factories.make_meter(factories.make_account(NUMBER))
    factories.make_reading(made, "2026-09", (4362,), state=ReadingState.COUNTED)
    factories.make_reading(made, "2026-10", (4500,), state=ReadingState.COUNTED)
    return made


def opened(browser, q=NUMBER, **fields):
    return browser.submit(browser.get(HOME), "#entering-search", q=q, **fields)


def enter(browser, value, *, q=NUMBER, page=None, status=None, htmx=False, **fields):
    page = page or opened(browser, q)
    return browser.submit(
        page, "#entering-form", t1=value, status=status, htmx=htmx, **fields
    )


def november():
    return list(
        Reading.select()
        .where(Reading.period == factories.Month(2026, 11))
        .order_by(Reading.id)
    )


def focused(page):
    return [each.get("name") for each in page.select("[autofocus]")]


def token_of(browser):
    return browser.get(HOME).select("[name=csrf_token]")[0].get("value")


def actions(**where):
    query = AuditEntry.select().where(
        *(getattr(AuditEntry, name) == value for name, value in where.items())
    )
    return [row.action for row in query.order_by(AuditEntry.id)]


def test_it_works(worker, meter):
    page = worker.get(HOME)
    assert focused(page) == ["q"]
    page = opened(worker)
    assert focused(page) == ["t1"]
    assert "Прошлое: 4 500 (22 октября)" in page.text
    done = enter(worker, "4638", page=page)
    assert focused(done) == ["q"]
    assert "4 638 за ноябрь. Расход 138 кВт·ч, примерно" in done.text
    assert "Введено сегодня: 1" in done.text
    (row,) = november()
    assert (row.t1, row.source, row.state) == (
        Energy.from_kwh(4638),
        ReadingSource.PHONE,
        ReadingState.SUBMITTED,
    )
    assert row.user.email == "operator@example.org"
    assert actions(account_id=meter.account_id) == [
        "account.looked",
        "reading.submitted",
    ]
    told = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert told.details["source"] == "phone"
    assert OutboxMessage.select().count() == 0


def test_it_works_with_htmx(worker, meter):
    found = worker.get(f"{HOME}?q={NUMBER}", htmx=True)
    assert focused(found) == ["t1"]
    done = enter(worker, "4638", page=found, htmx=True)
    assert focused(done) == ["q"]
    assert "Введено сегодня: 1" in done.text
    assert len(november()) == 1


def test_the_place_it_comes_from_and_a_day_of_the_past_are_kept(worker, meter):
    page = opened(worker, source="paper")
    done = enter(worker, "4638", page=page, day="20.11.2026")
    (row,) = november()
    assert (row.source, row.taken_on) == (ReadingSource.PAPER, date(2026, 11, 20))
    chosen = done.one("#entering-search [checked]")
    assert chosen.get("value") == "paper"
    again = worker.submit(done, "#entering-search", q=NUMBER)
    assert again.one("#entering-form [name=day]").get("value") == "20.11.2026"
    assert "уже есть показание" in again.text
    assert "на бумаге" in again.text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("phone", "телефон"),
        ("paper", "на бумаге"),
        ("inspector", "обход"),
    ],
)
def test_each_place_it_comes_from_is_told(worker, meter, source, said):
    done = enter(worker, "4638", page=opened(worker, source=source))
    assert [str(row.source) for row in november()] == [source]
    assert done.one("#entering-search [checked]").get("value") == source
    assert said in opened(worker).text


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("23.11.2026", "Эта дата ещё не наступила"),
        ("20.10.2026", "Прошлое показание снято 22.10.2026: эта дата раньше"),
        ("вчера", "Введите дату, например 22.11.2026"),
    ],
)
def test_a_day_that_does_not_fit_is_422(worker, meter, day, said):
    for htmx in (False, True):
        page = enter(worker, "4638", day=day, status=422, htmx=htmx)
        assert said in page.text
        assert page.one("[name=t1]").get("value") == "4638"
        assert focused(page) == ["day"]
    assert november() == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Введите показание"),
        ("много", "нужны только цифры"),
        ("463800", "5 цифр до запятой, а введено 6"),
    ],
)
def test_invalid_is_422(worker, meter, typed, said):
    page = enter(worker, typed, status=422)
    assert said in page.text
    assert focused(page) == ["t1"]
    assert november() == []


def test_what_is_unusual_is_asked_and_answered_with_one_key(worker, meter):
    asked = enter(worker, "6000", status=409)
    assert "расход 1 500 кВт·ч" in asked.text
    assert "раз больше обычного" in asked.text
    assert "Примерно" in asked.text
    assert focused(asked) == ["answer:unusual_is_right"]
    done = worker.submit(
        asked, "#entering-asked", button=("answer:unusual_is_right", "")
    )
    assert "6 000 за ноябрь" in done.text
    assert november()[0].state is ReadingState.SUBMITTED


def test_a_question_may_be_answered_with_other_digits(worker, meter):
    asked = enter(worker, "6000", status=409)
    done = enter(worker, "4600", page=asked)
    assert "4 600 за ноябрь" in done.text
    assert len(november()) == 1


def test_a_roll_over_is_one_key(worker, meter):
    Reading.update(t1=Energy.from_kwh(99950)).where(
        Reading.period == factories.Month(2026, 10)
    ).execute()
    asked = enter(worker, "88", status=409)
    assert focused(asked) == ["answer:rolled_over"]
    worker.submit(asked, "#entering-asked", button=("answer:rolled_over", ""))
    assert november()[0].rolled_over


def test_what_cannot_be_decided_goes_to_review_with_the_words(worker, meter):
    asked = enter(worker, "4100", status=409)
    assert focused(asked) == ["comment"]
    wordless = worker.submit(
        asked, "#entering-review", button=("answer:review", ""), status=422
    )
    assert "Напишите, что сказал клиент" in wordless.text
    assert november() == []
    done = worker.submit(
        asked,
        "#entering-review",
        comment="Говорит, счётчик крутится назад",
        button=("answer:review", ""),
    )
    assert "Отправлено на проверку" in done.text
    (row,) = november()
    assert (row.state, row.comment) == (
        ReadingState.NEEDS_REVIEW,
        "Говорит, счётчик крутится назад",
    )


def test_what_wires_cannot_carry_needs_the_customer_s_words(worker, meter):
    asked = enter(worker, "94000", status=409)
    assert "Столько счётчик насчитать не мог" in asked.text
    again = worker.submit(
        asked, "#entering-review", button=("answer:review", ""), status=422
    )
    assert "Напишите, что сказал клиент" in again.text
    assert focused(again) == ["comment"]
    worker.submit(
        again, "#entering-review", comment="Сварка", button=("answer:review", "")
    )
    assert november()[0].reason == "impossible"


def test_after_the_window_it_counts_in_the_next_month(desk, meter, clock, now):
    clock.set(now + timedelta(days=5))
    worker = Browser(desk).sign_in(factories.make_staff())
    page = opened(worker)
    assert "Приём за ноябрь закончился 25 ноября. Учтём в декабре." in page.text
    enter(worker, "4638", page=page)
    row = Reading.get(Reading.period == factories.Month(2026, 12))
    assert row.taken_on == date(2026, 11, 27)


def test_a_form_from_before_the_end_of_the_window_says_so(desk, meter, clock, now):
    last_evening = now.replace(day=25, hour=20, minute=50)
    clock.set(last_evening)
    worker = Browser(desk).sign_in(factories.make_staff())
    page = opened(worker)
    clock.set(last_evening + timedelta(minutes=15))
    moved = enter(worker, "4638", page=page, status=409)
    assert "месяц сменился" in moved.text
    enter(worker, "4638", page=moved)
    assert Reading.get(Reading.t1 == Energy.from_kwh(4638)).period.number == 12


def test_all_zones_of_a_meter_are_entered(worker, db):
    factories.make_rates(plan=Plan.of_zones(2))
    meter = factories.make_meter(factories.make_account(NUMBER), zones=2)
    factories.make_reading(meter, "2026-10", (4500, 2100))
    page = opened(worker)
    refused = worker.submit(page, "#entering-form", t1="4600", status=422)
    assert focused(refused) == ["t2"]
    done = worker.submit(refused, "#entering-form", t1="4600", t2="2150")
    assert "день (Т1) 4 600, ночь (Т2) 2 150" in done.text


# Whom ------------------------------------------------------------------------------


def test_an_account_is_found_by_number_surname_and_address(worker, meter):
    factories.make_account(
        "460000000002", holder="Фёдорова Анна", address="Курск, Мира, 5"
    )
    for typed in ("4600 0000 0001", "0000 0001", "петрова", "ленина 14", "ПЕТР мария"):
        assert "Петрова Мария Петровна" in opened(worker, typed).text, typed
    for typed in ("федорова", "ФЁДОРОВА", "мира"):
        assert "Фёдорова Анна" in opened(worker, typed).text, typed


def test_of_several_a_digit_chooses(worker, meter):
    for number in range(2, 13):
        factories.make_account(f"4600000000{number:02}", holder=f"Петрова {number}-я")
    page = opened(worker, "Петрова")
    assert focused(page) == ["pick"]
    assert "Нашли 9, но подходит больше" in page.text
    assert actions(action="account.found") == ["account.found"] * 9
    page = worker.submit(page, "#entering-list", pick="7", status=200)
    assert page.text_of("#entering-account h2").startswith("4600 0000 0007")
    page = worker.get(f"{HOME}?q=Петрова&pick=0", status=422)
    assert "Введите номер строки из списка" in page.text
    assert focused(page) == ["pick"]


@pytest.mark.parametrize("typed", ["Сидоров", "99", "%%%", "___", "а", "' OR 1=1 --"])
def test_nobody_fits(worker, meter, typed):
    page = opened(worker, typed)
    said = f"Ничего не нашли по «{typed}». Проверьте фамилию или введите лицевой счёт."
    assert said in page.text
    assert focused(page) == ["q"]


def test_another_branch_is_404(desk, meter):
    factories.make_branch("tula", name="Тула")
    other = Browser(desk).sign_in(factories.make_staff("t@e.org", branches=("tula",)))
    assert "Ничего не нашли" in opened(other).text
    other.get(f"{HOME}?account={NUMBER}", status=404)
    mine = Browser(desk).sign_in(factories.make_staff())
    page = opened(mine)
    fields = {
        each.get("name"): each.get("value", "")
        for each in page.select("#entering-form input")
    }
    fields["csrf_token"] = token_of(other)
    other.post(HOME, {**fields, "t1": "4638"}, status=404)
    assert november() == []


def test_stranger_gets_404(desk, meter):
    stranger = Browser(desk).sign_in(factories.make_customer())
    stranger.get(HOME, status=404)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"removed_on": date(2026, 11, 3)}, "Счётчик снят 3 ноября"),
        ({"status": MeterStatus.AUTOMATED}, "передаёт показания сам"),
        ({"status": MeterStatus.UNDER_CHECK}, "Счётчик на проверке"),
    ],
)
def test_a_meter_that_takes_none_says_why(worker, meter, changed, said):
    page = opened(worker)
    Meter.update(**changed).execute()
    refused = enter(worker, "4638", page=page, status=409)
    assert said in refused.text
    assert focused(refused) == ["q"]
    assert november() == []


def test_an_account_without_a_meter_says_so(worker, db):
    factories.make_account(NUMBER)
    assert "нет счётчика" in opened(worker).text


def test_other_meters_are_a_link(worker, meter):
    factories.make_meter(meter.account, serial="55", place="Гараж")
    page = opened(worker)
    assert "Ещё счётчик № " in page.text


# Once, and two at once -------------------------------------------------------------


def test_two_presses_store_one(worker, meter):
    page = opened(worker)
    for _ in range(2):
        done = enter(worker, "4638", page=page)
        assert "4 638 за ноябрь" in done.text
    assert len(november()) == 1
    assert actions(action="reading.submitted") == ["reading.submitted"]


def test_the_second_specialist_is_told_and_asked(worker, second, meter):
    late = opened(second)
    enter(worker, "4638")
    asked = enter(second, "4640", page=late, status=409)
    assert "Пока вы вводили, показание пришло. Заменить?" in asked.text
    assert "4 638 : телефон, 22 ноября" in asked.text
    assert "Ольга Смирнова" in asked.text
    enter(second, "4640", page=asked)
    assert [row.state for row in november()] == [
        ReadingState.SUPERSEDED,
        ReadingState.SUBMITTED,
    ]


def test_what_another_brought_already_is_not_entered_again(worker, second, meter):
    late = opened(second)
    enter(worker, "4638")
    said = enter(second, "4638", page=late, status=409)
    assert "Такое показание уже есть" in said.text
    assert focused(said) == ["q"]
    assert len(november()) == 1


def test_eight_at_once_leave_one_reading(desk, meter):
    people = [factories.make_staff(f"o{n}@example.org") for n in range(8)]
    browsers = [Browser(desk).sign_in(each) for each in people]
    fields = []
    for browser in browsers:
        page = opened(browser)
        fields.append(
            {
                each.get("name"): each.get("value", "")
                for each in page.select("#entering-form input")
            }
        )
    statuses, start = [], threading.Barrier(8)

    def send(number):
        start.wait()
        data = fields[number] | {"t1": str(4630 + number)}
        statuses.append(browsers[number].client.post(HOME, data=data).status_code)
        database.close()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, *[409] * 7]
    assert len(november()) == 1


# Undo ------------------------------------------------------------------------------


def undo(browser, page=None, *, status=None, htmx=False):
    page = page or browser.get(HOME)
    return browser.submit(page, "#entering-log form", status=status, htmx=htmx)


def test_an_entry_is_taken_back(worker, meter, clock, now):
    done = enter(worker, "4638")
    clock.set(now + timedelta(minutes=9))
    back = undo(worker, done)
    assert "Отменено. Показание можно ввести заново." in back.text
    assert focused(back) == ["q"]
    assert "отменено" in back.text_of("#entering-log")
    assert "Введено сегодня: 0" in back.text
    assert november()[0].state is ReadingState.WITHDRAWN
    assert actions(action="reading.withdrawn") == ["reading.withdrawn"]
    undo(worker, done)
    assert actions(action="reading.withdrawn") == ["reading.withdrawn"]
    again = enter(worker, "4638")
    assert "4 638 за ноябрь" in again.text
    assert [row.state for row in november()] == [
        ReadingState.WITHDRAWN,
        ReadingState.SUBMITTED,
    ]


@pytest.mark.parametrize(
    "state", [ReadingState.SUBMITTED, ReadingState.ACCEPTED, ReadingState.NEEDS_REVIEW]
)
def test_what_was_replaced_stands_again_as_it_was(worker, meter, state):
    before = factories.make_reading(meter, "2026-11", (4630,), state=state)
    done = enter(worker, "4638")
    assert Reading.get_by_id(before.id).state is ReadingState.SUPERSEDED
    undo(worker, done, htmx=True)
    assert Reading.get_by_id(before.id).state is state
    assert [row.state for row in november()] == [state, ReadingState.WITHDRAWN]


def test_after_ten_minutes_it_stays(worker, meter, clock, now):
    done = enter(worker, "4638")
    clock.set(now + timedelta(minutes=10))
    refused = undo(worker, done, status=409)
    assert "Отменить уже нельзя" in refused.text
    assert refused.select("#entering-log form") == []
    assert november()[0].state is ReadingState.SUBMITTED


@pytest.mark.parametrize("changed", ["counted", "reviewed", "replaced", "later"])
def test_what_something_stands_on_stays(worker, meter, changed, now):
    done = enter(worker, "4638")
    (row,) = november()
    if changed == "counted":
        row.state = ReadingState.COUNTED
    elif changed == "reviewed":
        row.reviewed_at = now
    elif changed == "replaced":
        row.state = ReadingState.SUPERSEDED
    row.save()
    if changed == "later":
        factories.make_reading(meter, "2026-12", (4700,))
    state = row.state
    undo(worker, done, status=409)
    assert november()[0].state is state


def test_what_a_colleague_entered_is_not_mine_to_take_back(worker, second, meter):
    done = enter(worker, "4638")
    action = done.one("#entering-log form").get("action")
    second.post(action, {"csrf_token": token_of(second)}, status=404)
    assert "Введено сегодня: 0" in second.get(HOME).text


def test_the_customer_sees_where_it_came_from_and_that_it_was_taken_back(
    desk, worker, meter
):
    customer = factories.make_customer()
    factories.give_access(customer, meter.account, slug="own")
    browser = Browser(desk).sign_in(customer)
    done = enter(worker, "4638", page=opened(worker, source="paper"))
    history = browser.get("/history")
    assert re.search(r"4 638.*22 ноября, на бумаге", history.text)
    undo(worker, done)
    assert "4 638" not in browser.get("/history").text
    log = browser.get("/profile/accounts/own/log")
    assert "Введённые показания отменены" in log.text
