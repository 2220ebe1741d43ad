"""The filter of the audit log."""

from datetime import date

from wtforms import Field, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from cabinet.forms.history import read_day
from cabinet.forms.registration import account_number, digits_of
from cabinet.web.filters import short_date
from cabinet.web.log_words import GROUPS

LONG = "Здесь слишком много знаков. Сократите"


class LogForm(Form):
    """A day or an account, a person, a kind of acts."""

    day = StringField("День")
    number = StringField(
        "Лицевой счёт",
        validators=[Optional(), Length(max=40, message=LONG), account_number],
    )
    email = StringField("Почта человека", validators=[Length(max=254, message=LONG)])
    group = SelectField(
        "О чём",
        choices=[
            SelectChoice("", "Всё"),
            *(
                SelectChoice(word, f"{name} ({word})")
                for word, name in sorted(GROUPS.items(), key=lambda one: one[1])
            ),
        ],
        validate_choice=False,
    )

    def validate_day(self, field: Field) -> None:
        """Refuse what is no day; today may be left out."""
        if (field.data or "").strip() and read_day(field.data) is None:
            raise ValidationError("Введите дату, например 22.11.2026")

    def day_or(self, today: date) -> date:
        """Return the day, today where none that can be read was said."""
        return read_day(self.day.data or "") or today

    @property
    def account(self) -> str:
        """Return the number of the account."""
        return digits_of(self.number.data)

    def show(self, day: date) -> None:
        """Fill in the day that is shown."""
        if not self.day.data:
            self.day.data = short_date(day)
