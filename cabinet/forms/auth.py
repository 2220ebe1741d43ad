"""The sign-in form."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class LoginForm(FlaskForm):
    """E-mail or account number, and the password."""

    login = StringField(
        "Электронная почта или лицевой счёт",
        validators=[
            InputRequired("Введите электронную почту или лицевой счёт"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
        ],
    )
    password = PasswordField(
        "Пароль",
        validators=[
            InputRequired("Введите пароль"),
            Length(max=128, message="В пароле больше 128 знаков. Проверьте"),
        ],
    )
    shared = BooleanField("Чужой компьютер")
    saved = HiddenField()
    next = HiddenField()
