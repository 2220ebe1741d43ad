"""The form with which a specialist ends somebody's access to an account."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from cabinet.domain.people import EndReason
from cabinet.forms.history import read_day
from cabinet.web.filters import short_date
from cabinet.web.words import END_REASONS

NO_REASON = "Выберите причину"
NO_DAY = "Введите дату, например 22.11.2026"
DAY_TO_COME = "Этот день ещё не наступил. Проверьте дату"


class EndAccessForm(FlaskForm):
    """Why the access ends, and since when the contract has a new holder."""

    reason = SelectField(
        "Причина",
        choices=[
            SelectChoice("", "Выберите причину"),
            *(SelectChoice(str(each), words) for each, words in END_REASONS.items()),
        ],
        validate_choice=False,
    )
    day = StringField("Новый владелец с")

    def take_reason(self) -> EndReason | None:
        """Return the reason, None with the fault at its field."""
        found = next((each for each in EndReason if each == self.reason.data), None)
        if found is None:
            self.reason.errors = [NO_REASON]
        return found

    @property
    def holder_since(self) -> date | None:
        """Return the day, None for what is no day."""
        return read_day(self.day.data or "")

    def blame_day(self, least: date | None) -> None:
        """Say at its field what is wrong with the day."""
        day = self.holder_since
        if day is None:
            self.day.errors = [NO_DAY]
        elif least is not None and day < least:
            self.day.errors = [f"Нужен день не раньше {short_date(least)}"]
        else:
            self.day.errors = [DAY_TO_COME]
