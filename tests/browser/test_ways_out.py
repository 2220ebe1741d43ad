"""Every check of a reading, and the way out of it, in a browser without JavaScript."""

import io
import re
from datetime import date

import pytest
from PIL import Image
from playwright.sync_api import expect

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.models import Account, Meter, Reading
from tests import factories
from tests.browser.conftest import Person

DONE = "Спасибо. Ваши данные были введены без ошибок"
TO_REVIEW = "Спасибо. Показания приняты на проверку"
SUBMITTED, REVIEWED = ReadingState.SUBMITTED, ReadingState.NEEDS_REVIEW
SEND = "#reading-form .big"
#: A question and a fault in a form are answers the browser notes as failed loads.
ANSWERED = re.compile(r"status of (409|422)\b")


class Customer:
    """A customer without JavaScript at the form, and what is stored of what they send."""

    def __init__(self, page, person, stored):
        self.page = page
        self._person = person
        self._stored = stored

    def opens(self):
        self.page.goto("/readings")
        return self

    def sends(self, *registers):
        for number, value in enumerate(registers, start=1):
            self.page.fill(f"#t{number}", value)
        self.page.click(SEND)
        return self

    def reads(self, *words):
        for said in words:
            expect(self.page.locator("main")).to_contain_text(said)
        return self

    def presses(self, name):
        self.page.get_by_role("button", name=name).click()
        return self

    def is_thanked(self, words=DONE):
        expect(self.page.locator("#reading .box h2")).to_have_text(words)
        assert [each for each in self.page.faults if not ANSWERED.search(each)] == []
        return self

    def stored(self):
        """What was sent, oldest first: registers in kWh and the state."""
        with self._stored():
            rows = (
                Reading.select()
                .join(Meter)
                .where(
                    Meter.account == self._person.account_id,
                    Reading.key.is_null(False),
                )
                .order_by(Reading.id)
            )
            return [(_kwh(row), row.state) for row in rows]


def _kwh(row):
    return tuple(
        register.wh // 1000
        for register in (row.t1, row.t2, row.t3)
        if register is not None
    )


@pytest.fixture
def come(open_page, sign_in, house, stored):
    """Bring a customer to the form: `come(zones=2, last=99_990)`."""

    def come_(person=None, **options):
        person = person or house(**options)
        page = sign_in(open_page(js=False), person)
        return Customer(page, person, stored).opens()

    return come_


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Введите показание"),
        ("много", "Показание: нужны только цифры"),
        ("477250", "На вашем счётчике 5 цифр до запятой, а введено 6"),
    ],
)
def test_what_is_no_reading_is_typed_again(come, typed, words):
    customer = come().sends(typed).reads("Показания не приняты", words)
    assert customer.page.input_value("#t1") == typed
    assert customer.stored() == []
    customer.sends("4772").is_thanked()
    assert customer.stored() == [((4772,), SUBMITTED)]


def test_what_stands_after_the_comma_is_cut_and_told(come):
    customer = come().sends("4 772,9").is_thanked()
    customer.reads("Цифры после запятой не учитываем")
    assert customer.stored() == [((4772,), SUBMITTED)]


def test_a_missing_digit_is_put_in(come):
    customer = come().sends("472").reads("не пропущена ли цифра")
    customer.sends("4772").is_thanked()
    assert customer.stored() == [((4772,), SUBMITTED)]


@pytest.mark.parametrize(
    ("last", "typed", "words", "button", "taken"),
    [
        (4634, "0", "При нулевом расходе", "Расхода не было", 4634),
        (4634, "4634", "Расхода не было?", "Да, не изменились", 4634),
        (4634, "7772", "Всё верно?", "Всё верно, отправить", 7772),
        (4634, "47721", "Ввели и красную цифру", "Ввели и красную цифру", 4772),
        (99_990, "15", "меньше прошлого", "Счётчик перешёл через ноль", 15),
    ],
    ids=["zero", "same", "unusual", "red digit", "roll-over"],
)
def test_a_question_is_answered_by_its_button(come, last, typed, words, button, taken):
    customer = come(last=last).sends(typed).reads(words)
    assert customer.stored() == []
    customer.presses(button).is_thanked()
    assert customer.stored() == [((taken,), SUBMITTED)]


@pytest.mark.parametrize(
    ("typed", "button"),
    [
        (("3834", "4772"), "Перепутали день и ночь"),
        (("8606", "3834"), "Ввели общую сумму вместо зоны"),
    ],
)
def test_zones_are_put_right_by_a_button(come, typed, button):
    customer = come(zones=2).sends(*typed)
    assert customer.stored() == []
    customer.presses(button).is_thanked()
    assert customer.stored() == [((4772, 3834), SUBMITTED)]


