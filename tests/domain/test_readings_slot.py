from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus
from cabinet.domain.period import Month, ReadingWindow, local_day
from cabinet.domain.readings import (
    Closed,
    Dial,
    Slot,
    history_of,
    slot_of,
    usual,
    why_closed,
)

WINDOW = ReadingWindow(20, 25)
NOVEMBER = Month(2026, 11)
DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2026, 11, 1), NOVEMBER),
        (date(2026, 11, 19), NOVEMBER),
        (date(2026, 11, 25), NOVEMBER),
        (date(2026, 11, 26), NOVEMBER.next),
        (date(2026, 12, 31), Month(2027, 1)),
    ],
)
def test_a_reading_counts_in_its_month_or_the_next(day, month):
    assert slot_of(WINDOW, day, ()) == Slot(month)


@pytest.mark.parametrize("day", [19, 20, 25, 26])
@pytest.mark.parametrize("hours", range(2, 13))
def test_the_day_ends_at_midnight_of_the_branch(hours, day):
    zone = timezone(timedelta(hours=hours))
    midnight = datetime(2026, 11, day, tzinfo=zone).astimezone(UTC)
    instant = timedelta(milliseconds=1)
    today = NOVEMBER if day <= 25 else NOVEMBER.next
    yesterday = NOVEMBER
    for moment, month in [
        (midnight - instant, yesterday),
        (midnight, today),
        (midnight + instant, today),
    ]:
        assert slot_of(WINDOW, local_day(moment, zone), ()) == Slot(month)


def test_a_month_a_bill_took_is_corrected_in_the_next_free_one():
    slot = slot_of(WINDOW, DAY, {NOVEMBER, NOVEMBER.next})
    assert slot == Slot(Month(2027, 1), is_correction=True)


@pytest.mark.parametrize(
    ("status", "removed_on", "ended_on", "closed"),
    [
        (MeterStatus.ACTIVE, None, None, None),
        (MeterStatus.ACTIVE, date(2026, 11, 23), date(2026, 11, 23), None),
        (MeterStatus.ACTIVE, DAY, None, Closed.REMOVED),
        (MeterStatus.REMOVED, None, None, Closed.REMOVED),
        (MeterStatus.AUTOMATED, None, None, Closed.AUTOMATED),
        (MeterStatus.UNDER_CHECK, None, None, Closed.UNDER_CHECK),
        (MeterStatus.AUTOMATED, None, DAY, Closed.CONTRACT_ENDED),
    ],
)
def test_a_meter_that_takes_no_readings_says_why(status, removed_on, ended_on, closed):
    found = why_closed(status, removed_on=removed_on, ended_on=ended_on, day=DAY)
    assert found is closed


def test_the_same_month_a_year_ago_is_the_usual():
    history = {Month(2025, 11): Energy(7), Month(2026, 10): Energy(100)}
    assert usual(history, NOVEMBER) == Energy(7)


def test_else_the_usual_is_the_mean_of_what_there_is():
    history = {Month(2026, 9): Energy(100), Month(2026, 10): Energy(201)}
    assert usual(history, NOVEMBER) == Energy(150)


def test_without_months_nothing_is_usual():
    assert usual({}, NOVEMBER) is None


def kwh(*amounts):
    return tuple(Energy.from_kwh(amount) for amount in amounts)


def test_silent_months_share_what_the_next_reading_shows():
    readings = [
        (Month(2026, 6), kwh(99_900, 50)),
        (Month(2026, 7), kwh(99_950, 60)),
        (Month(2026, 10), kwh(50, 80)),
    ]
    assert history_of(readings, dial=Dial(5), ratio=2) == {
        Month(2026, 7): Energy.from_kwh(120),
        Month(2026, 8): Energy.from_kwh(80),
        Month(2026, 9): Energy.from_kwh(80),
        Month(2026, 10): Energy.from_kwh(80),
    }


def test_one_reading_is_no_history():
    assert history_of([(NOVEMBER, kwh(1))], dial=Dial(5)) == {}
