"""The form of days of the working calendar."""

import re
from datetime import date

from flask_wtf import FlaskForm
from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from cabinet.forms.history import read_day

MOST_DAYS = 40
YEARS = range(2000, 2100)
OFF, ON = "off", "on"


class DaysForm(FlaskForm):
    """Which days, what they are, and by what act."""

    kind = RadioField(
        "Какие это дни",
        choices=[
            SelectChoice(OFF, "Выходные, хотя это будни"),
            SelectChoice(ON, "Рабочие, хотя это суббота или воскресенье"),
        ],
        default=OFF,
    )
    days = TextAreaField(
        "Дни",
        validators=[
            InputRequired("Введите хотя бы один день"),
            Length(max=1000, message="Здесь слишком много дней. Разделите на части"),
        ],
    )
    source = StringField(
        "Основание",
        validators=[
            DataRequired("Введите, какой акт это установил"),
            Length(max=240, message="Здесь больше 240 знаков. Сократите"),
        ],
    )

    def validate_days(self, field: Field) -> None:
        """Refuse what is no day, all of it at once."""
        words = re.split(r"[,;\s]+", (field.data or "").strip())
        wrong = [word for word in words if not _is_fit(read_day(word))]
        if wrong:
            raise ValidationError(f"Не дни: {', '.join(wrong[:5])}")
        if len(words) > MOST_DAYS:
            raise ValidationError("За раз не больше 40 дней. Разделите на части")

    @property
    def read(self) -> list[date]:
        """Return the days of a form that was understood."""
        words = re.split(r"[,;\s]+", (self.days.data or "").strip())
        return [day for word in words if (day := read_day(word)) is not None]


def _is_fit(day: date | None) -> bool:
    return day is not None and day.year in YEARS
