"""The forms of the second factor."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

LONG = "Здесь больше 40 знаков. Проверьте"


def _code_field() -> StringField:
    return StringField(
        "Код из приложения",
        validators=[
            InputRequired("Введите 6 цифр из приложения"),
            Length(max=40, message=LONG),
        ],
    )


class CodeForm(FlaskForm):
    """A code of the application."""

    code = _code_field()
    next = HiddenField()


class RecoveryForm(FlaskForm):
    """A recovery code."""

    code = StringField(
        "Запасной код",
        validators=[
            InputRequired("Введите запасной код"),
            Length(max=40, message=LONG),
        ],
    )
    next = HiddenField()


class SureForm(FlaskForm):
    """The password again; staff add a code."""

    password = PasswordField(
        "Пароль",
        validators=[
            InputRequired("Введите пароль"),
            Length(max=128, message="В пароле больше 128 знаков. Проверьте"),
        ],
    )
    next = HiddenField()


class SureOfStaffForm(SureForm):
    """The password and a code."""

    code = _code_field()
