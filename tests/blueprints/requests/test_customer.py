"""Замена и проверка счётчика: from the form to a day, and back."""

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from cabinet.domain.requests import Hours, RequestKind, RequestState
from cabinet.models import Meter, OutboxMessage, ServiceRequest, User
from cabinet.services import limits
from tests import factories
from tests.browsing import Browser

FIELDS = {
    "kind": "replacement",
    "first": "24.11.2026",
    "second": "25.11.26",
    "hours": "evening",
    "phone": " 8 900  000-00-00 ",
    "words": "Домофон 38.\r\nСчётчик мигает.",
}


def ask(browser, status=303, **fields):
    page = browser.get("/requests")
    return browser.submit(page, "#request-form", status=status, **{**FIELDS, **fields})


@pytest.fixture
def signed_in(browser, alice, account, meter):
    return browser.sign_in(alice)


@pytest.fixture
def photo():
    body = io.BytesIO()
    Image.new("RGB", (40, 30)).save(body, "PNG")
    return io.BytesIO(body.getvalue()), "счётчик.png"


def test_a_request_is_written_down_and_shown(signed_in, alice, meter):
    page = ask(signed_in)
    row = ServiceRequest.get()
    assert page.url == f"/requests/{row.public_id}"
    assert (row.kind, row.meter_id) == (RequestKind.REPLACEMENT, meter.id)
    assert (row.first_choice, row.second_choice) == (
        date(2026, 11, 24),
        date(2026, 11, 25),
    )
    assert (row.hours, row.phone) == (Hours.EVENING, "8 900 000-00-00")
    assert row.words == "Домофон 38.\nСчётчик мигает."
    assert "Назначим день до 25 ноября и напишем вам" in page.text
    assert "24 ноября или 25 ноября, с 17 до 20" in page.text
    mail = OutboxMessage.get(OutboxMessage.kind == "request_changed")
    assert mail.context["link"].endswith(f"/requests/{row.public_id}")


def test_every_kind_of_work_is_offered_in_words(signed_in):
    choices = signed_in.get("/requests").select("#request-form [name=kind]")
    assert [each.get("value") for each in choices] == list(RequestKind)
    words = signed_in.get("/requests").text_of("#request-form")
    for said in (
        "Замена счётчика",
        "Поверка счётчика",
        "Контрольная проверка",
        "встречный контроль",
        "Опломбировка",
        "Подключение счётчика",
        "Спор о расходе",
    ):
        assert said in words


def test_the_list_tells_where_each_stands(signed_in):
    ask(signed_in)
    page = signed_in.get("/requests")
    assert "Заявка 1: замена счётчика" in page.text
    assert "Принята . Назначим день до 25 ноября" in page.text


def test_the_menu_leads_there_and_not_for_a_reader(app, signed_in, bob):
    assert "Замена и проверка счётчика" in signed_in.get("/").text
    reader = Browser(app).sign_in(bob)
    assert "Замена и проверка счётчика" not in reader.get("/").text
    assert reader.get("/requests", status=404).status == 404


def test_sent_twice_it_is_one(signed_in):
    page = signed_in.get("/requests")
    for _ in range(2):
        signed_in.submit(page, "#request-form", **FIELDS)
    assert ServiceRequest.select().count() == 1


