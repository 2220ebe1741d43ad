"""The form that closes a cabinet."""

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length


class ClosingForm(FlaskForm):
    """The password, so that nobody closes a cabinet left open on a computer."""

    password = PasswordField(
        "Ваш пароль",
        validators=[
            InputRequired("Введите пароль"),
            Length(max=128, message="В пароле больше 128 знаков. Проверьте"),
        ],
    )
