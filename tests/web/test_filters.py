import ast
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.web import filters

MOSCOW = ZoneInfo("Europe/Moscow")
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1 050,00", "1 050,00"),
        (f"1{NBSP}050", f"1{NBSP}050"),
        ("a\x07b\x00\x85\ufffe", "a·b···"),
        ("\u202egnp", "·gnp"),
        ("<b>", "<b>"),
    ],
)
def test_a_cell_shows_no_sign_that_a_page_may_not_hold(typed, shown):
    assert filters.cell(typed) == shown


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (0, "0,00"),
        (5, "0,05"),
        (81_240, "812,40"),
        (123_456, f"1{NBSP}234,56"),
        (1_394_382_00, f"1{NBSP}394{NBSP}382,00"),
        (-12_000, "−120,00"),
    ],
)
def test_money_has_two_places_and_unbreakable_groups(kopecks, text):
    assert filters.money(Money(kopecks)) == text


@pytest.mark.parametrize(
    ("kwh", "text"),
    [("0", "0"), ("4634", f"4{NBSP}634"), ("4634,5", f"4{NBSP}634,5"), ("-7", "−7")],
)
def test_energy_shows_parts_of_a_kilowatt_hour_only_if_there_are(kwh, text):
    assert filters.kwh(Energy.from_kwh(kwh)) == text


@pytest.mark.parametrize(
    ("roubles", "text"),
    [("5,87", "5,87"), ("5,871", "5,871"), ("3", "3,00"), ("10,5", "10,50")],
)
def test_a_price_has_as_many_places_as_it_needs(roubles, text):
    assert filters.price(Price.parse(roubles)) == text


def test_days_and_months_are_russian():
    day = date(2026, 10, 25)
    month = Month(2026, 10)
    assert filters.day(day) == f"25{NBSP}октября"
    assert filters.day_of_year(day) == f"25{NBSP}октября 2026{NBSP}года"
    assert filters.short_date(day) == "25.10.2026"
    assert filters.month(month) == f"октябрь{NBSP}2026"
    assert filters.month_name(month) == "октябрь"
    assert filters.month_short(month) == f"окт{NBSP}2026"
    assert filters.month_short(Month(2026, 5)) == f"май{NBSP}2026"


def test_a_moment_is_told_as_the_clocks_of_its_zone_show_it():
    instant = datetime(2026, 11, 22, 22, 49, tzinfo=UTC)
    assert filters.moment(instant, MOSCOW) == f"23{NBSP}ноября 01:49"
    assert filters.clock(instant, MOSCOW) == "01:49"


def test_an_account_number_is_read_in_groups_of_four():
    assert filters.account_number("460012345678") == f"4600{NBSP}1234{NBSP}5678"
    assert filters.account_number("46001234567") == f"4600{NBSP}1234{NBSP}567"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        *((n, "день") for n in (1, 21, 101, 1001)),
        *((n, "дня") for n in (2, 3, 4, 22, 104)),
        *((n, "дней") for n in (0, 5, 11, 12, 14, 20, 111, 112)),
    ],
)
def test_the_word_after_a_number_takes_its_form(number, word):
    assert filters.plural(number, "день", "дня", "дней") == word


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=1), f"1{NBSP}минуту"),
        (timedelta(minutes=4, seconds=1), f"5{NBSP}минут"),
        (timedelta(minutes=61), f"2{NBSP}часа"),
        (timedelta(hours=5), f"5{NBSP}часов"),
    ],
)
def test_a_wait_is_rounded_up(span, text):
    assert filters.duration(span) == text


def test_a_phone_becomes_an_address():
    assert filters.tel("8 800 100-00-00") == "+78001000000"
    assert filters.tel("+7 (4712) 55-55-55") == "+74712555555"


def test_an_address_in_the_head_begins_with_the_town():
    whole = "Курская область, Курск, ул. Ленина, д. 14, кв. 23"
    town = f"Курск, ул.{NBSP}Ленина, д.{NBSP}14, кв.{NBSP}23"
    assert filters.without_region(whole) == town
    assert filters.address(whole) == f"Курская область, {town}"
    assert filters.without_region("Дача, участок 5") == "Дача, участок 5"
    assert filters.without_region("Курская область") == "Курская область"


def test_energy_beside_other_energy_takes_few_signs():
    def figure(kwh, *, thousands=False):
        return filters.round_kwh(Energy(round(kwh * 1000)), thousands)

    assert [figure(kwh) for kwh in (0, 122.5, 1234)] == ["0", "122", "1234"]
    told = [figure(kwh, thousands=True) for kwh in (40, 9949, 12_340, 99_949, 123_456)]
    assert told == ["0", "9,9", "12,3", "99,9", "123"]


def test_no_two_rooms_give_one_name_to_different_words():
    """A room that registers a name anew takes it from the pages of another."""
    found = Counter()
    for path in Path(filters.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "update"
                and ast.unparse(node.func.value).startswith("app.jinja_env.")
            ):
                found.update(word.arg for word in node.keywords)
    assert len(found) > 50
    assert [name for name, count in found.items() if count > 1] == []
