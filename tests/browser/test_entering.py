"""Ввод показаний by the keyboard alone: a reading told by telephone, and the next one."""

import secrets
import sys
import time

import pytest

from cabinet.domain.period import Month
from cabinet.models import Account, Meter, Reading
from cabinet.models.base import reading
from tests.browser.looks import OFFICE_LOOKS, OVERFLOW, assert_accessible

DESK = {"width": 1280, "height": 800}
#: A telephone call, experience 2.2.
MOST_SECONDS = 15
COUNT_MOUSE = """
window.mice = 0;
for (const name of ['mousedown', 'pointerdown', 'touchstart', 'wheel'])
  addEventListener(name, () => { window.mice += 1; }, true);
"""


class Keys:
    """The keyboard, and nothing else, with every press counted."""

    def __init__(self, page):
        self._keyboard = page.keyboard
        self.presses = 0

    def type(self, text):
        self._keyboard.type(text)
        self.presses += len(text)

    def press(self, *names):
        for name in names:
            self._keyboard.press(name)
            self.presses += 1


@pytest.fixture
def homes(house, stored):
    """Make so many accounts whose meter shows 4 634; return their numbers."""

    def make(count, **values):
        ids = [house().account_id for _ in range(count)]
        with stored():
            rows = Account.select().where(Account.id.in_(ids)).order_by(Account.id)
            if values:
                Account.update(**values).where(Account.id.in_(ids)).execute()
            return [row.number for row in rows]

    return make


@pytest.fixture
def count(stored):
    """Tell how many readings of November the accounts have."""

    def count_(numbers, *states):
        with stored(), reading():
            return (
                Reading.select()
                .join(Meter)
                .join(Account)
                .where(
                    Account.number.in_(numbers),
                    Reading.period == Month(2026, 11),
                    Reading.state.in_(states or ("submitted",)),
                )
                .count()
            )

    return count_


def wait(page, css):
    """Wait until what is named has the focus."""
    page.locator(f"{css}:focus").wait_for()


def open_desk(page, sign_in, clerk):
    sign_in(page, clerk)
    page.goto("/staff/entering")
    wait(page, "#q")


def enter(page, keys, typed, value):
    """Enter one reading from the field of the search to the field of the search."""
    keys.type(typed)
    keys.press("Enter")
    wait(page, "#t1")
    keys.type(value)
    keys.press("Enter")


def taken(page, value):
    wait(page, "#q")
    page.locator("#entering-saved", has_text=value).wait_for()


def test_thirty_readings_by_the_keyboard(
    open_page, sign_in, clerk, homes, count, capsys
):
    numbers = homes(27)
    namesakes = homes(2, holder="Тринадцатко Павел")
    odd = homes(1)
    page = open_page(DESK)
    page.add_init_script(COUNT_MOUSE)
    open_desk(page, sign_in, clerk)
    keys, spent = Keys(page), []
    for at, number in enumerate([*numbers, *namesakes, *odd]):
        begun = time.monotonic()
        if number in namesakes:
            keys.type("тринадцатко")
            keys.press("Enter")
            wait(page, "#pick")
            keys.type(str(namesakes.index(number) + 1))
            keys.press("Enter")
            wait(page, "#t1")
            keys.type("4700")
            keys.press("Enter")
            taken(page, "4 700")
        elif number in odd:
            enter(page, keys, number, "9000")
            wait(page, "[name='answer:unusual_is_right']")
            keys.press("Enter")
            taken(page, "9 000")
        else:
            enter(page, keys, number, str(4640 + at))
            taken(page, f"4 {640 + at}")
        spent.append(time.monotonic() - begun)
    assert count([*numbers, *namesakes, *odd]) == 30
    assert page.locator("#entering-log h2").inner_text() == "Введено сегодня: 30"
    assert page.locator("#entering-log li").count() == 20
    assert page.evaluate("window.mice") == 0
    assert max(spent) < MOST_SECONDS
    with capsys.disabled():
        sys.stdout.write(
            f"\nentering by keyboard: {len(spent)} readings,"
            f" {sum(spent) / len(spent):.2f} s each, {max(spent):.2f} s at most,"
            f" {keys.presses / len(spent):.1f} keys each, mouse 0\n"
        )


