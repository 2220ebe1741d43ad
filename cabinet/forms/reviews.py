"""The form of a decision about a reading; its shape only."""

from collections.abc import Mapping

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from cabinet.domain.readings import Cause, Fault, NotARegisterError
from cabinet.domain.tariff import Zone
from cabinet.forms.once import VersionedForm
from cabinet.services.reviews import ReviewRow
from cabinet.services.reviews.deciding import MAX_WORDS
from cabinet.web.filters import plural
from cabinet.web.review_words import READY, ready_for
from cabinet.web.zones import of_zone

MAX_SHOWN = 40
NO_WORDS = "Выберите текст или напишите свой"
TOO_LONG = f"Сократите: вместе не больше {MAX_WORDS} знаков"


class ReviewForm(VersionedForm):
    """Registers in place of the customer's, or what the customer is told.

    `opened` is which of the two forms was sent.
    """

    opened = ""

    t1 = StringField("Показание")
    t2 = StringField("Показание")
    t3 = StringField("Показание")
    sure = HiddenField()
    ready = SelectField(
        "Текст для клиента",
        choices=[
            *(SelectChoice(word, text) for word, text in READY.items()),
            SelectChoice("", "Только своими словами"),
        ],
        validate_choice=False,
    )
    words = TextAreaField("Добавить своими словами")

    @property
    def typed(self) -> tuple[str, ...]:
        """Return the registers that were typed."""
        return tuple((each.data or "") for each in (self.t1, self.t2, self.t3))

    @property
    def is_sure(self) -> bool:
        """Tell whether the specialist has seen the question and says yes."""
        return bool(self.sure.data == "1")

    @property
    def own_words(self) -> str:
        """Return the specialist's own words on one line."""
        return " ".join((self.words.data or "").split())

    def told(self) -> str | None:
        """Return what the customer is told; None with the fault at its field."""
        ready = READY.get(self.ready.data or "")
        said = ". ".join(filter(None, (ready, self.own_words)))
        if not said:
            self.words.errors = [NO_WORDS]
        elif len(said) > MAX_WORDS:
            self.words.errors = [TOO_LONG]
        else:
            return said
        return None

    def is_short(self) -> bool:
        """Tell whether the words that go with a correction fit, or say that not."""
        if len(self.own_words) > MAX_WORDS:
            self.words.errors = [TOO_LONG]
            return False
        return True

    def take_over(self, row: ReviewRow) -> None:
        """Propose what was probably meant, else what was sent; and a ready text."""
        likely = row.likely
        meant = likely and likely.registers
        values = meant or tuple(each.now for each in row.zones)
        for control, value in zip((self.t1, self.t2, self.t3), values, strict=False):
            control.data = f"{value.kwh.normalize():f}"
        cause: Cause | None = likely.cause if likely else None
        self.ready.data = ready_for(cause, row.reason)

    def take_registers(self, other: "ReviewForm") -> None:
        """Show the registers of another form."""
        self.t1.data, self.t2.data, self.t3.data = other.typed

    def show_typed(self) -> None:
        """Show at most what fits on a line."""
        for control in (self.t1, self.t2, self.t3):
            control.data = (control.data or "")[:MAX_SHOWN]

    def blame(self, faults: Mapping[Zone, NotARegisterError], row: ReviewRow) -> None:
        """Say at each register why what was typed cannot be one."""
        for each, control in zip(row.zones, (self.t1, self.t2, self.t3), strict=False):
            if each.zone in faults:
                control.errors = [_words_of(faults[each.zone], each.zone, row.digits)]


def _words_of(error: NotARegisterError, zone: Zone, digits: int) -> str:
    if error.fault is Fault.EMPTY:
        return f"Введите показание{of_zone(zone)}"
    if error.fault is Fault.NOT_DIGITS:
        return f"Показание{of_zone(zone)}: нужны только цифры"
    several = plural(digits, "цифра", "цифры", "цифр")
    return f"На счётчике {digits} {several} до запятой, а введено {error.digits}"
