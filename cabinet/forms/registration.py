"""The forms of registration: shape only, in words a customer understands."""

import re
import secrets
from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from cabinet.domain.money import Money
from cabinet.domain.registration import Refusal
from cabinet.forms.email import email_address
from cabinet.services.registration import CODE_DIGITS
from cabinet.web.words import REFUSALS

MAIL_CODE_DIGITS = 6
CARD_DIGITS = 12
LEAST_ACCOUNT_DIGITS = 6
MOST_ACCOUNT_DIGITS = 24
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
#: What people write between the digits of a number.
_BETWEEN = str.maketrans("", "", " \u00a0\u202f-–№")


def digits_of(text: str | None) -> str:
    """Return what was typed without what stands between digits."""
    return (text or "").translate(_BETWEEN)


def is_digits(text: str) -> bool:
    """Tell whether the text is digits 0 to 9 and nothing else."""
    return text.isascii() and text.isdigit()


def account_number(_form: FlaskForm, field: Field) -> None:
    """Refuse what cannot be the number of an account."""
    number = digits_of(field.data)
    if not is_digits(number):
        message = "В лицевом счёте только цифры. Проверьте"
        raise ValidationError(message)
    if not LEAST_ACCOUNT_DIGITS <= len(number) <= MOST_ACCOUNT_DIGITS:
        message = "В лицевом счёте 12 цифр. Проверьте"
        raise ValidationError(message)


def _account_field() -> StringField:
    return StringField(
        "Лицевой счёт",
        validators=[InputRequired("Введите лицевой счёт"), account_number],
    )


def _email_field() -> StringField:
    return StringField(
        "Электронная почта",
        validators=[
            InputRequired("Введите электронную почту"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
            email_address,
        ],
    )


def _processing_field() -> BooleanField:
    """Return the consent without which there is no cabinet; never ticked before."""
    return BooleanField(
        "Согласен на обработку данных",
        validators=[
            InputRequired("Без этого согласия кабинет открыть нельзя. Отметьте его")
        ],
    )


class ConsentForm(FlaskForm):
    """The one consent a cabinet needs."""

    processing = _processing_field()


class _OnceForm(FlaskForm):
    """A form that, sent twice, does its work once."""

    key = HiddenField()

    def make_key(self) -> None:
        """Give the blank form its key."""
        self.key.data = secrets.token_urlsafe(24)

    @property
    def sure_key(self) -> str:
        """Return the form's key, one of its own when it is none of ours."""
        said = self.key.data or ""
        return said if _KEY.fullmatch(said) else secrets.token_urlsafe(24)


class AddAccountForm(_OnceForm):
    """An account to be added, with what shows that it is one's own."""

    branch = SelectField(
        "Отделение",
        validators=[InputRequired("Выберите отделение")],
        invalid_choice_message="Выберите отделение",
    )
    account = _account_field()
    amount = StringField("Сумма последнего платежа, ₽")
    receipt_code = StringField("Или код с квитанции")

    def offer_branches(self, branches: Sequence[tuple[str, str]]) -> None:
        """Let one of the branches be chosen; none is chosen before."""
        self.branch.choices = [
            SelectChoice("", "Выберите"),
            *(SelectChoice(code, name) for code, name in branches),
        ]

    def validate_amount(self, field: Field) -> None:
        """Refuse what is no sum; one of the sum and the code must be there."""
        text = (field.data or "").strip()
        if not text:
            if not (self.receipt_code.data or "").strip():
                message = "Введите сумму последнего платежа или код с квитанции"
                raise ValidationError(message)
            return
        if self.sum is None or self.sum <= Money(0):
            message = "Введите сумму, например 812,40"
            raise ValidationError(message)

    def validate_receipt_code(self, field: Field) -> None:
        """Refuse what cannot be the code of a receipt."""
        code = digits_of(field.data)
        if code and not (is_digits(code) and len(code) == CODE_DIGITS):
            message = f"В коде с квитанции {CODE_DIGITS} цифр. Проверьте"
            raise ValidationError(message)

    @property
    def sum(self) -> Money | None:
        """Return the sum, None where there is none."""
        try:
            return Money.parse((self.amount.data or "").strip().removesuffix("₽"))
        except ValueError:
            return None


class RegistrationForm(AddAccountForm):
    """The same for somebody new: an e-mail, and each consent by itself."""

    email = _email_field()
    processing = _processing_field()
    letters = BooleanField("Присылайте напоминания")


class CodeForm(FlaskForm):
    """The code from the letter."""

    code = StringField("Защитный код")

    def validate_code(self, field: Field) -> None:
        """Refuse what cannot be the code."""
        code = digits_of(field.data)
        if not code:
            message = "Введите код из письма"
            raise ValidationError(message)
        if not (is_digits(code) and len(code) == MAIL_CODE_DIGITS):
            message = f"В коде {MAIL_CODE_DIGITS} цифр. Проверьте"
            raise ValidationError(message)


class StateForm(FlaskForm):
    """The number of a request and the e-mail it came with."""

    number = StringField(
        "Номер заявки", validators=[InputRequired("Введите номер заявки")]
    )
    email = _email_field()


class CardForm(FlaskForm):
    """What stands on a card from the counter."""

    account = _account_field()
    code = StringField("Код с карточки")

    def validate_code(self, field: Field) -> None:
        """Refuse what cannot be the code of a card."""
        code = digits_of(field.data)
        if not code:
            message = "Введите код с карточки"
            raise ValidationError(message)
        if not (is_digits(code) and len(code) == CARD_DIGITS):
            message = f"В коде с карточки {CARD_DIGITS} цифр. Проверьте"
            raise ValidationError(message)


class DecisionForm(FlaskForm):
    """What a specialist decides, and on what version of the request."""

    version = HiddenField()
    reason = SelectField(
        "Причина",
        choices=[
            SelectChoice("", "Выберите причину"),
            *(SelectChoice(str(reason), words) for reason, words in REFUSALS.items()),
        ],
    )

    @property
    def seen_version(self) -> int:
        """Return the version that was seen, -1 where it is not told."""
        text = self.version.data or ""
        return int(text) if is_digits(text) and len(text) < MAIL_CODE_DIGITS else -1

    @property
    def refusal(self) -> Refusal | None:
        """Return why the request is refused, None where no reason was chosen."""
        return next((each for each in Refusal if each == self.reason.data), None)


class CounterForm(_OnceForm):
    """An account to be opened for whoever stands at the counter."""

    account = _account_field()
    signed = BooleanField(
        "Паспорт и договор проверены, согласие подписано на бумаге",
        validators=[InputRequired("Проверьте паспорт и получите подпись")],
    )
    same = HiddenField()

    @property
    def is_same_person(self) -> bool:
        """Tell whether the card is for who has a cabinet without e-mail already."""
        return bool(self.same.data)
