import re
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import MeterStatus, ReadingState
from cabinet.models import AuditEntry, Meter, Reading
from tests.browsing import Browser
from tests.factories import make_meter, make_reading

PAIR = {"number": "4600 0000 0001", "digits": "4547"}
NO_PAIR = "Не нашли такой счёт и счётчик. Проверьте оба номера"


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    return request.param


@pytest.fixture
def last(meter):
    return make_reading(meter, values=(4634,))


@pytest.fixture
def door(browser):
    return browser.get("/guest/readings")


@pytest.fixture
def form(browser, door, last, htmx):
    return browser.submit(door, "#guest-pair", htmx=htmx, **PAIR)


@pytest.fixture
def taken(db):
    def taken():
        return [
            (int(row.t1.kwh), str(row.period), str(row.state), str(row.source))
            for row in Reading.select()
            .where(Reading.key.is_null(False))
            .order_by(Reading.id)
        ]

    return taken


def test_it_works(browser, form, taken, htmx):
    assert "Лицевой счёт 4600 0000 0001, счётчик № …4547." in form.text
    assert "За ноябрь. До 25 ноября, осталось 3 дня." in form.text
    done = browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    assert done.text_of("#guest-taken h2") == "Показания приняты"
    assert "Передали 22 ноября в 12:00, номер 100-" in done.text
    assert taken() == [(4772, "2026-11", "submitted", "guest")]
    actions = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert actions == ["guest.proved", "reading.submitted"]


def test_the_sign_in_leads_there(browser, last):
    page = browser.get("/login")
    assert [each.text for each in page.select("main a[href='/guest/readings']")] == [
        "Передать показания"
    ]


def without_chance(html):
    """Return HTML less the keys drawn for each form: any four digits may be in them."""
    return re.sub(r"[\w.-]{30,}", "", html)


def test_nothing_of_the_account_is_shown(browser, form, account, meter, taken, htmx):
    pages = [form]
    pages.append(browser.submit(form, "#guest-form", htmx=htmx, status=422, t1="x"))
    pages.append(browser.submit(form, "#guest-form", htmx=htmx, t1="99000"))
    for page in pages:
        for secret in (
            account.holder,
            account.address,
            "Ленина",
            meter.serial,
            meter.model,
            "4 634",
            "4634",
            "₽",
            "94 366",
        ):
            assert secret not in page.text
            assert secret not in without_chance(page.html)


def test_the_unusual_goes_to_an_operator_without_a_question(browser, form, taken, htmx):
    done = browser.submit(form, "#guest-form", htmx=htmx, t1="4512")
    assert done.text_of("#guest-taken h2") == "Показания приняты на проверку"
    assert taken() == [(4512, "2026-11", "needs_review", "guest")]


@pytest.mark.parametrize(
    ("number", "digits"),
    [("460000000001", "4546"), ("460000000009", "4547"), ("x", "0000")],
)
def test_a_wrong_pair_is_told_alike(browser, door, last, htmx, number, digits):
    page = browser.submit(
        door, "#guest-pair", htmx=htmx, status=422, number=number, digits=digits
    )
    assert page.text_of("#guest-reading .alert a") == NO_PAIR
    assert page.one("#number").get("value") == number
    assert page.one("#digits").get("value") == digits


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"number": ""}, "Введите номер лицевого счёта"),
        ({"number": "1" * 41}, "Номер слишком длинный. Проверьте"),
        ({"digits": ""}, "Введите последние 4 цифры номера счётчика"),
        ({"digits": "547"}, "Нужны 4 цифры, например 4547"),
        ({"digits": "١٢٣٤"}, "Нужны 4 цифры, например 4547"),
    ],
)
def test_what_cannot_be_a_pair_is_422(browser, door, last, htmx, fields, words):
    page = browser.submit(door, "#guest-pair", htmx=htmx, status=422, **(PAIR | fields))
    assert page.text_of("#guest-reading .alert a") == words
    assert not AuditEntry.select().exists()


def test_too_many_wrong_pairs_are_told_when_to_come_again(browser, door, last):
    for _ in range(5):
        browser.submit(door, "#guest-pair", status=422, **(PAIR | {"digits": "0000"}))
    answer = browser.submit(door, "#guest-pair", status=429, **PAIR)
    assert "Retry-After" in answer.headers
    assert "Подождите" in answer.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Введите показание"),
        (
            "477250",
            "На вашем счётчике 5 цифр до запятой, а введено 6. Красную цифру не вводите",
        ),
    ],
)
def test_what_cannot_be_a_reading_is_422(browser, form, taken, htmx, typed, words):
    answer = browser.submit(form, "#guest-form", htmx=htmx, status=422, t1=typed)
    assert answer.text_of("#guest-reading .alert a") == words
    assert answer.one("#t1").get("value") == typed
    assert taken() == []
    browser.submit(answer, "#guest-form", htmx=htmx, t1="4772")
    assert len(taken()) == 1


def test_sent_twice_it_is_taken_once(browser, form, taken, htmx):
    first = browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    again = browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    assert again.element("#guest-reading") == first.element("#guest-reading")
    assert len(taken()) == 1


