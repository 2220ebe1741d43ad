"""The form of a dated row: what a table of rules has, its days and its source."""

from collections.abc import Iterable, Mapping

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from cabinet.services.rule_tables import OTHERS, RuleFaultyError, Table
from cabinet.web import rule_words
from cabinet.web.billing_words import CATEGORIES, PLANS, ZONES

_MOST = 500
LONG = "Здесь слишком много знаков. Сократите"
#: What is chosen, by table and field or by field alone.
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "category": CATEGORIES,
    "plan": PLANS,
    "zone": ZONES,
    "stove": rule_words.STOVES,
    "premises": rule_words.PREMISES,
    "rule": {rule: rule_words.OTHERS[rule] for rule in OTHERS},
}
_KINDS = {"range": rule_words.RANGES, "due": rule_words.KINDS}
SHORT = frozenset(
    {
        "range_number",
        "number",
        "price",
        "limit",
        "rooms",
        "residents",
        "energy",
        "rate",
        "day",
        "starts",
        "ends",
    }
)


class RuleForm(FlaskForm):
    """A row of one table; which fields it has, `rule_form` says."""

    closes = BooleanField("Прежняя строка кончается накануне", default=True)

    def offer(self, regions: Iterable[str], keys: Iterable[str]) -> None:
        """Let the lists hold the regions, and whom other rules are for."""
        if "region" in self:
            is_range = "limit" in self
            everywhere = [SelectChoice("", "Все")] if is_range else []
            self["region"].choices = [
                *everywhere,
                *(SelectChoice(r, r) for r in regions),
            ]
        if "key" in self:
            self["key"].choices = [SelectChoice(k, rule_words.key(k)) for k in keys]

    def blame(self, error: RuleFaultyError) -> None:
        """Say at each field what is wrong with it."""
        for name, why in error.faults:
            self[name].errors = [_sentence(why)]

    @property
    def typed(self) -> dict[str, str]:
        """Return what was typed, by field."""
        return {
            field.name: field.data or ""
            for field in self
            if field.name not in {"closes", "csrf_token"}
        }


def rule_form(name: str, table: Table, *, is_sent: bool) -> RuleForm:
    """Return the form of a table."""
    fields: dict[str, Field] = {}
    for field in table.fields:
        fields[field] = _field(name, field)
    bases = (RuleForm,)
    made = type("OneRuleForm", bases, fields)
    form: RuleForm = made() if is_sent else made(formdata=None)
    if not table.is_dated or "ends" not in table.fields:
        del form.closes
    return form


def _field(table: str, name: str) -> Field:
    label = rule_words.FIELDS[name]
    known = _KINDS.get(table) if name == "kind" else _CHOICES.get(name)
    if known is not None or name in {"region", "key"}:
        choices = [SelectChoice(*one) for one in (known or {}).items()]
        return SelectField(label, choices=choices, validate_choice=False)
    return StringField(label, validators=[Length(max=_MOST, message=LONG)])


def _sentence(words: str) -> str:
    """Return the words of a cell's fault as a sentence."""
    return words[:1].upper() + words[1:]
