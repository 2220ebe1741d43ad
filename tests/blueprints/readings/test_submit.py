import io
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus
from cabinet.domain.tariff import Plan
from cabinet.models import AccountAccess, Meter, Reading, StoredFile
from cabinet.services import files
from tests.browsing import Browser
from tests.factories import (
    PASSWORD,
    give_access,
    make_account,
    make_bill,
    make_meter,
    make_rates,
    make_reading,
)

THANKS = "Спасибо. Ваши данные были введены без ошибок"
TO_REVIEW = "Спасибо. Показания приняты на проверку"


@pytest.fixture
def page(browser, alice, last):
    return browser.sign_in(alice).get("/readings")


def send(browser, page, htmx, form="#reading-form", status=None, **fields):
    return browser.submit(page, form, htmx=htmx, status=status, **fields)


def test_it_works(browser, page, taken, htmx):
    answer = send(browser, page, htmx, t1="4772")
    assert answer.text_of("#reading h2") == THANKS
    assert "Приняты 22 ноября в 12:00, номер 100-" in answer.text
    assert "Показание 4 772 расход 138 кВт·ч" in answer.text
    assert "Примерно 810,06 ₽ к оплате. Точную сумму покажем 1 декабря." in answer.text
    assert "138 × 5,87 ₽ 810,06 ₽" in answer.text
    assert "Исправить показания можно до 25 ноября." in answer.text
    assert taken() == [(4772, "2026-11", "submitted")]


def test_the_heading_is_the_same_with_htmx_and_without(browser, page):
    assert page.text_of("h1") == "Передать показания"
    plain = send(browser, page, htmx=False, t1="4772")
    assert plain.text_of("h1") == "Передать показания"
    assert plain.url.startswith("/readings/")
    swapped = send(browser, page, htmx=True, t1="4772")
    assert swapped.element("#reading") == plain.element("#reading")
    assert swapped.title == plain.title.removesuffix(" — Энергосбыт")


def test_the_home_page_sends_readings_too(browser, page, taken, htmx):
    home = browser.get("/")
    answer = send(browser, home, htmx, t1="4772")
    assert answer.text_of("#reading h2") == THANKS
    assert taken() == [(4772, "2026-11", "submitted")]
    assert "Показания за ноябрь уже приняты 22 ноября: 4 772" in browser.get("/").text
    assert not browser.get("/").select("#reading-form")


def test_stranger_gets_404(app, browser, page, charlie, taken, htmx):
    intruder = Browser(app).sign_in(charlie)
    own = intruder.get("/readings")
    theirs = {
        name: page.one(f"#reading-form input[name={name}]").get("value")
        for name in ("account", "meter", "key", "month")
    }
    for names in [("account",), ("meter",), ("account", "meter")]:
        fields = {name: theirs[name] for name in names}
        send(intruder, own, htmx, status=404, t1="4772", **fields)
    for meter in ("", "x", "00000000-0000-4000-8000-000000000000"):
        send(intruder, own, htmx, status=404, t1="4772", meter=meter)
    assert taken() == []


def test_a_delegate_may_send_readings(app, bob, last, taken, htmx):
    browser = Browser(app).sign_in(bob)
    answer = send(browser, browser.get("/readings"), htmx, t1="4772")
    assert THANKS in answer.text
    assert "₽" not in answer.text
    assert "Тарифа на ноябрь" not in answer.text
    assert taken() == [(4772, "2026-11", "submitted")]


def test_a_shared_computer_keeps_no_digits(app, browser, alice, page):
    assert page.one("#t1").get("data-draft")
    shared = Browser(app)
    login = shared.get("/login")
    shared.submit(
        login, "#login-form", login=alice.email, password=PASSWORD, shared="y"
    )
    assert shared.get("/readings").one("#t1").get("data-draft") is None


