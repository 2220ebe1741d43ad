"""Заявки: the queue, a plan, a refusal, a visit in vain, how it ended, what undoes it."""

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingSource
from cabinet.domain.requests import RequestState
from cabinet.models import (
    AuditEntry,
    Crew,
    Meter,
    OutboxMessage,
    Reading,
    ServiceRequest,
)
from tests import factories
from tests.browsing import Browser


@pytest.fixture
def crew(account):
    return factories.make_crew(account.branch, visits=1)


@pytest.fixture
def ask(alice, account, meter, crew, now):
    def ask(**values):
        return factories.make_meter_request(
            account,
            now,
            **{
                "asked_by": alice,
                "phone": "8 900 271-82-81",
                "words": "Код домофона 38",
                "first_choice": date(2026, 11, 24),
                "hours": "evening",
                **values,
            },
        )

    return ask


@pytest.fixture
def visit(ask, crew):
    """A request whose crew comes today."""

    def visit(**values):
        return ask(
            **{
                "state": "planned",
                "crew": crew,
                "planned_on": date(2026, 11, 22),
                "planned_hours": "morning",
                "due_on": date(2026, 11, 22),
                **values,
            }
        )

    return visit


@pytest.fixture
def open_page(worker):
    return lambda row: worker.get(f"/staff/requests/{row.public_id}")


def fresh(row):
    return ServiceRequest.get_by_id(row.id)


def last_letter():
    query = OutboxMessage.select().where(OutboxMessage.kind == "request_changed")
    return query.order_by(OutboxMessage.id.desc()).get().context


def test_the_queue_shows_what_is_due_first(worker, ask, account):
    first = ask()
    late = ask(kind="sealing", due_on=date(2026, 11, 19))
    page = worker.get("/staff/requests")
    numbers = [cell.text for cell in page.select("tbody th a")]
    assert numbers == [str(late.id), str(first.id)]
    assert page.one("tbody .err").text == "Просрочено"
    assert "Замена счётчика" in page.text
    entry = AuditEntry.get(AuditEntry.action == "request.listed")
    assert entry.account_id == account.id


def test_the_queue_is_narrowed_by_state_and_kind(worker, ask):
    ask()
    ask(kind="sealing", state="refused", reason="not-needed")
    page = worker.get("/staff/requests")
    page = worker.submit(page, "#filter-form", state="refused")
    assert "Опломбировка" in page.text_of("#request-queue table")
    assert "Замена счётчика" not in page.text_of("#request-queue table")
    page = worker.submit(page, "#filter-form", kind="connection")
    assert "Таких заявок нет" in page.text
    assert worker.get("/staff/requests?state=x&kind=y").select("tbody th a")


def test_an_empty_queue_says_so(worker, account):
    assert "Все заявки завершены" in worker.get("/staff/requests").text


def test_more_than_a_page_is_said(worker, account, now):
    for number in range(51):
        one = factories.make_account(f"47000000{number:04}", account.branch)
        factories.make_meter_request(one, now, kind="dispute")
    assert "Показаны первые 50" in worker.get("/staff/requests").text


def test_a_look_is_noted_and_shows_all_it_needs(open_page, ask, account):
    page = open_page(ask())
    assert "8 900 271-82-81" in page.text
    assert "Код домофона 38" in page.text
    assert "24 ноября, с 17 до 20" in page.text
    assert (
        AuditEntry.get(AuditEntry.action == "request.opened").account_id == account.id
    )
    form = page.one("#plan-form")
    assert form.xpath(".//input[@name='day']/@value") == ["24.11.2026"]
    assert form.xpath(".//option[@selected]/@value")[0] == "evening"


def test_a_day_is_planned_moved_and_undone(worker, open_page, ask, crew):
    row = ask()
    page = worker.submit(open_page(row), "#plan-form")
    assert fresh(row).planned_on == date(2026, 11, 24)
    assert "24 ноября, с 17 до 20, Бригада 1" in page.text
    page = worker.submit(page, "#plan-form", day="25.11.2026")
    assert fresh(row).planned_on == date(2026, 11, 25)
    page = worker.submit(page, "#undo-form")
    assert fresh(row).planned_on == date(2026, 11, 24)
    assert "Решение отменено" in page.text


