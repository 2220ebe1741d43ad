"""The forms of a specialist about bill runs."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Optional

from cabinet.domain.period import Month
from cabinet.forms.refunds import why_field
from cabinet.forms.registration import account_number, digits_of


class AskForm(FlaskForm):
    """Whose bills are wanted: a branch and a month, or one account of it."""

    branch = SelectField(
        "Филиал",
        id="branch",
        validators=[InputRequired("Выберите филиал")],
        validate_choice=False,
    )
    month = SelectField(
        "Месяц",
        id="month",
        validators=[InputRequired("Выберите месяц")],
        validate_choice=False,
    )
    account = StringField(
        "Только один лицевой счёт",
        id="account",
        validators=[Optional(), account_number],
    )

    @property
    def wished(self) -> Month | None:
        """Return the month, None for what is none."""
        try:
            return Month.parse(self.month.data or "")
        except ValueError:
            return None

    @property
    def digits(self) -> str:
        """Return the number of the account, empty for all."""
        return digits_of(self.account.data)


class HoldForm(FlaskForm):
    """Why a draft gets no bill this time."""

    why = why_field("Почему придержали", "Напишите, почему придержали квитанцию")