# 422 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Введите показание"),
        ("много", "Показание: нужны только цифры"),
        (
            "477250",
            "На вашем счётчике 5 цифр до запятой, а введено 6. Красную цифру не вводите",
        ),
    ],
)
def test_what_cannot_be_a_reading_is_422(browser, page, taken, htmx, typed, words):
    answer = send(browser, page, htmx, status=422, t1=typed)
    assert answer.text_of("#reading h2") == "Показания не приняты"
    assert answer.text_of("#reading .alert a") == words
    assert answer.one("#reading .alert a").get("href") == "#t1"
    assert answer.text_of("#t1-e") == f"Ошибка: {words}"
    field = answer.one("#t1")
    assert field.get("value") == typed
    assert field.get("aria-invalid") == "true"
    assert "t1-e" in field.get("aria-describedby")
    assert answer.title.startswith("Ошибка: ")
    assert taken() == []


def test_digits_are_kept_and_sent_again(browser, page, taken, htmx):
    answer = send(browser, page, htmx, status=422, t1="4772x")
    answer = send(browser, answer, htmx, t1="4772")
    assert THANKS in answer.text
    assert taken() == [(4772, "2026-11", "submitted")]


def test_a_very_long_text_is_not_echoed_whole(browser, page, htmx):
    answer = send(browser, page, htmx, status=422, t1="9" * 5000)
    assert "введено 5000" in answer.text
    assert len(answer.one("#t1").get("value")) == 40


def test_markup_in_a_field_stays_text(browser, page, htmx):
    evil = '"><script>alert(1)</script>'
    answer = send(browser, page, htmx, status=422, t1=evil)
    assert answer.one("#t1").get("value") == evil
    assert "<script>alert" not in answer.html


def test_the_red_digit_is_cut_with_a_hint(browser, page, taken, htmx):
    answer = send(browser, page, htmx, t1="4 772,9")
    assert "Цифры после запятой не учитываем" in answer.text
    assert taken() == [(4772, "2026-11", "submitted")]


# 409: questions ---------------------------------------------------------------------


def answer_to(browser, question, htmx, answer, form="#reading-asked", **fields):
    return browser.submit(
        question, form, htmx=htmx, button=(f"answer:{answer}", ""), **fields
    )


def test_lower_than_the_last_asks_what_happened(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="4512")
    question = "4 512 меньше прошлого (4 634). Что произошло?"
    assert asked.text_of("#reading-asked h2") == question
    assert asked.one("#t1").get("value") == "4512"
    buttons = [each.text for each in asked.select("#reading-review button")]
    assert buttons == [
        "Прошлое показание неверное",
        "Счётчик заменили",
        "Отправить на проверку",
    ]
    assert taken() == []
    fixed = send(browser, asked, htmx, t1="4712")
    assert THANKS in fixed.text
    assert taken() == [(4712, "2026-11", "submitted")]


def test_a_missing_digit_is_noticed_and_told(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="472")
    few = (
        "Введено цифр: 3, а в прошлом показании их 4. Проверьте, не пропущена ли цифра."
    )
    assert few in asked.text
    assert asked.one("#t1").get("value") == "472"
    assert taken() == []
    done = send(browser, asked, htmx, t1="4720")
    assert THANKS in done.text
    assert taken() == [(4720, "2026-11", "submitted")]


def test_as_many_digits_as_before_miss_none(browser, page, htmx):
    for typed in ("4512", "00011", "0"):
        asked = send(browser, page, htmx, status=409, t1=typed)
        assert "не пропущена ли цифра" not in asked.text


def test_a_missing_digit_is_told_at_its_zone(browser, alice, account, htmx):
    meter = make_meter(account, zones=2, digits=6, opening=(1, 1))
    make_reading(meter, values=(14772, 8203))
    page = browser.sign_in(alice).get("/readings")
    asked = send(browser, page, htmx, status=409, t1="1490", t2="8300")
    assert "День (Т1): введено цифр: 4, а в прошлом показании их 5." in asked.text
    assert "Ночь (Т2): введено" not in asked.text