def test_htmx_gets_the_fragment(worker, open_page, ask):
    page = worker.submit(open_page(ask()), "#plan-form", htmx=True)
    assert page.is_fragment
    assert page.select("#request h2[data-focus]")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day": ""}, "Введите дату"),
        ({"day": "21.11.2026"}, "Этот день уже не подходит"),
        ({"day": "28.11.2026"}, "Это выходной"),
        ({"planned_hours": "any"}, "Выберите время"),
        ({"crew": ""}, "Выберите бригаду"),
        ({"crew": "99999"}, "Выберите бригаду"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_and_stays(
    worker, open_page, ask, fields, words
):
    row = ask()
    page = worker.submit(open_page(row), "#plan-form", status=422, **fields)
    assert words in page.text
    assert fresh(row).state is RequestState.RECEIVED
    if "day" in fields:
        assert page.one("#day").get("value") == fields["day"]


def test_a_full_crew_says_how_many_it_has(worker, open_page, ask, visit):
    visit(kind="sealing", planned_on=date(2026, 11, 24))
    row = ask()
    page = open_page(row)
    assert "Бригада 1: занято" in page.text
    page = worker.submit(page, "#plan-form", status=422, day="24.11.2026")
    assert "В этот день у бригады уже 1 выезд" in page.text


def test_a_crew_that_does_not_work_yet_says_so(worker, open_page, ask, account):
    row = ask()
    later = factories.make_crew(account.branch, name="Новая", starts=date(2026, 11, 25))
    page = worker.submit(
        open_page(row), "#plan-form", status=422, crew=str(later.id), day="24.11.2026"
    )
    assert "Бригада в этот день не работает" in page.text


def test_without_crews_it_says_who_adds_them(open_page, ask):
    row = ask()
    Crew.delete().execute()
    page = open_page(row)
    assert "В отделении нет бригад" in page.text
    assert not page.select("#plan-form")


def test_a_refusal_has_a_reason(worker, open_page, ask):
    row = ask()
    page = open_page(row)
    page = worker.submit(page, "#refuse-form", status=422, reason="")
    assert "Выберите причину" in page.text
    worker.submit(
        page, "#refuse-form", reason="not-needed", refusal_note="До 2031 года."
    )
    assert fresh(row).state is RequestState.REFUSED
    assert last_letter()["note"] == "До 2031 года."


def test_a_visit_in_vain_waits_for_another_day(worker, open_page, visit):
    row = visit()
    page = open_page(row)
    worker.submit(page, "#miss-form", status=422, why="rain")
    page = worker.submit(page, "#miss-form", why="nobody-home")
    assert fresh(row).state is RequestState.MISSED
    assert "Никого не было дома" in page.text


def test_before_its_day_a_visit_is_not_in_vain(worker, open_page, visit):
    row = visit(planned_on=date(2026, 11, 24))
    page = open_page(row)
    assert not page.select("#miss-form")
    token = page.one("#plan-form [name=csrf_token]").get("value")
    page = worker.post(
        f"/staff/requests/{row.public_id}/could-not",
        {"csrf_token": token, "version": "1", "why": "nobody-home"},
        status=409,
    )
    assert "Этот выезд назначен на 24 ноября: он ещё впереди" in page.text


def test_of_two_specialists_the_second_is_told(worker, second, ask, open_page):
    row = ask()
    theirs = second.get(f"/staff/requests/{row.public_id}")
    worker.submit(open_page(row), "#plan-form")
    for form, fields in (
        ("#refuse-form", {"reason": "not-needed"}),
        ("#plan-form", {"day": "26.11.2026"}),
    ):
        page = second.submit(theirs, form, status=409, **fields)
        assert "Пока вы смотрели, заявка изменилась" in page.text
    assert fresh(row).planned_on == date(2026, 11, 24)


def test_after_ten_minutes_nothing_is_undone(worker, open_page, ask, clock, now):
    row = ask()
    page = worker.submit(open_page(row), "#plan-form")
    clock.set(now + timedelta(minutes=10))
    page = worker.submit(page, "#undo-form", status=409)
    assert "Отменить уже нельзя" in page.text
    assert not page.select("#undo-form")


def test_a_request_is_written_down_by_telephone(worker, account, meter):
    page = worker.get("/staff/requests/new")
    page = worker.submit(page, "#number-form", account=account.number)
    assert "Петрова Мария Петровна" in page.text
    fields = {"kind": "verification", "phone": "8 900 000-00-00"}
    page = worker.submit(page, "#request-form", **fields)
    row = ServiceRequest.get()
    assert page.url == f"/staff/requests/{row.public_id}"
    assert (row.asked_by_id, row.meter_id) == (None, meter.id)
    assert last_letter()["act"] == "asked"
    again = worker.get(f"/staff/requests/new?account={account.number}")
    again = worker.submit(again, "#request-form", status=409, **fields)
    assert "Такая заявка уже есть" in again.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"phone": ""}, "Введите телефон"),
        ({"first": "22.11.2026"}, "Этот день уже не подходит"),
        ({"meter": "x"}, "Выберите счётчик"),
        ({"photo": (io.BytesIO(b"MZ"), "a.exe")}, "Это не фото"),
    ],
)
def test_what_is_wrong_with_it_is_said(worker, account, meter, fields, words):
    page = worker.get(f"/staff/requests/new?account={account.number}")
    page = worker.submit(
        page,
        "#request-form",
        status=422,
        **{"kind": "sealing", "phone": "8 900 000-00-00", **fields},
    )
    assert words in page.text
    assert ServiceRequest.select().count() == 0


