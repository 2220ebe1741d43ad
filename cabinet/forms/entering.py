"""The forms of a specialist who enters readings: whom to look for, and what was read."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from flask import request
from wtforms import HiddenField, StringField

from cabinet.domain.metering import ReadingSource
from cabinet.forms.history import read_day
from cabinet.forms.readings import RegistersForm
from cabinet.forms.typed import whole_number
from cabinet.services.entering import MOST_HITS, SOURCES, Entry
from cabinet.services.readings import MeterForm
from cabinet.web.filters import short_date

MAX_TYPED = 80
MAX_DAY = 20
#: Without the script the first works, with it the second.
FOCUS = {"autofocus": True, "data-focus": True}
NO_DAY = "Введите дату, например 22.11.2026"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """What stays from one entry to the next: where from, and a day that is not today."""

    source: ReadingSource
    day: str

    @classmethod
    def of_request(cls) -> Self:
        """Return what the address or the form says, telephone and today without it."""
        said = request.values.get("source", "")
        day = request.values.get("day", "").strip()[:MAX_DAY]
        return cls(
            source=next((one for one in SOURCES if one == said), SOURCES[0]), day=day
        )

    @property
    def arguments(self) -> dict[str, str]:
        """Return it as it stands in an address."""
        return {"source": str(self.source)} | ({"day": self.day} if self.day else {})

    def since(self, today: date) -> "Sitting":
        """Return it without a day that is today's: tomorrow it would be another."""
        is_past = read_day(self.day) not in (None, today)
        return Sitting(source=self.source, day=self.day if is_past else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Whom to look for, and which of those found."""

    typed: str
    pick: str

    @classmethod
    def of_request(cls) -> Self:
        """Return what the address asks for."""
        typed = " ".join(request.args.get("q", "")[:MAX_TYPED].split())
        return cls(typed=typed, pick=request.args.get("pick", "").strip()[:MAX_DAY])

    @property
    def place(self) -> int | None:
        """Return the place in the list, from 0; None where it is none."""
        number = whole_number(self.pick, 1)
        return number - 1 if number and number <= MOST_HITS else None


class EntryForm(RegistersForm):
    """The registers of somebody's meter, when they were read, and what stood before."""

    seen = HiddenField()
    source = HiddenField()
    day = StringField("Дата снятия")
    comment = StringField("Что сказал клиент")

    @property
    def read_on(self) -> date | None:
        """Return the day, None when there is none or it was not understood."""
        return read_day(self.day.data or "")

    @property
    def seen_id(self) -> UUID | None:
        """Return what the form showed for the month, None for nothing."""
        try:
            return UUID(self.seen.data or "")
        except ValueError:
            return None

    def take(self, source: ReadingSource) -> Entry | None:
        """Return the entry, None with the fault at the day."""
        if (self.day.data or "").strip() and self.read_on is None:
            self.day.errors = [NO_DAY]
            return None
        meter_id = self.meter_id
        assert meter_id is not None  # noqa: S101 - the view asks for it first
        return Entry(
            number=self.account.data or "",
            meter_id=meter_id,
            values=self.corrected,
            source=source,
            key=self.sure_key,
            day=self.read_on,
            month=self.said_month,
            seen=self.seen_id,
            answers=self.answers,
            comment=self.remark,
        )

    def aim(self, meter: MeterForm) -> None:
        """Let the first field with a fault, else the first one, have the focus."""
        controls = [*(control for _, control in self.registers(meter)), self.day]
        goal = next((each for each in controls if each.errors), controls[0])
        goal.render_kw = FOCUS

    def aim_at_words(self, *, has_ways: bool) -> None:
        """Let the customer's words have the focus where nothing else answers."""
        if self.comment.errors or not has_ways:
            self.comment.render_kw = FOCUS

    def blame_day(self, least: date, most: date) -> None:
        """Say at the day which days fit."""
        day = self.read_on
        if day is not None and day > most:
            self.day.errors = ["Эта дата ещё не наступила"]
        else:
            self.day.errors = [
                f"Прошлое показание снято {short_date(least)}: эта дата раньше"
            ]