@pytest.mark.parametrize("answer", ["last_was_wrong", "replaced", "review"])
def test_an_explanation_goes_to_an_operator(browser, page, taken, htmx, answer):
    asked = send(browser, page, htmx, status=409, t1="4512")
    thanked = answer_to(
        browser, asked, htmx, answer, "#reading-review", comment="Так на счётчике"
    )
    assert thanked.text_of("#reading h2") == TO_REVIEW
    assert "Расход и сумму посчитаем после проверки" in thanked.text
    assert taken() == [(4512, "2026-11", "needs_review")]
    assert Reading.get(Reading.key.is_null(False)).comment == "Так на счётчике"
    again = browser.get("/readings")
    assert "уже на проверке 22 ноября: 4 512" in again.text


def test_a_roll_over_shows_what_it_means_and_is_taken(
    browser, alice, meter, last, taken, htmx
):
    Reading.update(t1=Energy.from_kwh(99986)).where(Reading.id == last.id).execute()
    page = browser.sign_in(alice).get("/readings")
    asked = send(browser, page, htmx, status=409, t1="11")
    assert "Расход 25 кВт·ч, примерно 146,75 ₽." in asked.text
    assert "не пропущена ли цифра" not in asked.text
    done = answer_to(browser, asked, htmx, "rolled_over")
    assert THANKS in done.text
    assert "расход 25 кВт·ч" in done.text
    assert "Счётчик перешёл через ноль" in done.text
    assert taken() == [(11, "2026-11", "submitted")]


def test_an_unusual_reading_shows_consumption_and_sum_and_asks(
    browser, page, taken, htmx
):
    asked = send(browser, page, htmx, status=409, t1="7014")
    assert "Расход 2 380 кВт·ч. Это необычно много. Всё верно?" in asked.text
    assert "Примерно 13 970,60 ₽. Проверьте цифры до красной запятой." in asked.text
    assert taken() == []
    done = answer_to(browser, asked, htmx, "unusual_is_right")
    assert THANKS in done.text
    assert taken() == [(7014, "2026-11", "submitted")]


def test_an_unusual_reading_tells_how_many_times_the_usual(
    browser, page, account, htmx
):
    make_bill(account, "2026-10", volume=Energy.from_kwh(160))
    asked = send(browser, page, htmx, status=409, t1="7014")
    assert "Это в 15 раз больше обычного. Всё верно?" in asked.text


def test_the_red_digit_typed_is_recognised(browser, page, meter, taken, htmx):
    Reading.update(t1=Energy.from_kwh(477)).execute()
    asked = send(browser, page, htmx, status=409, t1="4910")
    assert "Ввели и красную цифру Запишем 491. Расход 14 кВт·ч" in asked.text
    done = answer_to(browser, asked, htmx, "red_digit:491.000")
    assert THANKS in done.text
    assert taken() == [(491, "2026-11", "submitted")]


def test_the_same_is_asked_once(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="4634")
    question = "Показания не изменились. Расхода не было?"
    assert asked.text_of("#reading-asked h2") == question
    done = answer_to(browser, asked, htmx, "same_is_right")
    assert THANKS in done.text
    assert "расход 0 кВт·ч" in done.text
    assert taken() == [(4634, "2026-11", "submitted")]


def test_zero_takes_the_present_reading(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="0")
    assert "При нулевом расходе передайте текущее показание" in asked.text
    assert "Запишем 4 634. Расход 0 кВт·ч" in asked.text
    done = answer_to(browser, asked, htmx, "idle:4634.000")
    assert THANKS in done.text
    assert taken() == [(4634, "2026-11", "submitted")]


def test_more_than_the_wires_carry_wants_a_photo_or_words(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="40000")
    assert "Столько счётчик насчитать не мог" in asked.text
    refused = browser.submit(
        asked, "#reading-review", htmx=htmx, status=422, button=("answer:review", "")
    )
    words = "Приложите фото счётчика или напишите, почему расход такой большой"
    assert refused.text_of("#photo-e") == f"Ошибка: {words}"
    assert refused.one("#reading .alert a").get("href") == "#photo"
    assert taken() == []
    done = answer_to(
        browser, refused, htmx, "review", "#reading-review", comment="Сварка"
    )
    assert done.text_of("#reading h2") == TO_REVIEW
    assert taken() == [(40000, "2026-11", "needs_review")]


