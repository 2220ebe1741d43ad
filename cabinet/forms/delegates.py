"""The form of an invitation."""

from datetime import date

from wtforms import RadioField, StringField

from cabinet.domain.mailbox import read_mailbox
from cabinet.domain.people import AccessLevel
from cabinet.forms.history import read_day
from cabinet.forms.once import OnceForm

MAX_SHOWN = 254

HOUSEHOLD = {
    AccessLevel.READINGS: "Только показания",
    AccessLevel.FULL: "Всё: показания, квитанции и история",
}
ORGANISATION = {
    AccessLevel.READINGS: "Только показания, например для энергетика",
    AccessLevel.FULL: "Всё, например для бухгалтера",
}


class InviteForm(OnceForm):
    """Whom to invite, to what, until when; `key` lets it be sent once."""

    email = StringField("Электронная почта")
    level = RadioField("Что можно", default=str(AccessLevel.READINGS))
    last_day = StringField("По какой день")

    def offer(self, *, is_organisation: bool) -> None:
        """Name the levels as people of a household or of an organisation know them."""
        words = ORGANISATION if is_organisation else HOUSEHOLD
        self.level.choices = [(str(level), text) for level, text in words.items()]

    def validate(self, extra_validators: object = None) -> bool:
        """Understand the fields; say at each what was not."""
        del extra_validators
        self.email.data = (self.email.data or "")[:MAX_SHOWN]
        self.last_day.data = (self.last_day.data or "")[:MAX_SHOWN]
        self.email.errors = (
            [] if self.mailbox else ["Введите почту, например maria@example.org"]
        )
        self.level.errors = [] if self.chosen else ["Выберите, что можно"]
        is_day = not self.last_day.data.strip() or self.day
        self.last_day.errors = (
            []
            if is_day
            else ["Введите день, например 31.12.2026, или оставьте поле пустым"]
        )
        return not self.errors

    @property
    def mailbox(self) -> str:
        """Return the address, nothing when it is none."""
        return read_mailbox(self.email.data or "") or ""

    @property
    def chosen(self) -> AccessLevel | None:
        """Return the level, None for an unknown word."""
        known = {str(level): level for level in AccessLevel}
        return known.get(self.level.data or "")

    @property
    def day(self) -> date | None:
        """Return the last day of the access, None without one."""
        return read_day(self.last_day.data or "")