def test_an_account_that_is_not_there_is_asked_for_again(worker, account):
    page = worker.get("/staff/requests/new?account=999", status=422)
    assert "Такого лицевого счёта в ваших отделениях нет" in page.text
    assert page.one("#account").get("value") == "999"


def test_the_photo_is_a_file(worker, open_page, ask):
    body = io.BytesIO()
    Image.new("RGB", (4, 3)).save(body, "JPEG")
    row = ask(body=body.getvalue())
    link = open_page(row).one("#request a[href$='/photo']").get("href")
    got = worker.get(link)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert AuditEntry.get(AuditEntry.action == "request.photo_taken")
    worker.get(f"/staff/requests/{ask(kind='sealing').public_id}/photo", status=404)


def test_the_plan_of_a_day_is_a_sheet_for_each_crew(worker, visit, crew, account):
    visit()
    page = worker.get("/staff/requests/plan")
    assert page.title.startswith("План на 22 ноября 2026 года")
    assert "Бригада 1: 1 из 1" in page.text
    row = page.text_of("tbody tr")
    assert "с 9 до 13" in row
    assert "Замена счётчика, № 10834547" in row
    assert "8 900 271-82-81" in row
    page = worker.submit(page, "#day-form", day="24.11.2026")
    assert "Выездов нет" in page.text
    assert (
        "В этот день бригад нет"
        in worker.get("/staff/requests/plan?day=01.01.2020").text
    )
    worker.get("/staff/requests/plan?branch=tver", status=404)
    entry = AuditEntry.get(AuditEntry.action == "request.planned_seen")
    assert entry.account_id == account.id


def test_crews_are_the_supervisors(desk, worker, account, visit):
    worker.get("/staff/requests/crews", status=404)
    chief = Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )
    page = chief.get("/staff/requests/crews")
    page = chief.submit(
        page, "#crew-form", status=422, name="", starts="завтра", visits="51"
    )
    for words in ("Введите название", "Введите дату", "целое число от 1 до 50"):
        assert words in page.text
    page = chief.submit(
        page, "#crew-form", name="Северная", starts="01.12.2026", visits="4"
    )
    assert "Северная" in page.text
    assert "до 4 выездов в день" in page.text
    visit(planned_on=date(2026, 11, 25))
    page = chief.submit(
        page,
        f"form[action$='/{Crew.get(Crew.name == 'Бригада 1').id}/end']",
        status=409,
    )
    assert "У бригады ещё 1 выезд после сегодняшнего дня" in page.text
    ServiceRequest.update(state="done").execute()
    page = chief.submit(
        page, f"form[action$='/{Crew.get(Crew.name == 'Бригада 1').id}/end']"
    )
    assert "по 22.11.2026" in page.text
    for _ in range(2):
        back = chief.submit(page, "form[action$='/resume']")
        assert "по 22.11.2026" not in back.text
    assert AuditEntry.select().where(AuditEntry.action == "crew.resumed").count() == 1