def test_a_part_of_the_zones_is_completed(come):
    customer = come(zones=2).sends("4772", "").reads("Введите показание, ночь")
    assert customer.stored() == []
    customer.sends("4772", "3834").is_thanked()
    assert customer.stored() == [((4772, 3834), SUBMITTED)]


@pytest.mark.parametrize(
    "button",
    ["Прошлое показание неверное", "Счётчик заменили", "Отправить на проверку"],
)
def test_a_lower_reading_goes_to_an_operator_with_words_and_a_photo(come, button):
    customer = come().sends("4512").reads("4 512 меньше прошлого (4 634)")
    customer.page.fill("[name=comment]", "Так на счётчике")
    customer.page.set_input_files("[name=photo]", photo())
    customer.presses(button).is_thanked(TO_REVIEW)
    assert customer.stored() == [((4512,), REVIEWED)]
    customer.opens().reads("уже на проверке 22 ноября: 4 512")


def test_more_than_a_meter_can_count_goes_with_a_photo(come):
    customer = come().sends("40000").reads("Столько счётчик насчитать не мог")
    customer.presses("Отправить на проверку").reads("Приложите фото счётчика")
    assert customer.stored() == []
    customer.page.set_input_files("[name=photo]", photo())
    customer.presses("Отправить на проверку").is_thanked(TO_REVIEW)
    assert customer.stored() == [((40000,), REVIEWED)]


def test_a_second_reading_of_the_month_replaces_the_first(come):
    customer = come().sends("4772").is_thanked()
    number = customer.page.locator(".box.ok b").text_content()
    customer.opens().reads("уже приняты 22 ноября: 4 772")
    customer.page.click("text=Исправить")
    customer.sends("4790").is_thanked().reads(f"Заменили прежние, номер {number}")
    assert customer.stored() == [
        ((4772,), ReadingState.SUPERSEDED),
        ((4790,), SUBMITTED),
    ]


def test_going_back_and_sending_again_stores_one(come):
    customer = come().sends("4772").is_thanked()
    number = customer.page.locator(".box.ok b").text_content()
    customer.page.reload()
    customer.is_thanked()
    customer.page.go_back()
    if not customer.page.locator("#t1").count():
        customer.page.click("text=Исправить")
    customer.sends("4772").is_thanked()
    assert customer.page.locator(".box.ok b").text_content() == number
    assert customer.stored() == [((4772,), SUBMITTED)]


def test_a_removed_meter_leads_to_the_new_one(come, house, stored):
    person = house()
    with stored():
        old = Meter.get(Meter.account == person.account_id)
        Meter.update(removed_on=date(2026, 10, 30)).where(Meter.id == old.id).execute()
    customer = come(person).reads(f"Счётчик № {old.serial} снят 30 октября")
    customer.reads("Новый счётчик ещё не записан")
    assert not customer.page.locator("#reading-form").count()
    with stored():
        factories.make_meter(
            Account.get_by_id(person.account_id),
            serial="777",
            installed_on=date(2026, 10, 30),
            opening_on=date(2026, 10, 30),
            opening=1,
        )
    customer.page.goto(f"/readings?meter={old.public_id}")
    customer.page.click("text=Передать показания по счётчику № 777")
    customer.reads("Счётчик заменили в этом месяце: показание проверит оператор.")
    customer.sends("51").is_thanked(TO_REVIEW)
    assert customer.stored() == [((51,), REVIEWED)]


def test_after_the_window_a_reading_is_kept_for_the_next_month(come, stored):
    with stored():
        branch = factories.make_branch("early", window_first=15, window_last=20)
        user = factories.make_customer()
        account = factories.make_account(number="470000000011", branch=branch)
        factories.give_access(user, account)
        meter = factories.make_meter(account, serial="early")
        factories.make_reading(meter, "2026-10", (4634,))
    person = Person(user.email, account.id)
    customer = come(person).reads("Приём за ноябрь закончился 20 ноября")
    customer.reads("Показание учтём в декабре").sends("4772").is_thanked()
    customer.reads("Что принято за декабрь 2026")
    with stored():
        row = Reading.get(Reading.meter == meter, Reading.key.is_null(False))
        assert (str(row.period), row.t1) == ("2026-12", Energy.from_kwh(4772))


def photo():
    """A photo, as a file input takes it."""
    drawn = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(drawn, "JPEG")
    return {
        "name": "meter.jpg",
        "mimeType": "image/jpeg",
        "buffer": drawn.getvalue(),
    }
