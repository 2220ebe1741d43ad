"""Rules with dates: which one is in force, and whether their rows have holes."""

from dataclasses import dataclass
from datetime import date, timedelta

from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month, Span
from cabinet.models import DueRule, Holiday, OtherRule

_SATURDAY = 5
_SHIFT = "due_shift"


class DueRuleMissing(LookupError):
    """No rule says by which day the month is paid."""


@dataclass(frozen=True, slots=True)
class DueDays:
    """By which day a month is paid (срок оплаты).

    A rule counts by the month it is for, not by today. A due day that is no working day
    moves to the next one where a dated rule `due_shift` says so (Civil Code 193).
    """

    rules: tuple[tuple[Span, int], ...]
    shifts: tuple[Span, ...]
    exceptions: dict[date, bool]

    @classmethod
    def load(cls, kind: AccountKind = AccountKind.HOUSEHOLD) -> "DueDays":
        """Read the rules for a kind of account, inside the open transaction."""
        rules = DueRule.select().where(DueRule.kind == kind)
        shifts = OtherRule.select().where(
            OtherRule.rule == _SHIFT, OtherRule.key == kind
        )
        return cls(
            tuple((Span(rule.starts, rule.ends), rule.day) for rule in rules),
            tuple(Span(rule.starts, rule.ends) for rule in shifts),
            {holiday.day: holiday.is_working for holiday in Holiday.select()},
        )

    def due_on(self, month: Month) -> date:
        """Return the last day on which the month is paid in time.

        Raises DueRuleMissing.
        """
        for span, number in self.rules:
            if span.contains(month.starts):
                day = month.next.starts.replace(day=number)
                break
        else:
            raise DueRuleMissing(month)
        if any(span.contains(month.starts) for span in self.shifts):
            while not self._is_working(day):
                day += timedelta(days=1)
        return day

    def _is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < _SATURDAY)
