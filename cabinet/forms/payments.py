"""The forms of paying: sums as people write them, one for each account."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from cabinet.domain.money import Money
from cabinet.forms.email import email_address
from cabinet.forms.registration import account_number, digits_of

EXAMPLE = "Введите сумму, например 812,40"


def read_sum(text: str | None) -> Money | None:
    """Return the sum that was typed, None where there is none.

    Raises ValueError for what is no sum.
    """
    typed = (text or "").strip().removesuffix("₽").strip()
    return Money.parse(typed) if typed else None


def write_sum(amount: Money) -> str:
    """Return the sum as it stands in a field."""
    roubles, kopecks = divmod(amount.kopecks, 100)
    return f"{roubles},{kopecks:02}" if kopecks else str(roubles)


class _OnceForm(FlaskForm):
    """A form with a key of its own: sent twice it is one payment."""

    key = HiddenField()

    @property
    def nonce(self) -> uuid.UUID:
        """Return the key, a new one where it is none of ours."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return uuid.uuid4()

    def renew_key(self) -> None:
        """Make another payment of what is sent next."""
        self.key.data = str(uuid.uuid4())


def sum_field(label: str) -> StringField:
    """Return a field for a sum in roubles."""
    return StringField(label, validators=[_is_sum])


def receipt_email() -> StringField:
    """Return a field for where the cash register's receipt goes."""
    return StringField(
        "Электронная почта",
        validators=[
            InputRequired("Введите электронную почту: на неё придёт чек"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
            email_address,
        ],
    )


def _is_sum(_form: FlaskForm, field: Field) -> None:
    try:
        amount = read_sum(field.data)
    except ValueError:
        raise ValidationError(EXAMPLE) from None
    if amount is not None and amount < Money(0):
        raise ValidationError(EXAMPLE)


class PayForm(_OnceForm):
    """A sum for each account of the customer; `month` is the receipt it was asked for.

    `sure` is set when the sums were shown once more and said to be right.
    """

    month = HiddenField()
    sure = HiddenField()

    @classmethod
    def of(
        cls,
        accounts: Sequence[tuple[str, str]],
        *,
        asks_email: bool = False,
        **values: object,
    ) -> Self:
        """Return the form with a field for each account, by its slug and its label.

        The e-mail is asked for as well, where a receipt has nowhere else to go.
        """
        fields = {f"sum_{slug}": sum_field(label) for slug, label in accounts}
        if asks_email:
            fields["email"] = receipt_email()
        made: type[Self] = type("PayForm", (cls,), fields)
        return made(**values)

    def validate(self, extra_validators: object = None) -> bool:
        """Refuse a form without a single sum as well."""
        if not super().validate(extra_validators):
            return False
        if self.wished():
            return True
        self.first_sum().errors = [EXAMPLE]
        return False

    def email_for(self, known: str) -> str:
        """Return where the receipt goes: what is known, else what was typed."""
        control = self._fields.get("email")
        typed = "" if control is None else control.data or ""
        return known or typed.strip()

    def sums(self) -> Iterator[tuple[str, Field]]:
        """Yield the slug and the field of each account."""
        for name, control in self._fields.items():
            if name.startswith("sum_"):
                yield name.removeprefix("sum_"), control

    def prefill(self, sums: Mapping[str, Money]) -> None:
        """Begin with these sums."""
        for slug, control in self.sums():
            amount = sums.get(slug)
            control.data = (
                write_sum(amount) if amount is not None and amount.kopecks > 0 else ""
            )

    def wished(self) -> dict[str, Money]:
        """Return the sums above zero; only of a valid form."""
        read = {slug: read_sum(control.data) for slug, control in self.sums()}
        return {slug: amount for slug, amount in read.items() if amount}

    def first_sum(self) -> Field:
        """Return the field of the chosen account."""
        return next(self.sums())[1]

    def sum_of(self, slug: str) -> Field:
        """Return the field of an account."""
        return self._fields[f"sum_{slug}"]


class GuestPayForm(_OnceForm):
    """Somebody else's account, or one's own without signing in."""

    number = StringField(
        "Лицевой счёт",
        validators=[InputRequired("Введите лицевой счёт"), account_number],
    )
    amount = StringField("Сумма, ₽", validators=[InputRequired(EXAMPLE), _is_sum])
    email = receipt_email()

    @property
    def account_digits(self) -> str:
        """Return the account's number as it is kept."""
        return digits_of(self.number.data)

    @property
    def wished(self) -> Money:
        """Return the sum; only of a valid form."""
        return read_sum(self.amount.data) or Money(0)