def test_three_readings_without_javascript(
    open_page, sign_in, clerk, homes, count, capsys
):
    numbers = homes(3)
    page = open_page(DESK, js=False)
    open_desk(page, sign_in, clerk)
    keys, begun = Keys(page), time.monotonic()
    for number, value in zip(numbers, ("4650", "4634", "4100"), strict=True):
        enter(page, keys, number, value)
        if value == "4634":
            wait(page, "[name='answer:same_is_right']")
            keys.press("Enter")
        if value == "4100":
            # Lower than the last one: the words, and Enter sends them to review.
            page.locator("#entering-review").wait_for()
            page.locator("#entering-review #comment").wait_for()
            while not page.locator("#comment:focus").count():
                keys.press("Tab")
            keys.type("Назвал ещё раз")
            keys.press("Enter")
        taken(page, f"4 {value[1:]}")
    assert count(numbers) == 2
    assert count(numbers, "needs_review") == 1
    with capsys.disabled():
        sys.stdout.write(
            f"\nentering without JavaScript: {len(numbers)} readings,"
            f" {(time.monotonic() - begun) / len(numbers):.2f} s each,"
            f" {keys.presses / len(numbers):.1f} keys each\n"
        )


def test_two_presses_of_enter_store_one(open_page, sign_in, clerk, homes, count):
    numbers = homes(1)
    for js in (True, False):
        page = open_page(DESK, js=js)
        open_desk(page, sign_in, clerk)
        keys = Keys(page)
        enter(page, keys, numbers[0], "4711")
        keys.press("Enter")
        page.locator("#entering-log li").first.wait_for()
    assert count(numbers) == 1
    assert count(numbers, "superseded") == 0


def test_an_entry_is_taken_back_by_the_keyboard(
    open_page, sign_in, clerk, homes, count
):
    numbers = homes(1)
    page = open_page(DESK)
    open_desk(page, sign_in, clerk)
    keys = Keys(page)
    enter(page, keys, numbers[0], "4711")
    taken(page, "4 711")
    while not page.locator("#entering-log button:focus").count():
        keys.press("Tab")
    keys.press("Enter")
    page.locator("#entering [role=status]", has_text="Отменено").wait_for()
    wait(page, "#q")
    assert count(numbers) == 0


def test_the_account_is_in_sight_while_its_reading_is_typed(
    open_page, sign_in, clerk, homes
):
    (number,) = homes(1)
    # The centre may stand half a pixel off.
    for viewport in (DESK, {"width": 360, "height": 640}):
        page = open_page(viewport)
        open_desk(page, sign_in, clerk)
        keys = Keys(page)
        keys.type(number)
        keys.press("Enter")
        wait(page, "#t1")
        for css in ("#entering-account h2", "label[for=t1]", "#t1"):
            box = page.locator(css).bounding_box()
            assert -1 < box["y"] < viewport["height"] - box["height"] + 1, css


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_every_state_has_no_fault(open_page, sign_in, clerk, homes, width, scheme):
    numbers = homes(2)
    surname = "Ясенец" + "".join(secrets.choice("абвгдклмнр") for _ in range(9))
    homes(3, holder=surname)
    page = open_page({"width": width, "height": 800}, scheme)
    open_desk(page, sign_in, clerk)
    keys = Keys(page)

    def look(css):
        page.locator(css).first.wait_for()
        assert_accessible(page)
        assert page.evaluate(OVERFLOW) == 0
        page.goto("/staff/entering")
        wait(page, "#q")

    look("#q")
    keys.type("Такого нет")
    keys.press("Enter")
    look("#entering > div [role=status]")
    keys.type(surname)
    keys.press("Enter")
    look("#pick")
    enter(page, keys, numbers[0], "много")
    look("#entering-form [aria-invalid]")
    enter(page, keys, numbers[0], "9000")
    look("#entering-asked")
    enter(page, keys, numbers[0], "4100")
    look("#entering-review")
    enter(page, keys, numbers[0], "4700")
    look("#entering-saved")
    keys.type(numbers[0])
    keys.press("Enter")
    look("#entering-account .warn")
