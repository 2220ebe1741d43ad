from datetime import date

import pytest

from cabinet.domain.tariff import Plan
from cabinet.models import OtherRule, Range, Rate
from tests import factories

FIRST = ("5.87", "8.00", "12.00")
SECOND = ("6.14", "8.50", "13.00")


@pytest.fixture
def rates():
    factories.make_ranges()
    factories.make_rates(prices=FIRST, ends=date(2026, 10, 1))
    return factories.make_rates(
        prices=SECOND, starts=date(2026, 10, 1), ends=date(2027, 1, 1)
    )


def test_it_shows_what_is_paid_today_and_since_when(browser, alice, meter, rates):
    page = browser.sign_in(alice).get("/tariffs")
    assert "с 1 октября 2026 года" in page.text
    assert "город, газовая плита" in page.text
    for price in ("6,14", "8,50", "13,00"):
        assert price in page.text_of("#prices-2026-10-01")
    assert "до 3 900 кВт·ч" in page.text
    assert "свыше 6 000 кВт·ч" in page.text
    assert "приказ № 1" in page.text


def test_it_shows_what_changed_last(browser, alice, meter, rates):
    page = browser.sign_in(alice).get("/tariffs")
    assert "До 1 октября 2026 года цены были другими" in page.text
    assert "5,87" in page.text
    assert "+0,27" in page.text
    for number, old, new, change in (
        (2, "8,00", "8,50", "+0,50"),
        (3, "12,00", "13,00", "+1,00"),
    ):
        row = f"Круглые сутки, {number}-й диапазон {old} {new} {change}"
        assert row in page.text


def test_a_range_that_came_with_the_change_has_no_price_before(
    browser, alice, meter, rates
):
    Range.update(starts=date(2026, 10, 1)).where(Range.number == 2).execute()
    page = browser.sign_in(alice).get("/tariffs")
    assert "Круглые сутки, 3-й диапазон нет цены 13,00 —" in page.text


def test_it_tells_when_the_prices_end_and_nothing_follows(browser, alice, meter, rates):
    page = browser.sign_in(alice).get("/tariffs")
    assert "по 31 декабря 2026 года включительно" in page.text
    assert "Новые ещё не утверждены" in page.text


def test_it_shows_the_next_prices_once_they_are_known(browser, alice, meter, rates):
    factories.make_rates(prices=("6.50", "9.00", "14.00"), starts=date(2027, 1, 1))
    page = browser.sign_in(alice).get("/tariffs")
    assert "С 1 января 2027 года цены будут такими" in page.text
    assert "6,50" in page.text_of("#prices-2027-01-01")


def test_the_next_prices_have_the_limits_of_their_day(browser, alice, meter, rates):
    factories.make_rates(prices=("6.50", "9.00", "14.00"), starts=date(2027, 1, 1))
    Range.update(ends=date(2027, 1, 1)).execute()
    factories.make_ranges(limits=(1100, 1700), starts=date(2027, 1, 1))
    page = browser.sign_in(alice).get("/tariffs")
    assert "до 3 900" in page.text_of("#prices-2026-10-01")
    assert "до 1 100" in page.text_of("#prices-2027-01-01")


def test_two_zones_have_their_hours_and_the_night_takes_the_rest(
    browser, alice, account
):
    factories.make_meter(account, zones=2)
    factories.make_rates(plan=Plan.TWO)
    factories.make_ranges()
    OtherRule.create(
        rule="zone_hours", key="two: day", value="07-23", starts=date(2021, 1, 1)
    )
    page = browser.sign_in(alice).get("/tariffs")
    assert "День с 7 до 23" in page.text
    assert "Ночь с 23 до 7" in page.text


def test_the_hours_of_a_zone_are_those_of_the_day(browser, alice, account):
    factories.make_meter(account, zones=2)
    factories.make_rates(plan=Plan.TWO)
    factories.make_ranges()
    for hours, starts, ends in (
        ("06-22", date(2015, 1, 1), date(2021, 1, 1)),
        ("07-23", date(2021, 1, 1), date(2027, 1, 1)),
        ("08-24", date(2027, 1, 1), None),
    ):
        OtherRule.create(
            rule="zone_hours", key="two: day", value=hours, starts=starts, ends=ends
        )
    page = browser.sign_in(alice).get("/tariffs")
    assert "День с 7 до 23" in page.text
    assert "Ночь с 23 до 7" in page.text


def test_a_price_that_was_not_published_is_told(browser, alice, meter, rates):
    Rate.delete().where(
        Rate.range_number == 3, Rate.starts == date(2026, 10, 1)
    ).execute()
    page = browser.sign_in(alice).get("/tariffs")
    assert "не опубликована" in page.text


def test_without_prices_there_is_a_way_on(browser, alice, meter):
    page = browser.sign_in(alice).get("/tariffs")
    assert "Позвоните нам" in page.text


def test_without_an_act_the_publishers_are_named(browser, alice, meter, rates):
    Rate.update(
        document="", source="https://www.elec.ru/a | https://github.com/b"
    ).execute()
    page = browser.sign_in(alice).get("/tariffs")
    assert "github.com www.elec.ru" in page.text


def test_prices_change_at_the_branchs_midnight(browser, alice, meter, rates, clock):
    browser.sign_in(alice)
    clock.set(clock.get().replace(month=9, day=30, hour=20, minute=59))
    assert browser.get("/tariffs").select("#prices-2026-01-01")
    clock.set(clock.get().replace(hour=21, minute=0))
    assert browser.get("/tariffs").select("#prices-2026-10-01")


def test_other_regions_and_categories_are_not_mixed_in(browser, alice, meter, rates):
    factories.make_rates(region="Тверская область", prices=("1.11", "2.22", "3.33"))
    page = browser.sign_in(alice).get("/tariffs")
    assert "1,11" not in page.text
