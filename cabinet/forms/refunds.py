"""The forms of a specialist about payments: give back, mark, decide, close."""

import uuid

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from cabinet.domain.money import Money
from cabinet.forms.payments import EXAMPLE, read_sum, sum_field
from cabinet.forms.registration import account_number, digits_of

MOST_WORDS = 240
TOO_LONG = "Здесь больше 240 знаков. Напишите короче"


def why_field(label: str, missing: str, name: str = "why") -> StringField:
    """Return the line of a reason; blanks alone are none."""
    return StringField(
        label,
        id=name,
        validators=[
            DataRequired(missing),
            Length(max=MOST_WORDS, message=TOO_LONG),
        ],
    )


class RefundForm(FlaskForm):
    """What of which share is given back, and why; its key makes it one refund."""

    key = HiddenField()
    account = SelectField("С какого лицевого счёта", validate_choice=False)
    amount = sum_field("Сумма, ₽")
    why = why_field("Почему возвращаем", "Напишите, почему возвращаем деньги")

    @property
    def nonce(self) -> uuid.UUID:
        """Return the key, a new one where it is none of ours."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return uuid.uuid4()

    def renew_key(self) -> None:
        """Make another refund of what is sent next."""
        self.key.data = str(uuid.uuid4())

    def validate(self, extra_validators: object = None) -> bool:
        """Refuse a form without a sum as well."""
        is_valid: bool = super().validate(extra_validators)
        if not self.amount.errors and self.wished <= Money(0):
            self.amount.errors = [EXAMPLE]
            return False
        return is_valid

    @property
    def wished(self) -> Money:
        """Return the sum; only of a valid one."""
        return read_sum(self.amount.data) or Money(0)


class WhyForm(FlaskForm):
    """A decision and its reason."""

    why = why_field("Примечание", "Напишите, почему вы так решили")


class MarkForm(FlaskForm):
    """A mark of a dispute and what it rests on."""

    mark = SelectField("Что сообщил банк", validate_choice=False)
    why = why_field(
        "Основание",
        "Напишите, откуда это известно: письмо банка, дата",
        "dispute-why",
    )


class AccountForm(FlaskForm):
    """The account that money belongs to."""

    account = StringField(
        "Лицевой счёт",
        validators=[InputRequired("Введите лицевой счёт"), account_number],
    )

    @property
    def digits(self) -> str:
        """Return the account's number as it is kept."""
        return digits_of(self.account.data)


class RegisterForm(FlaskForm):
    """The bank's register of a day as a file."""

    shop = SelectField("Магазин", validate_choice=False)
    day = DateField(
        "День по Москве",
        validators=[InputRequired("Выберите день реестра")],
    )
    register = FileField(
        "Файл реестра", validators=[FileRequired("Выберите файл реестра")]
    )
