"""The period of a report: two days as people write them, or so many months."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField

from cabinet.services.history import Days, Recent

MAX_SHOWN = 40
EXAMPLES = (
    "Введите дату начала, например 01.05.2026",
    "Введите дату окончания, например 31.05.2026",
)
CENTURY = 2000

#: 2026-05-01; 01.05.2026 and 1.5.26 as people write it; 010526 on a pad of digits.
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_RUSSIAN = re.compile(r"([0-9]{1,2})[.,/-]([0-9]{1,2})[.,/-]([0-9]{4}|[0-9]{2})")
_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4}|[0-9]{2})")
#: Letters typed for zeros.
_ZEROS = str.maketrans("ОоOo", "0000")

#: The periods offered first: what each is called, its word in the address.
PRESETS = (
    ("3 месяца", "3", Recent.QUARTER),
    ("полгода", "6", Recent.HALF),
    ("год", "12", Recent.YEAR),
    ("всё время", "all", Recent.ALL),
)
_WORDS = {word: recent for _, word, recent in PRESETS}


class PeriodForm(FlaskForm):
    """Two days, both included; without them the last so many months, a year at first.

    After `validate` days that were understood stand in the fields as Russians write
    them, others as they were typed. The fields are of text: one of dates would show
    them in the language of the browser and drop what is not a date.
    """

    first = StringField("С даты")
    last = StringField("По дату")

    class Meta:
        """A form that only asks needs no token."""

        csrf = False

    def __init__(self, query: Mapping[str, Any]) -> None:
        super().__init__(formdata=query)
        self.recent = _WORDS.get(query.get("months", ""), Recent.YEAR)
        self.asks_days = "first" in query or "last" in query
        self.days = tuple(read_day(each.data or "") for each in self._fields.values())

    def validate(self, extra_validators: object = None) -> bool:
        """Tell whether the period was understood, and say at the field what was not."""
        del extra_validators
        if not self.asks_days:
            return True
        first, last = self.days
        for control, day, example in zip(self, self.days, EXAMPLES, strict=True):
            control.errors = [] if day else [example]
            control.data = _written(day) if day else (control.data or "")[:MAX_SHOWN]
        if first and last and last < first:
            self.last.errors = ["Дата окончания раньше даты начала"]
        return not self.errors

    @property
    def period(self) -> Days | Recent:
        """Return the period of a form that was understood."""
        first, last = self.days
        return self.recent if first is None or last is None else Days(first, last)

    @property
    def period_text(self) -> str:
        """Return the period in a word for a log: days, or so many months."""
        first, last = self.days
        if first is None or last is None:
            return str(self.recent.value or "all")
        return f"{first}:{last}"

    def show(self, first: date, last: date) -> None:
        """Let the fields say which days the report has."""
        self.first.data, self.last.data = _written(first), _written(last)


def read_day(text: str) -> date | None:
    """Return the day written as 01.05.2026, 1.5.26, 010526 or 2026-05-01.

    Spaces do not matter, the letter О is a zero.
    """
    packed = "".join(text.split()).translate(_ZEROS)
    if found := _ISO.fullmatch(packed):
        year, month, day = (int(part) for part in found.groups())
    elif found := _RUSSIAN.fullmatch(packed) or _DIGITS.fullmatch(packed):
        day, month, year = (int(part) for part in found.groups())
        year += CENTURY if len(found[3]) == len("26") else 0
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _written(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year:04}"