# Zones ------------------------------------------------------------------------------


@pytest.fixture
def two_zones(browser, alice, account):
    meter = make_meter(account, zones=2, digits=6, opening=(1, 1))
    make_rates(plan=Plan.TWO)
    make_reading(meter, values=(4634, 2142))
    return browser.sign_in(alice).get("/readings")


def test_two_zones_are_one_reading(browser, two_zones, htmx):
    labels = [each.text for each in two_zones.select("#reading-form label")]
    assert labels == ["Новое показание, день (Т1)", "Новое показание, ночь (Т2)"]
    assert "meter--6" in two_zones.one("#t1").get("class")
    done = send(browser, two_zones, htmx, t1="4772", t2="2203")
    assert "День (Т1) 4 772 расход 138 кВт·ч" in done.text
    assert "Ночь (Т2) 2 203 расход 61 кВт·ч" in done.text


def test_a_part_of_the_zones_is_not_taken(browser, two_zones, taken, htmx):
    answer = send(browser, two_zones, htmx, status=422, t1="4772", t2="")
    assert answer.text_of("#t2-e") == "Ошибка: Введите показание, ночь"
    assert answer.one("#t1").get("value") == "4772"
    assert taken() == []


def test_swapped_zones_are_recognised(browser, two_zones, taken, htmx):
    asked = send(browser, two_zones, htmx, status=409, t1="2203", t2="4772")
    assert "День (Т1): 2 203 меньше прошлого (4 634)." in asked.text
    assert "Перепутали день и ночь Запишем день (Т1) 4 772, ночь (Т2) 2 203." in (
        asked.text
    )
    done = answer_to(browser, asked, htmx, "swapped:4772.000/2203.000")
    assert THANKS in done.text
    assert Reading.get(Reading.key.is_null(False)).t2.wh == 2_203_000
    assert taken() == [(4772, "2026-11", "submitted")]


def test_the_total_typed_for_a_zone_is_recognised(browser, two_zones, taken, htmx):
    asked = send(browser, two_zones, htmx, status=409, t1="6975", t2="2203")
    assert "Ввели общую сумму вместо зоны" in asked.text
    answer_to(browser, asked, htmx, "total_typed:4772.000/2203.000")
    assert taken() == [(4772, "2026-11", "submitted")]


def test_three_zones_are_named_in_the_order_of_the_meter(browser, alice, account, htmx):
    meter = make_meter(account, zones=3, opening=(1, 1, 1))
    make_reading(meter, values=(500, 2000, 4000))
    page = browser.sign_in(alice).get("/readings")
    labels = [each.text for each in page.select("#reading-form label")]
    assert [label.partition(", ")[2] for label in labels] == [
        "пик (Т1)",
        "ночь (Т2)",
        "полупик (Т3)",
    ]
    asked = send(browser, page, htmx, status=409, t1="2020", t2="4050", t3="530")
    assert "Перепутали зоны" in asked.text
    partial = send(browser, page, htmx, status=422, t1="530", t2="", t3="")
    assert len(partial.select("#reading .alert li")) == 2


# Repeats ----------------------------------------------------------------------------


def test_double_submission_stores_one_reading(browser, page, taken, htmx):
    first = send(browser, page, htmx, t1="4772")
    second = send(browser, page, htmx, t1="4772")
    assert second.element("#reading") == first.element("#reading")
    assert len(taken()) == 1


def test_a_retry_after_a_lost_answer_from_a_fresh_page_stores_one(
    browser, page, taken, htmx
):
    send(browser, page, htmx, t1="4772")
    again = send(browser, browser.get("/readings"), htmx, t1="4772")
    assert THANKS in again.text
    assert len(taken()) == 1


def test_a_question_answered_twice_stores_one(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="7014")
    answer_to(browser, asked, htmx, "unusual_is_right")
    answer_to(browser, asked, htmx, "unusual_is_right")
    assert len(taken()) == 1