REPLACED = {
    "act": "17",
    "replaced_on": "22.11.2026",
    "closing_t1": "4700",
    "serial": "20262026",
    "model": "Милур 107",
    "digits": "6",
    "opening_t1": "0,4",
    "verified_until": "22.11.2042",
    "note": "Пломба 4455",
}


@pytest.fixture
def finish(worker):
    def finish(row, status=303, **fields):
        page = worker.get(f"/staff/requests/{row.public_id}/finish")
        return worker.submit(page, "#finish-form", status=status, **fields)

    return finish


def test_a_replacement_is_written_down(finish, visit, meter):
    factories.make_reading(meter, "2026-10", (4634,))
    row = visit()
    page = finish(row, **REPLACED)
    assert "Выполнена" in page.text
    assert Meter.get_by_id(meter.id).status is MeterStatus.REMOVED
    new = Meter.get(Meter.serial == "20262026")
    assert (new.digits, new.zones, new.model) == (6, 1, "Милур 107")
    assert last_letter()["paper"] == "17"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": ""}, "Введите номер акта"),
        ({"act": "1" * 41}, "Номер длиннее 40 знаков"),
        ({"replaced_on": "вчера"}, "Введите дату"),
        ({"replaced_on": "23.11.2026"}, "Эта дата ещё не наступила"),
        ({"replaced_on": "21.10.2026"}, "Показания есть от 22.10.2026"),
        ({"closing_t1": ""}, "Введите показание"),
        ({"closing_t1": "много"}, "нужны только цифры"),
        ({"closing_t1": "4600"}, "Меньше последнего показания (4634 кВт·ч)"),
        ({"serial": ""}, "Введите заводской номер"),
        ({"serial": "1" * 41}, "Здесь больше 40 знаков"),
        ({"serial": "10834547"}, "Счётчик с таким номером у этого счёта уже был"),
        ({"model": "м" * 81}, "Здесь больше 80 знаков"),
        ({"digits": "2"}, "Введите целое число от 3 до 9"),
        ({"ratio": "0"}, "Введите целое число от 1 до 99999"),
        ({"plan": "four"}, "Выберите зоны"),
        ({"opening_t1": "1234567"}, "До запятой 7 цифр"),
        ({"verified_until": "потом"}, "Введите дату"),
        ({"note": "а" * 501}, "Здесь больше 500 знаков"),
    ],
)
def test_what_is_wrong_with_a_replacement_is_said(finish, visit, meter, fields, words):
    factories.make_reading(meter, "2026-10", (4634,))
    row = visit()
    page = finish(row, 422, **REPLACED | fields)
    assert words in page.text
    assert fresh(row).state is RequestState.PLANNED
    assert Meter.select().count() == 1
    if "model" not in fields:
        assert page.one("#model").get("value") == "Милур 107"


def test_who_is_sure_writes_less_than_before(finish, visit, meter):
    factories.make_reading(meter, "2026-10", (4634,))
    row = visit()
    finish(row, **REPLACED | {"closing_t1": "12", "is_sure": "y"})
    assert fresh(row).state is RequestState.DONE


def test_two_zones_are_asked_by_name(finish, worker, visit, account):
    old = factories.make_meter(account, zones=2, serial="2")
    row = visit(meter=old)
    page = worker.get(f"/staff/requests/{row.public_id}/finish")
    assert "Последнее показание старого, день (Т1)" in page.text
    finish(
        row,
        **REPLACED | {"closing_t2": "4100", "plan": "two", "opening_t2": "0"},
    )
    new = Meter.get(Meter.serial == "20262026")
    assert (new.zones, new.opening_t2) == (2, Energy(0))


def test_a_verification_moves_the_day(finish, visit, meter):
    row = visit(kind="verification")
    page = finish(row, 422, act="17", verified_until="01.06.2031")
    assert "Сейчас записано 01.06.2031: новая дата позже" in page.text
    finish(row, act="17", verified_until="22.11.2042")
    assert Meter.get().verified_until == date(2042, 11, 22)


