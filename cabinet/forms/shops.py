"""The form of a shop at a provider; its secrets go in and never come out."""

from collections.abc import Iterable
from typing import Any

from wtforms import (
    BooleanField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget, PasswordInput

from cabinet.forms.once import VersionedForm
from cabinet.forms.typed import whole_number
from cabinet.services.acquirers import SECRETS, Draft, ShopCard
from cabinet.web.setting_words import METHODS, NAMES, PROVIDERS, VAT_CODES, shop_fault

LONG = "Здесь слишком много знаков. Сократите"
_MOST_DIGITS = 7


def _boxes(label: str) -> SelectMultipleField:
    return SelectMultipleField(
        label, widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )


def _secret(name: str) -> PasswordField:
    return PasswordField(
        NAMES[name],
        validators=[Length(max=1000, message=LONG)],
        widget=PasswordInput(),
    )


def _text(label: str, most: int = 120) -> StringField:
    return StringField(label, validators=[Length(max=most, message=LONG)])


class ShopForm(VersionedForm):
    """Whose money is taken, where, and how."""

    name = _text("Название в адресах")
    provider = SelectField(
        NAMES["provider"],
        choices=[SelectChoice(*one) for one in PROVIDERS.items()],
        validate_choice=False,
    )
    branches = _boxes(NAMES["branches"])
    login = _text(NAMES["login"])
    password = _secret("password")
    notice_secret = _secret("notice_secret")
    methods = _boxes(NAMES["methods"])
    receipts = BooleanField(NAMES["receipts"], default=True)
    vat_code = SelectField(
        NAMES["vat_code"],
        choices=[SelectChoice(str(code), name) for code, name in VAT_CODES.items()],
        validate_choice=False,
        default="11",
    )
    provider_vat = _text(NAMES["provider_vat"], 20)
    most_roubles = StringField(NAMES["most_roubles"], default="100000")
    is_on = BooleanField(NAMES["is_on"], default=True)

    def offer(self, offices: Iterable[tuple[str, str]]) -> None:
        """Let the lists hold all branches and ways to pay."""
        self.branches.choices = [SelectChoice(*one) for one in offices]
        self.methods.choices = [SelectChoice(*one) for one in METHODS.items()]

    def show(self, known: ShopCard) -> None:
        """Fill the form with what is set; never with a secret."""
        for name, value in known.values.items():
            self[name].data = str(value) if type(value) is int else value
        self.name.data, self.is_on.data = known.name, known.is_on
        self.version.data = str(known.version)

    def blame(self, faults: tuple[tuple[str, str], ...]) -> None:
        """Say at each field what is wrong with it."""
        for name, why in faults:
            field = name if name in self else "provider"
            self[field].errors = [shop_fault(field, why)]

    def draft(self, name: str) -> Draft:
        """Return what the form says of the shop of a name."""
        return Draft(
            name=name,
            values={
                "provider": self.provider.data or "",
                "branches": sorted(set(self.branches.data or ())),
                "login": (self.login.data or "").strip(),
                "methods": sorted(set(self.methods.data or ())),
                "receipts": bool(self.receipts.data),
                "vat_code": self._number("vat_code"),
                "provider_vat": (self.provider_vat.data or "").strip(),
                "most_roubles": self._number("most_roubles"),
            },
            secrets={one: (self[one].data or "").strip() for one in SECRETS},
            is_on=bool(self.is_on.data),
        )

    def _number(self, name: str) -> Any:
        """Return the number, none that can be for what is no number."""
        said = "".join((self[name].data or "").split())
        found = whole_number(said, _MOST_DIGITS)
        return 0 if found is None else found
