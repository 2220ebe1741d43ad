"""The form of a key for a program."""

from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from cabinet.domain.keys import KeyScope
from cabinet.forms.once import OnceForm

LONGEST_NAME = 60
SCOPES = {
    KeyScope.READ: "Только смотреть",
    KeyScope.SUBMIT: "Смотреть и передавать показания",
}


class KeyForm(OnceForm):
    """What the key is for and what it lets the program do."""

    name = StringField("Для какой программы")
    scope = RadioField(
        "Что можно",
        choices=[SelectChoice(str(scope), words) for scope, words in SCOPES.items()],
        default=str(KeyScope.READ),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Understand the fields; say at each what was not."""
        del extra_validators
        self.name.errors = []
        self.scope.errors = []
        name = " ".join((self.name.data or "").split())
        if not name:
            self.name.errors = ["Введите название, например «Домашняя автоматика»"]
        elif len(name) > LONGEST_NAME:
            self.name.errors = [f"Не больше {LONGEST_NAME} знаков"]
        elif not name.isprintable():
            self.name.errors = ["Уберите из названия невидимые знаки"]
        if self.chosen is None:
            self.scope.errors = ["Выберите, что можно"]
        return not self.errors

    @property
    def words(self) -> str:
        """Return the name with single spaces."""
        return " ".join((self.name.data or "").split())

    @property
    def chosen(self) -> KeyScope | None:
        """Return the scope, None for an unknown word."""
        known = {str(scope): scope for scope in SCOPES}
        return known.get(self.scope.data or "")
