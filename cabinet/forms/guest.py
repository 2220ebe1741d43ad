"""The first step of sending readings without signing in."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Regexp


class PairForm(FlaskForm):
    """The account, and the end of the meter's serial number."""

    number = StringField(
        "Номер лицевого счёта",
        validators=[
            InputRequired("Введите номер лицевого счёта"),
            Length(max=40, message="Номер слишком длинный. Проверьте"),
        ],
    )
    digits = StringField(
        "Последние 4 цифры номера счётчика",
        filters=[lambda text: (text or "").strip()],
        validators=[
            InputRequired("Введите последние 4 цифры номера счётчика"),
            Regexp(r"[0-9]{4}\Z", message="Нужны 4 цифры, например 4547"),
        ],
    )
