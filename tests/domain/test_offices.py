"""Hours of an office: as they are typed, on which day, and whether one can come in."""

from datetime import date, datetime

import pytest

from cabinet.domain.documents import Change, difference
from cabinet.domain.offices import (
    Door,
    Hours,
    HoursError,
    Standing,
    Week,
    hours_of,
    read_hours,
    standing,
)

USUAL = Hours(540, 1080, (780, 840))
SHORT = Hours(540, 780)
#: Monday to Friday; the 26th of November 2026, a Thursday, is short, a Sunday is worked.
WEEK = Week(
    (USUAL,) * 5 + (None, None),
    {date(2026, 11, 26): SHORT, date(2026, 11, 29): SHORT, date(2026, 11, 27): None},
)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("9:00–18:00, обед 13:00–14:00", USUAL),
        ("с 9.00 до 18.00 перерыв с 13 до 14", USUAL),
        ("  9 - 13 ", SHORT),
        ("9—13", None),
        ("0:00-24:00", Hours(0, 1440)),
        ("", None),
        ("Выходной", None),
        ("—", None),
    ],
)
def test_hours_are_read_as_people_type_them(text, hours):
    assert read_hours(text) == (SHORT if text == "9—13" else hours)


@pytest.mark.parametrize(
    "text",
    [
        "утром",
        "9",
        "9:60-18:00",
        "18-9",
        "9-9",
        "9-25",
        "9-18, обед 8-9",
        "9-18 обед 14-13",
        "9-18 обед",
    ],
)
def test_what_is_no_hours_is_refused(text):
    with pytest.raises(HoursError):
        read_hours(text)


@pytest.mark.parametrize("hours", [None, USUAL, SHORT])
def test_hours_come_back_as_they_were_kept(hours):
    assert hours_of(hours and hours.kept) == hours


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T08:59", Standing(Door.CLOSED, date(2026, 11, 23), 540)),
        ("2026-11-23T09:00", Standing(Door.OPEN, date(2026, 11, 23), 780)),
        ("2026-11-23T13:00", Standing(Door.PAUSE, date(2026, 11, 23), 840)),
        ("2026-11-23T14:00", Standing(Door.OPEN, date(2026, 11, 23), 1080)),
        ("2026-11-23T18:00", Standing(Door.CLOSED, date(2026, 11, 24), 540)),
        ("2026-11-26T12:59", Standing(Door.OPEN, date(2026, 11, 26), 780)),
        ("2026-11-26T13:00", Standing(Door.CLOSED, date(2026, 11, 29), 540)),
        ("2026-11-28T10:00", Standing(Door.CLOSED, date(2026, 11, 29), 540)),
    ],
)
def test_how_an_office_stands(at, expected):
    assert standing(WEEK, datetime.fromisoformat(at)) == expected


def test_an_office_that_never_opens_names_no_day():
    shut = Week((None,) * 7, {})
    moment = datetime.fromisoformat("2026-11-23T12:00")
    assert standing(shut, moment) == Standing(Door.CLOSED, None, 0)


def test_a_difference_names_what_went_and_what_came():
    before = "Один\n\nДва\nТри\n"
    after = "Один\n Два и ещё\n\nТри\nЧетыре\n"
    assert difference(before, after) == (
        Change(is_added=False, text="Два"),
        Change(is_added=True, text="Два и ещё"),
        Change(is_added=True, text="Четыре"),
    )
    assert difference(before, "Один\nДва\nТри") == ()
