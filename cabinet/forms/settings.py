"""The forms of settings: a branch, whoever works here, days of the calendar."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from cabinet.domain.money import Money
from cabinet.forms.once import VersionedForm
from cabinet.forms.typed import whole_number
from cabinet.services.branch_faults import BranchFault
from cabinet.services.branches import SUMS
from cabinet.web.filters import NBSP
from cabinet.web.setting_words import NAMES, ZONES, fault

NO_SUM = "Введите сумму в рублях, например 5000"
NO_DAY = "Введите день месяца, например 20"
LONG = "Здесь слишком много знаков. Сократите"
#: Whatever a column holds; what is right of a field the service says.
_MOST = 254


def _text(name: str) -> StringField:
    return StringField(NAMES[name], validators=[Length(max=_MOST, message=LONG)])


class BranchForm(VersionedForm):
    """What is set of a branch; `code` and `region` are said once."""

    code = _text("code")
    region = _text("region")
    name = _text("name")
    time_zone = SelectField(NAMES["time_zone"], validate_choice=False)
    window_first = StringField(NAMES["window_first"])
    window_last = StringField(NAMES["window_last"])
    company = _text("company")
    inn = _text("inn")
    kpp = _text("kpp")
    bic = _text("bic")
    bank = _text("bank")
    settlement_account = _text("settlement_account")
    correspondent_account = _text("correspondent_account")
    address = _text("address")
    phone = _text("phone")
    hours = _text("hours")
    email = _text("email")
    site = _text("site")
    opens_on_match = BooleanField(NAMES["opens_on_match"])
    least_evidence = StringField(NAMES["least_evidence"])
    refund_alone_up_to = StringField(NAMES["refund_alone_up_to"])
    recalculate_alone_up_to = StringField(NAMES["recalculate_alone_up_to"])

    def keep(self, names: tuple[str, ...]) -> None:
        """Leave out what whoever sees the form does not set."""
        for field in list(self):
            if field.name not in {*names, "version", "csrf_token"}:
                delattr(self, field.name)

    def offer(self, now: str = "") -> None:
        """Let the list hold the zones of Russia, and another one that is set."""
        known = ZONES if not now or now in ZONES else {**ZONES, now: now}
        if "time_zone" in self:
            self.time_zone.choices = [SelectChoice(*one) for one in known.items()]

    def show(self, values: Mapping[str, Any]) -> None:
        """Fill the form with what is set."""
        for name, value in values.items():
            if name in self:
                self[name].data = shown(value)

    def validate(self, extra_validators: object = None) -> bool:
        """Read days and sums; every fault is told at its field."""
        is_valid: bool = super().validate(extra_validators)
        for name in ("window_first", "window_last"):
            if (
                name in self
                and whole_number((self[name].data or "").strip(), 2) is None
            ):
                self[name].errors = [NO_DAY]
                is_valid = False
        for name in SUMS:
            if name in self and _sum(self[name].data) is None:
                self[name].errors = [NO_SUM]
                is_valid = False
        return is_valid

    def blame(self, faults: tuple[BranchFault, ...]) -> None:
        """Say at each field what is wrong with it."""
        for one in faults:
            field = one.field if one.field in self else next(iter(self)).name
            self[field].errors = [*self[field].errors, fault(one.word)]

    @property
    def values(self) -> dict[str, Any]:
        """Return what a form that was understood says."""
        return {
            field.name: self._value(field)
            for field in self
            if field.name not in {"version", "csrf_token"}
        }

    def _value(self, field: Field) -> Any:
        if field.type == "BooleanField":
            return bool(field.data)
        text = (field.data or "").replace(NBSP, " ").strip()
        if field.name in {"window_first", "window_last"}:
            return int(text)
        if field.name in SUMS:
            return _sum(text)
        if field.name in {"inn", "kpp", "bic"} or field.name.endswith("_account"):
            return "".join(text.split())
        return text


def shown(value: Any) -> Any:
    """Return a value as it is typed."""
    if not isinstance(value, Money):
        return value if isinstance(value, bool) else str(value)
    return f"{value.roubles:f}".removesuffix(".00").replace(".", ",")


def _sum(text: str | None) -> Money | None:
    try:
        return Money.parse(text or "")
    except ValueError:
        return None