def test_after_half_an_hour_it_begins_anew(browser, form, clock, now, taken, htmx):
    done = browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    clock.set(now + timedelta(minutes=31))
    page = browser.submit(form, "#guest-form", htmx=htmx, status=409, t1="4773")
    assert "Прошло больше получаса" in page.text
    assert page.select("#guest-pair")
    assert len(taken()) == 1
    if not htmx:
        for old in (form, done):
            assert browser.get(old.url, status=410).select("#guest-pair")


def test_a_ticket_of_ones_own_opens_nothing(browser, last):
    for ticket in ("x", "0" * 32, "..%00", "a.b.c"):
        assert browser.get(f"/guest/readings/{ticket}", status=410)
        assert browser.get(f"/guest/readings/taken/{ticket}", status=410)


def test_every_zone_is_asked_for(browser, door, account, taken, htmx):
    make_meter(account, zones=2, digits=6, serial="20001111", opening=(1, 2))
    form = browser.submit(door, "#guest-pair", htmx=htmx, **(PAIR | {"digits": "1111"}))
    assert len(form.select("#guest-form .meter--6")) == 2
    answer = browser.submit(form, "#guest-form", htmx=htmx, status=422, t1="10")
    assert answer.text_of("#guest-reading .alert a") == "Введите показание, ночь"
    done = browser.submit(answer, "#guest-form", htmx=htmx, t1="10", t2="20")
    assert "День (Т1) 10 Ночь (Т2) 20" in done.text


def test_after_the_window_the_form_says_which_month_it_counts_in(
    browser, door, last, clock, taken, htmx
):
    clock.set(datetime(2026, 11, 28, 9, tzinfo=UTC))
    form = browser.submit(door, "#guest-pair", htmx=htmx, **PAIR)
    words = "Приём за ноябрь закончился 25 ноября. Показание учтём в декабре."
    assert form.text_of("#reading-month") == words
    browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    assert [row[1] for row in taken()] == ["2026-12"]


def test_a_month_that_changed_meanwhile_is_told(
    browser, door, last, clock, taken, htmx
):
    clock.set(datetime(2026, 11, 25, 20, 59, tzinfo=UTC))
    form = browser.submit(door, "#guest-pair", htmx=htmx, **PAIR)
    clock.set(datetime(2026, 11, 25, 21, 1, tzinfo=UTC))
    asked = browser.submit(form, "#guest-form", htmx=htmx, status=409, t1="4772")
    assert "Показания ещё не приняты" in asked.text
    assert "Показание учтём в декабре." in asked.text
    assert asked.one("#t1").get("value") == "4772"
    assert taken() == []
    browser.submit(asked, "#guest-form", htmx=htmx)
    assert [row[1] for row in taken()] == ["2026-12"]


def test_what_the_owner_sent_stays(browser, form, meter, taken, htmx):
    make_reading(meter, "2026-11", (4700,), day=21, state=ReadingState.SUBMITTED)
    answer = browser.submit(form, "#guest-form", htmx=htmx, status=409, t1="4772")
    assert answer.text_of("#guest-sent h2") == "Показания за ноябрь уже переданы"
    assert "4 700" not in answer.text
    assert taken() == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"removed_on": date(2026, 11, 1)}, "Счётчик № …4547 снят"),
        ({"status": MeterStatus.AUTOMATED}, "Показания счётчика приходят сами"),
        ({"status": MeterStatus.UNDER_CHECK}, "Счётчик № …4547 на проверке"),
    ],
)
def test_a_meter_that_takes_no_readings_says_why(
    browser, form, taken, htmx, values, words
):
    Meter.update(values).execute()
    answer = browser.submit(form, "#guest-form", htmx=htmx, status=409, t1="4772")
    assert answer.text_of("#guest-reading h2") == words
    assert taken() == []


def test_an_ended_contract_says_so(browser, door, account, last, htmx):
    account.closed_on = date(2026, 11, 1)
    account.save()
    page = browser.submit(door, "#guest-pair", htmx=htmx, **PAIR)
    assert page.text_of("#guest-reading h2") == "Договор закончился"


def test_the_owner_sees_it_in_the_cabinet(app, browser, form, alice, htmx):
    browser.submit(form, "#guest-form", htmx=htmx, t1="4772")
    page = Browser(app).sign_in(alice).get("/readings")
    assert "Показания за ноябрь уже приняты 22 ноября: 4 772" in page.text


def test_who_is_signed_in_may_send_for_another(app, form, charlie, htmx):
    other = Browser(app).sign_in(charlie)
    page = other.submit(other.get("/guest/readings"), "#guest-pair", htmx=htmx, **PAIR)
    other.submit(page, "#guest-form", htmx=htmx, t1="4772")
    row = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert row.actor_id == charlie.id
    assert Reading.get(Reading.key.is_null(False)).user_id is None


def test_the_code_of_a_receipt_fills_in_the_account_and_nothing_else(browser, form):
    page = browser.get("/guest/readings?account=460000000001&digits=4547")
    assert page.one("[name=number]").get("value") == "460000000001"
    assert not page.one("[name=digits]").get("value")
    known, unknown = (
        browser.get(f"/guest/readings?account={number}").text
        for number in ("460000000001", "460000000002")
    )
    assert known == unknown
    led = browser.submit(page, "#guest-pair", digits="4547")
    assert "Лицевой счёт 4600 0000 0001" in led.text


def test_an_address_fills_in_no_more_than_a_number(browser):
    page = browser.get("/guest/readings?account=" + "9" * 100)
    assert page.one("[name=number]").get("value") == "9" * 40
