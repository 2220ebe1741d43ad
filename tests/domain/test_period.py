"""Months, spans of local days, and the days readings are taken in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.period import Month, ReadingWindow, Span, local_day, months

MOSCOW = ZoneInfo("Europe/Moscow")
WINDOW = ReadingWindow(20, 25)


def test_a_month_is_read_and_written():
    october = Month.parse("2026-10")
    assert october == Month(2026, 10) == Month.of(date(2026, 10, 31))
    assert str(october) == "2026-10"
    assert str(Month(987, 1)) == "0987-01"
    assert october.code == 202610
    assert Month.from_code(202610) == october


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "٢٠٢٦-10", "0000-01"],
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match=r"not a month|no such"):
        Month.parse(text)


@pytest.mark.parametrize(
    ("year", "number"), [(2026, 0), (2026, 13), (0, 1), (9999, 12)]
)
def test_a_month_out_of_the_calendar_is_refused(year, number):
    with pytest.raises(ValueError, match="no such"):
        Month(year, number)


def test_months_follow_one_another_over_the_year():
    assert Month(2026, 12).next == Month(2027, 1)
    assert Month(2026, 1).previous == Month(2025, 12)
    assert Month(2026, 11).plus(-23) == Month(2024, 12)
    assert Month(2026, 2).since(Month(2025, 11)) == 3
    assert list(months(Month(2025, 12), Month(2026, 2))) == [
        Month(2025, 12),
        Month(2026, 1),
        Month(2026, 2),
    ]
    assert list(months(Month(2026, 2), Month(2026, 1))) == []


@given(st.integers(-12_000, 12_000))
def test_a_step_and_its_way_back_lead_home(step):
    start = Month(2026, 11)
    assert start.plus(step).since(start) == step
    assert start.plus(step).plus(-step) == start


def test_a_month_excludes_its_end():
    assert Month(2028, 2).starts == date(2028, 2, 1)
    assert Month(2028, 2).ends == date(2028, 3, 1)


def test_a_month_begins_at_the_midnight_of_its_zone():
    assert Month(2026, 11).instants(MOSCOW) == (
        datetime(2026, 10, 31, 21, tzinfo=UTC),
        datetime(2026, 11, 30, 21, tzinfo=UTC),
    )


def test_a_day_is_that_of_the_clocks_of_the_zone():
    evening = datetime(2026, 11, 25, 20, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 25, 21, tzinfo=UTC)
    assert local_day(evening, MOSCOW) == date(2026, 11, 25)
    assert local_day(midnight, MOSCOW) == date(2026, 11, 26)
    with pytest.raises(ValueError, match="aware"):
        local_day(datetime(2026, 11, 25), MOSCOW)  # noqa: DTZ001


def test_a_span_holds_its_first_day_and_not_its_end():
    span = Span(date(2026, 1, 1), date(2026, 10, 1))
    assert not span.contains(date(2025, 12, 31))
    assert span.contains(date(2026, 1, 1))
    assert span.contains(date(2026, 9, 30))
    assert not span.contains(date(2026, 10, 1))
    assert Span(date(2026, 10, 1)).contains(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("day", "is_open", "month", "left"),
    [
        (date(2026, 11, 19), False, Month(2026, 11), 6),
        (date(2026, 11, 20), True, Month(2026, 11), 5),
        # domain.md 2.1: the 25th counts to its last second.
        (date(2026, 11, 25), True, Month(2026, 11), 0),
        (date(2026, 11, 26), False, Month(2026, 12), 29),
        (date(2026, 12, 31), False, Month(2027, 1), 25),
    ],
)
def test_a_reading_after_the_window_counts_in_the_next_month(day, is_open, month, left):
    assert WINDOW.is_open(day) is is_open
    assert WINDOW.period_of(day) == month
    assert WINDOW.days_left(day) == left


#: Every offset in Russia (закон 107-ФЗ «Об исчислении времени»), one zone for each.
ZONES = {
    2: "Europe/Kaliningrad",
    3: "Europe/Moscow",
    4: "Europe/Samara",
    5: "Asia/Yekaterinburg",
    6: "Asia/Omsk",
    7: "Asia/Krasnoyarsk",
    8: "Asia/Irkutsk",
    9: "Asia/Yakutsk",
    10: "Asia/Vladivostok",
    11: "Asia/Magadan",
    12: "Asia/Kamchatka",
}


@pytest.mark.parametrize(("offset", "zone"), ZONES.items())
@pytest.mark.parametrize(
    ("day", "past", "is_open", "month"),
    [
        (19, -1, False, Month(2026, 11)),
        (19, 0, False, Month(2026, 11)),
        (19, 1, False, Month(2026, 11)),
        (20, -1, False, Month(2026, 11)),
        (20, 0, True, Month(2026, 11)),
        (20, 1, True, Month(2026, 11)),
        (25, -1, True, Month(2026, 11)),
        (25, 0, True, Month(2026, 11)),
        (25, 1, True, Month(2026, 11)),
        (26, -1, True, Month(2026, 11)),
        (26, 0, False, Month(2026, 12)),
        (26, 1, False, Month(2026, 12)),
    ],
)
def test_a_window_opens_and_closes_at_the_midnight_of_its_zone(
    offset, zone, day, past, is_open, month
):
    midnight = datetime(2026, 11, day, tzinfo=UTC) - timedelta(hours=offset)
    instant = midnight + timedelta(milliseconds=past)
    local = local_day(instant, ZoneInfo(zone))
    assert (WINDOW.is_open(local), WINDOW.period_of(local)) == (is_open, month)


def test_a_window_opens_and_closes_within_its_month():
    assert WINDOW.opens_on(Month(2026, 2)) == date(2026, 2, 20)
    assert WINDOW.closes_on(Month(2026, 2)) == date(2026, 2, 25)


@pytest.mark.parametrize(("first", "last"), [(0, 25), (25, 20), (20, 29)])
def test_a_window_lies_within_every_month(first, last):
    with pytest.raises(ValueError, match="no such window"):
        ReadingWindow(first, last)
