"""The form for sending readings."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, StringField, TextAreaField

from cabinet.domain.period import Month
from cabinet.domain.readings import Answer, Fault, NotARegisterError
from cabinet.domain.tariff import Zone
from cabinet.services.readings import MeterForm, ZoneField
from cabinet.web.filters import plural
from cabinet.web.zones import of_zone, zone_name

MAX_SHOWN = 40
BUTTON = "answer:"
KEY = re.compile(r"[0-9a-f]{16,64}")


class Said:
    """What was said of a meter: of the same fields whether a form was made or not."""

    def word(self, name: str) -> str:
        """Return what the field of the name was sent with, nothing without it."""
        raise NotImplementedError

    @property
    def meter_id(self) -> UUID | None:
        """Return the meter, None when it is not named."""
        try:
            return UUID(self.word("meter"))
        except ValueError:
            return None

    @property
    def said_month(self) -> Month | None:
        """Return the month the form was made for, None when it does not say."""
        try:
            return Month.parse(self.word("month"))
        except ValueError:
            return None

    @property
    def sure_key(self) -> str:
        """Return the form's key, one of its own when it is none of ours."""
        said = self.word("key")
        return said if KEY.fullmatch(said) else secrets.token_hex(16)

    @property
    def typed(self) -> tuple[str, ...]:
        """Return what was typed, as long as a page shows it."""
        return self.word("t1"), self.word("t2"), self.word("t3")

    @property
    def answers(self) -> frozenset[Answer]:
        """Return the answers given; unknown words are none."""
        words = [*self.word("answered").split(), self._answer[0]]
        return frozenset(Answer(word) for word in words if word in _WORDS)

    @property
    def corrected(self) -> tuple[str, ...]:
        """Return the values the answer stands for, else what was typed."""
        return self._answer[1] or self.typed

    @property
    def remark(self) -> str:
        """Return what was written beside."""
        return self.word("comment").strip()

    @property
    def _answer(self) -> tuple[str, tuple[str, ...]]:
        names = (name for name in request.form if name.startswith(BUTTON))
        word, _, values = next(names, BUTTON).removeprefix(BUTTON).partition(":")
        return word, tuple(values.split("/")) if values else ()


class SaidRegisters(Said):
    """The same as was sent, without a form: nearly every reading needs none."""

    def __init__(self) -> None:
        self._words = request.form

    def word(self, name: str) -> str:
        """Return what the field of the name was sent with, nothing without it."""
        return self._words.get(name, "")

    @property
    def photo(self) -> FileStorage | None:
        """Return the first file that was chosen."""
        return next(filter(None, request.files.getlist("photo")), None)


class RegistersForm(Said, FlaskForm):
    """The registers of a meter, and the answers to what was asked about them.

    The answer is the name of the button, because text browsers print its value:
    `answer:` and a word, for a correction also the values it stands for
    (`answer:swapped:4772/2203`). `answered` keeps the answers before it.
    """

    class Meta:
        """The token is looked for before any view: see web.security."""

        csrf = False

    account = HiddenField()
    switched = HiddenField()
    meter = HiddenField()
    month = HiddenField()
    key = HiddenField()
    answered = HiddenField()
    t1 = StringField("Новое показание")
    t2 = StringField("Новое показание")
    t3 = StringField("Новое показание")
    comment = TextAreaField("Что случилось")
    photo = FileField("Фото счётчика")

    @staticmethod
    def blank(meter: MeterForm | None) -> "RegistersForm":
        """Return the empty form of a meter: one for all alike, only to be shown."""
        return _blank(() if meter is None else tuple(each.zone for each in meter.zones))

    def name_zones(self, meter: MeterForm | None) -> None:
        """Write the zone into the label of each register."""
        if meter is not None:
            self.name([each.zone for each in meter.zones])

    def name(self, zones: Sequence[Zone]) -> None:
        """Write the zones, in the order of the registers, into their labels."""
        if len(zones) == 1:
            return
        controls = zip(zones, (self.t1, self.t2, self.t3), strict=False)
        for number, (zone, control) in enumerate(controls, start=1):
            control.label.text = f"Новое показание, {zone_name(zone, number)}"

    def registers(self, meter: MeterForm) -> Iterator[tuple[ZoneField, StringField]]:
        """Yield each zone of the meter with its field."""
        return zip(meter.zones, (self.t1, self.t2, self.t3), strict=False)

    def word(self, name: str) -> str:
        """Return what the field holds."""
        return self[name].data or ""

    def take_over(self, values: Sequence[str]) -> None:
        """Show these values in the fields, at most what fits on a line."""
        for control, value in zip((self.t1, self.t2, self.t3), values, strict=False):
            control.data = value[:MAX_SHOWN]

    def blame(self, faults: Mapping[Zone, NotARegisterError], meter: MeterForm) -> None:
        """Say at each field why what was typed cannot be a reading."""
        for field, control in self.registers(meter):
            if field.zone in faults:
                control.errors = [words_of(faults[field.zone], field.zone, meter)]


@cache
def _blank(zones: tuple[Zone, ...]) -> RegistersForm:
    """Return the empty form; making one for each page costs more than its queries."""
    form = RegistersForm(formdata=None)
    form.name(zones)
    return form


_WORDS = frozenset(str(answer) for answer in Answer)


def words_of(error: NotARegisterError, zone: Zone, meter: MeterForm) -> str:
    """Return why a register was not understood, in words."""
    if error.fault is Fault.EMPTY:
        return f"Введите показание{of_zone(zone)}"
    if error.fault is Fault.NOT_DIGITS:
        return f"Показание{of_zone(zone)}: нужны только цифры"
    digits = plural(meter.digits, "цифра", "цифры", "цифр")
    return (
        f"На вашем счётчике {meter.digits} {digits} до запятой,"
        f" а введено {error.digits}. Красную цифру не вводите"
    )