def test_a_connection_ends_with_a_meter_or_without(finish, visit):
    bare = visit(kind="connection", meter=None)
    finish(bare, act="17", meter="none")
    assert Meter.select().count() == 1
    hung = visit(kind="connection", meter=None)
    values = {k: v for k, v in REPLACED.items() if k != "closing_t1"}
    finish(hung, **values)
    assert Meter.get(Meter.serial == "20262026").closing_t1 is None


def test_other_work_ends_with_its_act(finish, visit, ask):
    finish(visit(kind="sealing"), act="17", note="Пломба 4455")
    finish(ask(kind="dispute"), act="18")
    states = [row.state for row in ServiceRequest.select()]
    assert states == [RequestState.DONE, RequestState.DONE]


def test_what_is_not_planned_is_not_finished(worker, ask):
    row = ask(kind="sealing")
    page = worker.get(f"/staff/requests/{row.public_id}/finish", status=409)
    assert "заявка изменилась" in page.text


def test_finished_by_somebody_else_the_second_is_told(finish, worker, second, visit):
    row = visit(kind="sealing")
    url = f"/staff/requests/{row.public_id}/finish"
    page = second.get(url)
    finish(row, act="17")
    page = second.submit(page, "#finish-form", status=409, act="18")
    assert "заявка изменилась" in page.text
    assert fresh(row).act == "17"


@pytest.fixture
def control(charged, now):
    """A control check of an account with bills of our own."""
    account = charged.account
    return factories.make_meter_request(
        account,
        now,
        kind="control",
        meter=charged,
        state="planned",
        crew=factories.make_crew(account.branch),
        planned_on=date(2026, 11, 22),
        planned_hours="morning",
        due_on=date(2026, 11, 22),
    )


CHECKED = {"act": "КП-7", "day": "20.11.2026", "t1": "1500"}


def test_a_control_check_shows_the_recalculation_before_it_is_written(worker, control):
    url = f"/staff/requests/{control.public_id}/finish"
    page = worker.get(url)
    page = worker.submit(page, "#finish-form", status=200, **CHECKED)
    assert Reading.select().where(Reading.source == ReadingSource.ACT).count() == 0
    assert "С актом" in page.text or "Акт учтёт квитанция" in page.text
    page = worker.submit(page, "#finish-form", note="Разница 400 кВт·ч")
    act = Reading.get(Reading.source == ReadingSource.ACT)
    assert (act.act, act.t1) == ("КП-7", Energy.from_kwh(1500))
    assert fresh(control).state is RequestState.DONE
    page = worker.submit(page, "#undo-form")
    assert fresh(control).state is RequestState.PLANNED
    assert Reading.get_by_id(act.id).state == "withdrawn"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": ""}, "Введите номер акта"),
        ({"day": "24.11.2026"}, "Эта дата ещё не наступила"),
        ({"t1": "много"}, "нужны только цифры"),
        ({"meter": "x"}, "Выберите счётчик"),
        ({"note": "а" * 501}, "Здесь больше 500 знаков"),
    ],
)
def test_what_is_wrong_with_an_act_is_said(worker, control, fields, words):
    page = worker.get(f"/staff/requests/{control.public_id}/finish")
    page = worker.submit(page, "#finish-form", status=422, **CHECKED | fields)
    assert words in page.text
    assert page.one("#act").get("value") == (CHECKED | fields)["act"]


def test_a_control_check_without_a_bill_to_come_needs_the_act_only(
    worker, finish, visit, account
):
    account.kind = "organisation"
    account.category = "organisation"
    account.save()
    row = visit(kind="control")
    page = worker.get(f"/staff/requests/{row.public_id}/finish")
    assert "По этому счёту перерасчёта не будет" in page.text
    finish(row, act="КП-7")
    assert fresh(row).state is RequestState.DONE


def test_the_account_card_leads_to_a_new_request(worker, account, meter):
    page = worker.get(f"/staff/accounts/{account.number}")
    assert page.one("a[href^='/staff/requests/new']").text.startswith("Записать заявку")