def test_a_correction_replaces_and_says_so(browser, page, taken, htmx):
    first = send(browser, page, htmx=False, t1="4772")
    again = browser.get("/readings")
    assert "Показания за ноябрь уже приняты 22 ноября: 4 772." in again.text
    assert "Можно исправить до 25 ноября." in again.text
    second = send(browser, again, htmx, t1="4790")
    number = first.text_of("#reading .ok b")
    assert f"Заменили прежние, номер {number}." in second.text
    assert taken() == [
        (4772, "2026-11", "superseded"),
        (4790, "2026-11", "submitted"),
    ]
    old = browser.get(first.url)
    assert old.text_of("#reading h2") == "Показания заменены новыми"
    assert THANKS in browser.get(old.one("#reading .warn a").get("href")).text


def test_a_form_without_a_key_still_sends(browser, page, taken, htmx):
    send(browser, page, htmx, t1="4772", key="x", month="x")
    assert len(taken()) == 1


def test_the_twenty_first_reading_of_a_day_waits(browser, page, htmx):
    for number in range(20):
        send(browser, page, htmx=True, t1=str(4700 + number))
    answer = send(browser, page, htmx, status=429, t1="4800")
    assert answer.headers["Retry-After"]


# Months and accounts ----------------------------------------------------------------

LAST_MOMENT = datetime(2026, 11, 25, 20, 59, 59, 999000, tzinfo=UTC)


def test_the_last_moment_of_the_window_counts(browser, page, clock, taken, htmx):
    clock.set(LAST_MOMENT)
    assert "Сегодня последний день." in browser.get("/readings").text
    send(browser, page, htmx, t1="4772")
    assert taken() == [(4772, "2026-11", "submitted")]


def test_a_form_sent_after_the_window_asks_about_the_next_month(
    browser, page, clock, taken, htmx
):
    clock.set(LAST_MOMENT + timedelta(milliseconds=1))
    asked = send(browser, page, htmx, status=409, t1="4772")
    question = "Приём за ноябрь закончился 25 ноября. Сохраним показание на декабрь?"
    assert asked.text_of("#reading-elsewhere h2") == question
    assert taken() == []
    done = browser.submit(asked, "#reading-elsewhere", htmx=htmx)
    assert THANKS in done.text
    assert "Исправить показания можно до 25 декабря." in done.text
    assert taken() == [(4772, "2026-12", "submitted")]


def test_after_the_window_the_form_says_which_month_it_counts_in(
    browser, page, clock, taken, htmx
):
    clock.set(datetime(2026, 11, 28, 9, tzinfo=UTC))
    late = browser.get("/readings")
    words = "Приём за ноябрь закончился 25 ноября. Показание учтём в декабре."
    assert late.text_of("#reading-month") == words
    send(browser, late, htmx, t1="4772")
    assert taken() == [(4772, "2026-12", "submitted")]


def test_before_the_window_the_form_is_there_too(browser, page, clock, taken, htmx):
    clock.set(datetime(2026, 11, 3, 9, tzinfo=UTC))
    early = browser.get("/readings")
    words = "За ноябрь. Лучше с 20 по 25 ноября, но примем и сейчас."
    assert early.text_of("#reading-month") == words
    send(browser, early, htmx, t1="4772")
    assert taken() == [(4772, "2026-11", "submitted")]


def test_a_reading_after_the_bill_goes_to_an_operator(
    browser, page, meter, taken, htmx
):
    make_reading(meter, "2026-11", values=(4700,), day=21)
    asked = send(browser, page, htmx, status=409, t1="4772")
    words = "Новое проверит оператор и учтёт в декабре."
    assert "Прошлые показания уже в квитанции" in asked.text
    assert words in asked.text_of("#reading-elsewhere")
    done = browser.submit(asked, "#reading-elsewhere", htmx=htmx)
    assert done.text_of("#reading h2") == TO_REVIEW
    assert taken() == [(4772, "2026-12", "needs_review")]
    shown = browser.get("/readings").text
    assert "Показания за декабрь уже на проверке 22 ноября: 4 772." in shown


