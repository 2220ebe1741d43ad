"""The form of another e-mail to sign in with."""

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import PasswordInput

from cabinet.domain.mailbox import read_mailbox


def email_address(_form: FlaskForm, field: Field) -> None:
    """Refuse what cannot be an e-mail address."""
    if read_mailbox(field.data or "") is None:
        message = "Введите почту целиком, например maria@yandex.ru"
        raise ValidationError(message)


class ChangeEmailForm(FlaskForm):
    """Another e-mail, and the password of who is signed in."""

    email = StringField(
        "Новая почта",
        validators=[
            InputRequired("Введите новую почту"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
            email_address,
        ],
    )
    current = PasswordField(
        "Пароль",
        validators=[
            InputRequired("Введите пароль, с которым вы входите сейчас"),
            Length(max=128, message="В пароле больше 128 знаков. Проверьте"),
        ],
        widget=PasswordInput(),
    )