def test_asked_for_again_the_first_is_shown(signed_in):
    ask(signed_in)
    page = ask(signed_in, 409, words="Ещё раз")
    assert "Такая заявка уже есть" in page.text
    assert (
        page.one(f"#new-request a[href='/requests/{ServiceRequest.get().public_id}']")
        is not None
    )
    assert page.one("#words").text.strip() == "Ещё раз"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": ""}, "Выберите, что нужно"),
        ({"first": "завтра"}, "Введите дату, например 25.11.2026"),
        ({"second": "31.02.2026"}, "Введите дату, например 25.11.2026"),
        ({"first": "22.11.2026"}, "Этот день уже не подходит"),
        ({"second": "28.11.2026"}, "Это выходной. Выберите рабочий день"),
        ({"first": "01.06.2027"}, "Это слишком далеко"),
        ({"hours": "night"}, "Выберите время"),
        ({"phone": ""}, "Введите телефон из 10 или 11 цифр"),
        ({"phone": "12"}, "Введите телефон из 10 или 11 цифр"),
        ({"words": "а" * 1001}, "Здесь больше 1000 знаков"),
        ({"meter": "x"}, "Выберите счётчик"),
        ({"photo": (io.BytesIO(b"MZ"), "a.exe")}, "Это не фото"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_stays(signed_in, fields, words):
    page = ask(signed_in, 422, **fields)
    assert words in page.text
    assert page.title.startswith("Ошибка")
    if "words" not in fields:
        assert "Домофон 38." in page.one("#words").text
    assert ServiceRequest.select().count() == 0


def test_no_meter_and_only_a_connection_is_there(signed_in, meter):
    Meter.update(removed_on=date(2026, 1, 1)).execute()
    page = ask(signed_in, 422)
    assert "По этому адресу счётчика нет. Выберите подключение" in page.text
    page = ask(signed_in, kind="connection")
    assert ServiceRequest.get().meter_id is None
    assert page.status == 200


def test_the_photo_is_taken_and_given_back_as_a_file(signed_in, photo):
    page = ask(signed_in, photo=photo)
    row = ServiceRequest.get()
    got = signed_in.get(page.one("#request a[href$='/photo']").get("href"))
    assert got.body.startswith(b"\xff\xd8")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert row.photo.purpose == "request"


def test_the_eleventh_of_a_day_waits(signed_in, alice, clock, now):
    for _ in range(limits.REQUEST_DAY.most):
        ask(signed_in)
        ServiceRequest.update(slot=None).execute()
    page = ask(signed_in, 429)
    assert "Слишком много попыток" in page.text
    assert "Домофон 38." in page.one("#words").text


def test_days_are_changed_and_the_request_cancelled(signed_in):
    page = ask(signed_in)
    page = signed_in.submit(page, "#days-form", first="26.11.2026", second="")
    assert "26 ноября, с 17 до 20" in page.text
    assert "Изменены удобные дни" in page.text
    page = signed_in.submit(page, "#days-form", status=422, first="28.11.2026")
    assert page.one("#first").get("value") == "28.11.2026"
    page = signed_in.submit(
        signed_in.get(page.url.replace("/days", "")), "#cancel-form"
    )
    assert "Заявка отменена. Можно отправить новую" in page.text
    assert ServiceRequest.get().state is RequestState.CANCELLED
    assert not page.select("#cancel-form, #days-form")


def test_a_planned_day_is_told_and_changed_by_telephone(
    signed_in, alice, account, now, clock
):
    crew = factories.make_crew(account.branch)
    row = factories.make_meter_request(
        account,
        now,
        asked_by=alice,
        state="planned",
        planned_on=date(2026, 11, 24),
        planned_hours="morning",
        due_on=date(2026, 11, 24),
        crew=crew,
    )
    page = signed_in.get(f"/requests/{row.public_id}")
    assert "Специалист придёт 24 ноября, с 9 до 13. Будьте дома" in page.text
    assert "День не подходит? Позвоните нам: 8 800 000-00-00" in page.text
    assert not page.select("#days-form")
    assert "Бригада" not in page.text
    clock.set(now + timedelta(days=3))
    factories_signed = signed_in.sign_in(alice)
    page = factories_signed.get(f"/requests/{row.public_id}")
    assert "Специалист должен был прийти 24 ноября" in page.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "missed", "reason": "nobody-home"}, "Назначим новый день до 25"),
        ({"state": "missed", "reason": "nobody-home"}, "никого не было дома"),
        ({"state": "refused", "reason": "not-needed"}, "Причина: работа не нужна"),
        ({"state": "done", "act": "17", "note": "Пломба 4455"}, "Акт № 17"),
        ({"state": "done", "act": "17", "note": "Пломба 4455"}, "Пломба 4455"),
        ({"kind": "dispute"}, "Специалист ответит до 25 ноября"),
        ({"due_on": date(2026, 11, 20)}, "Не успели назначить день до 20 ноября"),
        (
            {"kind": "dispute", "due_on": date(2026, 11, 20)},
            "Не успели ответить до 20 ноября",
        ),
    ],
)
def test_each_state_says_what_happens_next(
    signed_in, alice, account, now, values, words
):
    row = factories.make_meter_request(account, now, asked_by=alice, **values)
    assert words in signed_in.get(f"/requests/{row.public_id}").text


def test_who_has_no_mail_finds_it_on_the_home_page(signed_in, alice):
    User.update(email=None).execute()
    ask(signed_in)
    page = signed_in.get("/")
    assert "Заявка 1: принята" in page.text
    assert page.one("#notes a[href^='/requests/']").text == "Посмотреть заявку"


def test_an_organisation_asks_as_well(app, signed_in, alice, account):
    account.kind = "organisation"
    account.save()
    assert ask(signed_in).status == 200
    assert ServiceRequest.select().count() == 1


def test_the_form_is_for_the_account_it_was_made_for(signed_in, alice):
    dacha = factories.make_account("460000000002")
    factories.give_access(alice, dacha, slug="dacha", position=1)
    meter = factories.make_meter(dacha, serial="7")
    page = signed_in.get("/requests")
    signed_in.submit(
        page,
        "#request-form",
        **FIELDS | {"account": "dacha", "meter": str(meter.public_id)},
    )
    assert ServiceRequest.get().account_id == dacha.id
    ask(signed_in, 404, account="nowhere")