@pytest.fixture
def dacha(alice, page):
    """Alice's second account; the page shows her first."""
    dacha = make_account("460000000002", address="Курск, СНТ «Заря», уч. 5")
    give_access(alice, dacha, slug="dacha", label="Дача", position=1)
    make_reading(make_meter(dacha, serial="2"), values=(100,))
    return dacha


def test_an_account_changed_in_another_tab_is_asked_about(
    browser, page, dacha, taken, htmx
):
    browser.submit(browser.get("/"), ".switch", account="dacha")
    asked = send(browser, page, htmx, status=409, t1="4772")
    assert asked.text_of("#reading-elsewhere h2") == "Вы сменили счёт"
    assert "4600 0000 0001" in asked.text_of("#reading-elsewhere")
    assert "Дача" in asked.text_of("#reading-elsewhere")
    assert taken() == []
    done = browser.submit(asked, "#reading-elsewhere", htmx=htmx)
    assert THANKS in done.text
    assert taken() == [(4772, "2026-11", "submitted")]


def test_a_question_about_the_other_account_keeps_it(browser, page, dacha, taken, htmx):
    browser.submit(browser.get("/"), ".switch", account="dacha")
    elsewhere = send(browser, page, htmx, status=409, t1="7014")
    asked = browser.submit(
        elsewhere,
        "#reading-elsewhere",
        htmx=htmx,
        status=409,
    )
    answer_to(browser, asked, htmx, "unusual_is_right")
    assert taken() == [(7014, "2026-11", "submitted")]


# Meters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"removed_on": date(2026, 11, 1)}, "Счётчик № 10834547 снят 1 ноября"),
        ({"status": MeterStatus.AUTOMATED}, "Показания счётчика приходят сами"),
        ({"status": MeterStatus.UNDER_CHECK}, "Счётчик № 10834547 на проверке"),
    ],
)
def test_a_meter_that_takes_no_readings_says_why(
    browser, page, meter, taken, htmx, values, words
):
    Meter.update(values).where(Meter.id == meter.id).execute()
    shown = browser.get("/readings")
    assert shown.text_of("#reading h2") == words
    assert not shown.select("#reading-form")
    answer = send(browser, page, htmx, status=409, t1="4772")
    assert answer.text_of("#reading h2") == words
    assert taken() == []


def test_an_ended_contract_says_so(browser, page, account, htmx):
    account.closed_on = date(2026, 11, 1)
    account.save()
    shown = browser.get("/readings")
    assert shown.text_of("#reading h2") == "Договор закончился 1 ноября"


def test_a_replaced_meter_says_who_looks(browser, alice, account, last, meter, htmx):
    Meter.update(removed_on=date(2026, 11, 12)).where(Meter.id == meter.id).execute()
    make_meter(
        account,
        serial="new",
        installed_on=date(2026, 11, 12),
        opening_on=date(2026, 11, 12),
        opening=1,
    )
    page = browser.sign_in(alice).get("/readings")
    assert "Счётчик заменили в этом месяце: показание проверит оператор." in page.text
    done = send(browser, page, htmx, t1="51")
    assert done.text_of("#reading h2") == TO_REVIEW


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (date(2027, 2, 21), None),
        # The ninetieth day before, the last day, the day after.
        (date(2027, 2, 20), "кончится 20 февраля 2027 года. Потом начислим"),
        (date(2026, 11, 22), "кончится 22 ноября 2026 года. Потом начислим"),
        (date(2026, 11, 21), "кончилась 21 ноября 2026 года. Теперь начисляем"),
        (None, None),
    ],
)
def test_the_end_of_a_verification_is_told_in_time(browser, page, meter, until, words):
    Meter.update(verified_until=until).where(Meter.id == meter.id).execute()
    for url in ("/", "/readings"):
        shown = browser.get(url)
        told = shown.select("#reading-due a[href='/requests']")
        assert len(told) == (words is not None)
        assert words is None or f"Поверка счётчика {words} по среднему." in shown.text


