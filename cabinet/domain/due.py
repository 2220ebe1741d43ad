"""By which day a month is paid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from cabinet.domain.dated import find_on
from cabinet.domain.period import Month

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """The day of the next month by which months that begin in the span are paid."""

    day: int
    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked: Monday to Friday, and what is said otherwise of a day."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Tell whether the day is worked."""
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def not_before(self, day: date) -> date:
        """Return the day if it is worked, else the next one that is."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def working_day_after(self, day: date, count: int) -> date:
        """Return the working day that is so many after the day."""
        for _ in range(count):
            day = self.not_before(day + timedelta(days=1))
        return day


class DueRuleMissing(LookupError):
    """No rule says by which day the month is paid."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"no due day for {month}")
        self.month = month


def due_on(
    month: Month, rules: Iterable[DueDay], calendar: WorkingCalendar | None = None
) -> date:
    """Return the last day on which the month is paid in time.

    The rule is that of the month, whatever the day today (Housing Code, article 155
    part 1). With a calendar a day off gives way to the next working day (Civil Code,
    article 193); without one it stays. Raises DueRuleMissing.
    """
    rule = find_on(rules, month.starts)
    if rule is None:
        raise DueRuleMissing(month)
    day = month.next.starts.replace(day=rule.day)
    return day if calendar is None else calendar.not_before(day)
