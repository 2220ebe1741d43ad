"""By which day a month is paid: domain.md 2.1, Housing Code article 155 part 1."""

from datetime import date

import pytest

from cabinet.domain.due import DueDay, DueRuleMissing, WorkingCalendar, due_on
from cabinet.domain.period import Month

RULES = (
    DueDay(day=10, starts=date(2012, 1, 1), ends=date(2026, 3, 1)),
    DueDay(day=15, starts=date(2026, 3, 1)),
)


@pytest.mark.parametrize(
    ("month", "day"),
    [
        (Month(2025, 12), date(2026, 1, 10)),
        (Month(2026, 1), date(2026, 2, 10)),
        # The last period of the old rule and the first of the new one.
        (Month(2026, 2), date(2026, 3, 10)),
        (Month(2026, 3), date(2026, 4, 15)),
        (Month(2026, 12), date(2027, 1, 15)),
    ],
)
def test_the_due_day_is_that_of_the_month_and_not_of_today(month, day):
    assert due_on(month, RULES) == day


def test_a_day_off_stays_where_the_branch_does_not_move_it():
    # 15 November 2026 is a Sunday.
    assert due_on(Month(2026, 10), RULES) == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("month", "exceptions", "day"),
    [
        # 15 November 2026 is a Sunday: Monday is the 16th.
        (Month(2026, 10), {}, date(2026, 11, 16)),
        # 15 August 2026 is a Saturday: Monday is the 17th.
        (Month(2026, 7), {}, date(2026, 8, 17)),
        # 10 January 2026 is a Saturday, the 12th a Monday said to be off.
        (Month(2025, 12), {date(2026, 1, 12): False}, date(2026, 1, 13)),
        # A Sunday said to be worked.
        (Month(2026, 10), {date(2026, 11, 15): True}, date(2026, 11, 15)),
        # 15 October 2026 is a Thursday.
        (Month(2026, 9), {}, date(2026, 10, 15)),
    ],
)
def test_a_day_off_gives_way_to_the_next_working_day(month, exceptions, day):
    assert due_on(month, RULES, WorkingCalendar(exceptions)) == day


def test_a_month_without_a_rule_stops():
    with pytest.raises(DueRuleMissing, match="no due day for 2011-12") as fault:
        due_on(Month(2011, 12), RULES)
    assert fault.value.month == Month(2011, 12)


def test_working_days_are_counted_from_the_next():
    friday = date(2026, 11, 20)
    assert WorkingCalendar().working_day_after(friday, 1) == date(2026, 11, 23)
    assert WorkingCalendar().working_day_after(friday, 2) == date(2026, 11, 24)
    holiday = WorkingCalendar({date(2026, 11, 23): False})
    assert holiday.working_day_after(friday, 2) == date(2026, 11, 25)