def test_a_removed_meter_leads_to_the_new_one(browser, page, account, meter):
    Meter.update(removed_on=date(2026, 10, 30)).where(Meter.id == meter.id).execute()
    make_meter(account, serial="777", installed_on=date(2026, 10, 30))
    shown = browser.get(f"/readings?meter={meter.public_id}")
    assert "Передавайте показания нового счётчика." in shown.text
    following = browser.get(shown.one("#reading-closed p:last-child a").get("href"))
    assert following.select("#reading-form")


def test_two_meters_take_turns(browser, alice, account, meter, last, htmx):
    other = make_meter(account, serial="777", place="гараж", opening=10)
    page = browser.sign_in(alice).get(f"/readings?meter={meter.public_id}")
    assert "Ещё счётчик № 777, гараж" in page.text
    send(browser, page, htmx, t1="4772")
    following = browser.get("/readings")
    shown = following.one("#reading-form input[name=meter]").get("value")
    assert shown == str(other.public_id)
    browser.get("/readings?meter=00000000-0000-4000-8000-000000000000", status=404)


# Photos -----------------------------------------------------------------------------


def photo(kind="JPEG"):
    exif = Image.Exif()
    exif[0x010F] = "CANARY"
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(written, kind, exif=exif)
    return written.getvalue()


def upload(browser, asked, htmx, body, status=None, name="meter.jpg"):
    return browser.submit(
        asked,
        "#reading-review",
        htmx=htmx,
        status=status,
        button=("answer:review", ""),
        photo=(io.BytesIO(body), name),
    )


def test_a_photo_is_kept_without_its_exif(browser, page, htmx):
    asked = send(browser, page, htmx, status=409, t1="4512")
    done = upload(browser, asked, htmx, photo())
    assert done.text_of("#reading h2") == TO_REVIEW
    row = Reading.get(Reading.photo.is_null(False))
    body = files.body_of(row.photo_id)
    assert body.startswith(b"\xff\xd8")
    assert b"CANARY" not in body
    assert StoredFile.get().media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("meter.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("meter.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("../../meter.jpg", b"\xff\xd8\xff\xe0broken"),
        ("meter\u202egpj.exe", b"MZ" + b"\0" * 50),
        ("x" * 300 + ".jpg", photo("PNG")[:60]),
    ],
    ids=["html", "svg", "broken", "exe", "cut"],
)
def test_what_is_no_photo_is_422_and_nothing_is_lost(
    browser, page, taken, htmx, name, body
):
    asked = send(browser, page, htmx, status=409, t1="4512")
    refused = upload(browser, asked, htmx, body, status=422, name=name)
    words = "Ошибка: Это не фото. Подойдёт снимок JPEG, PNG или WebP"
    assert refused.text_of("#photo-e") == words
    assert refused.one("#t1").get("value") == "4512"
    assert taken() == []
    done = upload(browser, refused, htmx, photo())
    assert done.text_of("#reading h2") == TO_REVIEW


def test_a_photo_too_large_is_422(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="4512")
    written = io.BytesIO()
    Image.new("1", (10_000, 8_000)).save(written, "PNG")
    refused = upload(browser, asked, htmx, written.getvalue(), status=422)
    assert "Фото слишком большое" in refused.text_of("#photo-e")
    assert taken() == []


def test_a_bad_photo_with_an_ordinary_reading_is_422(browser, page, taken, htmx):
    asked = send(browser, page, htmx, status=409, t1="4512")
    for typed, status in [("4772", 422), ("x", 422)]:
        browser.submit(
            asked,
            "#reading-review",
            htmx=htmx,
            status=status,
            button=("answer:review", ""),
            photo=(io.BytesIO(b"x"), "x.jpg"),
            t1=typed,
        )
    assert taken() == []


def test_an_access_from_a_later_day_shows_no_earlier_reading(
    browser, page, alice, htmx
):
    AccountAccess.update(since=date(2026, 11, 1)).execute()
    shown = browser.get("/readings")
    assert "4 634" not in shown.text
    asked = send(browser, shown, htmx, status=409, t1="4512")
    assert "4 512 меньше прошлого. Что произошло?" in asked.text
    assert "4 634" not in asked.text
    done = send(browser, shown, htmx, t1="4772")
    assert "расход" not in done.text.partition("Скачать")[0].lower()
