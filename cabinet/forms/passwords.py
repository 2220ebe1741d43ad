"""The forms about passwords."""

from collections.abc import Callable

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import PasswordInput, TextInput

from cabinet.services.passwords import PasswordFault

#: Of four words of the list, hyphens included.
LONGEST_PHRASE = 80

FAULTS = {
    PasswordFault.TOO_SHORT: "В пароле меньше 8 знаков. Добавьте ещё",
    PasswordFault.TOO_SHORT_FOR_STAFF: "В пароле меньше 12 знаков. Добавьте ещё",
    PasswordFault.TOO_LONG: "В пароле больше 128 знаков. Сократите его",
    PasswordFault.COMMON: "Такой пароль подбирают одним из первых. Придумайте другой",
    PasswordFault.COMPANY: "Это слово здесь угадать легко. Придумайте другой пароль",
    PasswordFault.OWN: "В пароле ваша почта или лицевой счёт. Придумайте другой",
}


class NewPasswordForm(FlaskForm):
    """A new password, as dots or as letters, and the phrase that is offered."""

    password = PasswordField(
        "Новый пароль", validators=[InputRequired("Введите новый пароль")]
    )
    phrase = HiddenField()
    shown = HiddenField()
    look = HiddenField()

    def show(self, *, is_shown: bool) -> None:
        """Show what is typed as letters, or as dots; it is kept either way."""
        self.shown.data = "1" if is_shown else ""
        self.password.widget = (
            TextInput() if is_shown else PasswordInput(hide_value=False)
        )

    def is_only_shown_anew(self, suggest: Callable[[], str]) -> bool:
        """Change how the form looks if one of its small buttons was pressed.

        Another phrase, the phrase as the password, letters in place of dots: nothing
        of it saves a password.
        """
        look = self.look.data
        phrase = (self.phrase.data or "")[:LONGEST_PHRASE] or suggest()
        self.phrase.data = suggest() if look == "another" else phrase
        is_shown = {"letters": True, "dots": False, "take": True}.get(
            look or "", bool(self.shown.data)
        )
        self.show(is_shown=is_shown)
        if look == "take":
            self.password.data = self.phrase.data
        self.look.data = ""
        return bool(look)

    def refuse(self, fault: PasswordFault) -> None:
        """Say at the field why the password will not do."""
        self.password.errors = [FAULTS[fault]]


class ChangePasswordForm(NewPasswordForm):
    """The same for somebody who is signed in and types the current one first."""

    current = PasswordField(
        "Пароль сейчас",
        validators=[
            InputRequired("Введите пароль, с которым вы входите сейчас"),
            Length(max=128, message="В пароле больше 128 знаков. Проверьте"),
        ],
        widget=PasswordInput(hide_value=False),
    )


class ResetForm(FlaskForm):
    """The account and the e-mail of a cabinet whose password is forgotten."""

    number = StringField(
        "Лицевой счёт",
        validators=[
            InputRequired("Введите лицевой счёт"),
            Length(max=40, message="Здесь больше 40 знаков. Проверьте"),
        ],
    )
    email = StringField(
        "Электронная почта",
        validators=[
            InputRequired("Введите электронную почту"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
        ],
    )
