"""What a report is asked of: branches, a month, days, a quarter."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from cabinet.domain.period import Month
from cabinet.domain.usability import Quarter
from cabinet.forms.history import MAX_SHOWN, read_day
from cabinet.web.filters import month as month_text
from cabinet.web.report_words import quarter as quarter_text

NO_BRANCH = "Выберите отделение из списка"
NO_MONTH = "Выберите месяц из списка"
NO_QUARTER = "Выберите квартал из списка"
BAD_DAY = "Введите день, например 01.11.2026, или оставьте пустым"
BACKWARDS = "Этот день раньше первого"
TOO_LONG = "Не больше года. Выберите дни ближе друг к другу"
MONTHS = 13
QUARTERS = 8
LONGEST = timedelta(days=366)


class BranchForm(FlaskForm):
    """A branch, or all of one's own."""

    branch = SelectField("Отделение", id="branch", validate_choice=False)

    class Meta:
        """A form that only asks needs no token."""

        csrf = False

    def __init__(self, query: Mapping[str, Any]) -> None:
        super().__init__(formdata=query)
        self._faults: dict[str, str] = {}

    @property
    def code(self) -> str:
        """Return the code of the branch, empty for all."""
        return str(self.branch.data or "")

    def offer(self, branches: Iterable[tuple[str, str]], today: date) -> None:
        """Let the list hold the branches; one alone stands by itself."""
        del today
        known = [SelectChoice(*each) for each in branches]
        every = [] if len(known) == 1 else [SelectChoice("", "Все мои отделения")]
        self.branch.choices = [*every, *known]

    def check(self) -> bool:
        """Understand the fields; say at each what was not."""
        if self.code and self.code not in _values(self.branch):
            self._faults["branch"] = NO_BRANCH
        for field in self:
            fault = self._faults.get(field.name)
            field.errors = [fault] if fault else []
        return not self._faults


class MonthForm(BranchForm):
    """A branch and a month of readings."""

    month = SelectField("Месяц", id="month", validate_choice=False)

    def offer(self, branches: Iterable[tuple[str, str]], today: date) -> None:
        """Let the list hold the last thirteen months as well."""
        super().offer(branches, today)
        this = Month.of(today)
        months = [this.plus(-number) for number in range(MONTHS)]
        self.month.choices = [
            SelectChoice(str(each), month_text(each)) for each in months
        ]

    @property
    def chosen(self) -> Month | None:
        """Return the month of a form that was understood, None where none was said."""
        return Month.parse(self.month.data) if self.month.data else None

    def check(self) -> bool:
        """Refuse a month that is not on the list."""
        if self.month.data and self.month.data not in _values(self.month):
            self._faults["month"] = NO_MONTH
        return super().check()

    def show(self, month: Month) -> None:
        """Let the field say which month the report has."""
        self.month.data = str(month)


class DaysForm(BranchForm):
    """A branch and days, both included."""

    first = StringField("С даты", id="first")
    last = StringField("По дату", id="last")

    @property
    def days(self) -> tuple[date | None, date | None]:
        """Return the days, None for what is empty."""
        return read_day(self.first.data or ""), read_day(self.last.data or "")

    def check(self) -> bool:
        """Refuse what is no day, days that go back, and more than a year."""
        first, last = self.days
        for name, day in (("first", first), ("last", last)):
            said = (self[name].data or "").strip()
            if day is None and said:
                self._faults[name] = BAD_DAY
                self[name].data = said[:MAX_SHOWN]
        if first and last and last < first:
            self._faults["last"] = BACKWARDS
        elif first and last and last - first >= LONGEST:
            self._faults["last"] = TOO_LONG
        return super().check()

    def show(self, first: date, last: date) -> None:
        """Let the fields say which days the report has."""
        self.first.data, self.last.data = f"{first:%d.%m.%Y}", f"{last:%d.%m.%Y}"


class QuarterForm(BranchForm):
    """A branch and a quarter."""

    quarter = SelectField("Квартал", id="quarter", validate_choice=False)

    def offer(self, branches: Iterable[tuple[str, str]], today: date) -> None:
        """Let the list hold the last two years as well."""
        super().offer(branches, today)
        self.known = {
            str(each): each
            for each in (Quarter.of(today).plus(-number) for number in range(QUARTERS))
        }
        self.quarter.choices = [
            SelectChoice(name, quarter_text(each)) for name, each in self.known.items()
        ]

    @property
    def chosen(self) -> Quarter | None:
        """Return the quarter of a form that was understood."""
        return self.known.get(self.quarter.data or "")

    def check(self) -> bool:
        """Refuse a quarter that is not on the list."""
        if self.quarter.data and self.chosen is None:
            self._faults["quarter"] = NO_QUARTER
        return super().check()


def _values(field: SelectField) -> set[str]:
    return {str(choice.value) for choice in field.choices}
