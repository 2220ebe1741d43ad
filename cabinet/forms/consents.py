"""The form of the letters about an account."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from cabinet.domain.people import LetterKind

WORDS = {
    LetterKind.REMINDER: "Напоминать передать показания",
    LetterKind.BILL: "Сообщать, что квитанция готова",
    LetterKind.VERIFICATION: "Предупреждать о конце поверки счётчика",
}


class LettersForm(FlaskForm):
    """Which letters to send about which account."""

    account = HiddenField()
    letters = SelectMultipleField(
        choices=[SelectChoice(str(kind), words) for kind, words in WORDS.items()]
    )
