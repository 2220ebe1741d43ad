"""The forms with which a specialist writes down how a request ended."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from cabinet.domain.readings import Dial, NotAReadingError, read_registers
from cabinet.domain.requests import RequestKind
from cabinet.domain.tariff import ZONES, Plan
from cabinet.exchange.registry_rows import Registers
from cabinet.forms.once import VersionedForm
from cabinet.forms.staff_accounts import PLACES, ActForm, words_of
from cabinet.forms.staff_requests import NOTE_TOO_LONG, day_of
from cabinet.forms.typed import plain_lines, whole_number
from cabinet.services.account_card import ActWish
from cabinet.services.requests.finishing import (
    MAX_ACT,
    MAX_NOTE,
    Done,
    Hung,
    Verified,
    WorkUnfitError,
)
from cabinet.services.requests.queue import MeterFacts
from cabinet.web.billing_words import PLANS
from cabinet.web.zones import zone_name

MAX_SERIAL = 40
MAX_MODEL = 80
_DIGITS = (3, 9)
_RATIO = (1, 99_999)
_ZONES = 3


class NoteForm(VersionedForm):
    """Words to the customer."""

    note = TextAreaField(
        "Что передать клиенту", validators=[Length(max=MAX_NOTE, message=NOTE_TOO_LONG)]
    )

    @property
    def words(self) -> str:
        """Return the words with plain ends of lines."""
        return plain_lines(self.note.data)


class PaperForm(NoteForm):
    """The number of the act a request ended with."""

    act = StringField("Номер акта")

    def take(self) -> Done | None:
        """Return how the request ended, None with the faults at their fields."""
        is_fine = self.validate_on_submit()
        number = " ".join((self.act.data or "").split())
        if not number:
            self.act.errors = ["Введите номер акта"]
        elif len(number) > MAX_ACT:
            self.act.errors = [f"Номер длиннее {MAX_ACT} знаков"]
        elif is_fine:
            return Done(act=number, note=self.words)
        return None

    def blame(self, error: WorkUnfitError) -> None:
        """Say at its field what the meters say against it."""
        named = getattr(self, error.field, None)
        field = named if isinstance(named, Field) else self.act
        field.errors = [error.reason]


class VerifiedForm(PaperForm):
    """Until when the meter is verified now."""

    verified_until = StringField("Поверен до")

    def take(self) -> Done | None:
        """Return how the request ended, None with the faults at their fields."""
        done = super().take()
        until = day_of(self.verified_until)
        if done is None or until is None:
            return None
        return Done(act=done.act, note=done.note, work=Verified(until))


class HungForm(PaperForm):
    """The meter that hangs from a day on."""

    replaced_on = StringField("Дата работ")
    serial = StringField("Заводской номер нового счётчика")
    model = StringField("Модель")
    plan = SelectField(
        "Зоны",
        choices=[SelectChoice(str(key), name) for key, name in PLANS.items()],
        invalid_choice_message="Выберите зоны",
    )
    digits = StringField("Цифр до запятой")
    ratio = StringField("Коэффициент", default="1")
    verified_until = StringField("Поверен до")
    opening_t1 = StringField("Показание нового счётчика")
    opening_t2 = StringField("Второй зоны, если есть")
    opening_t3 = StringField("Третьей зоны, если есть")

    def take(self) -> Done | None:
        """Return how the request ended, None with the faults at their fields."""
        done = super().take()
        values = self._hanging()
        if done is None or values is None:
            return None
        return Done(act=done.act, note=done.note, work=Hung(**values))

    def _hanging(self) -> dict[str, Any] | None:
        values: dict[str, Any] = {
            "replaced_on": day_of(self.replaced_on),
            "serial": self._text(self.serial, MAX_SERIAL, "Введите заводской номер"),
            "digits": self._number(self.digits, _DIGITS),
            "ratio": self._number(self.ratio, _RATIO),
        }
        until, is_fine = self._until()
        opening = self._opening(values["digits"])
        model = " ".join((self.model.data or "").split())
        if len(model) > MAX_MODEL:
            self.model.errors = [f"Здесь больше {MAX_MODEL} знаков"]
            return None
        if None in values.values() or opening is None or not is_fine:
            return None
        return values | {"model": model, "verified_until": until, "opening": opening}

    def _until(self) -> tuple[date | None, bool]:
        """Return the day, which may be left out, and whether it was understood."""
        if not (self.verified_until.data or "").strip():
            return None, True
        until = day_of(self.verified_until)
        return until, until is not None

    def _opening(self, digits: int | None) -> Registers | None:
        if self.plan.errors or digits is None:
            return None
        fields = (self.opening_t1, self.opening_t2, self.opening_t3)
        return _registers(fields, Plan(self.plan.data), Dial(digits))

    @staticmethod
    def _text(field: StringField, most: int, empty: str) -> str | None:
        text = " ".join((field.data or "").split())
        if not text:
            field.errors = [empty]
        elif len(text) > most:
            field.errors = [f"Здесь больше {most} знаков"]
        else:
            return text
        return None

    @staticmethod
    def _number(field: StringField, span: tuple[int, int]) -> int | None:
        number = whole_number((field.data or "").strip(), 5)
        least, most = span
        if number is None or not least <= number <= most:
            field.errors = [f"Введите целое число от {least} до {most}"]
            return None
        return number


class ConnectedForm(HungForm):
    """A first meter, or the word that there is none yet."""

    meter = RadioField(
        "Счётчик",
        choices=[
            SelectChoice("hung", "Поставили, данные ниже"),
            SelectChoice("none", "Пока не поставили"),
        ],
        default="hung",
    )

    def take(self) -> Done | None:
        """Return how the request ended, None with the faults at their fields."""
        return PaperForm.take(self) if self.meter.data == "none" else super().take()


class ReplacedForm(HungForm):
    """The same, with what the meter that was taken off showed."""

    closing_t1 = StringField("Последнее показание старого счётчика")
    closing_t2 = StringField("Последнее показание старого, Т2")
    closing_t3 = StringField("Последнее показание старого, Т3")
    is_sure = BooleanField("Показания старого счётчика проверены, они верны")

    def offer(self, meter: MeterFacts) -> None:
        """Name the registers of the old meter, and propose its figures for the new."""
        self.old = meter
        zones = ZONES[Plan.of_zones(meter.zones)]
        self.shown = (self.closing_t1, self.closing_t2, self.closing_t3)[: len(zones)]
        for number, (field, zone) in enumerate(
            zip(self.shown, zones, strict=False), start=1
        ):
            if len(zones) > 1:
                name = zone_name(zone, number)
                field.label.text = f"Последнее показание старого, {name}"

    def propose(self, meter: MeterFacts, today: date) -> None:
        """Show what is the same more often than not."""
        self.replaced_on.data = f"{today:%d.%m.%Y}"
        self.plan.data = str(Plan.of_zones(meter.zones))
        self.digits.data, self.ratio.data = str(meter.digits), str(meter.ratio)

    def _hanging(self) -> dict[str, Any] | None:
        values = super()._hanging()
        plan = Plan.of_zones(self.old.zones)
        dial = Dial(self.old.digits, self.old.decimals)
        closing = _registers(self.shown, plan, dial)
        if values is None or closing is None:
            return None
        return values | {"closing": closing, "is_sure": bool(self.is_sure.data)}


class ControlForm(ActForm, NoteForm):
    """The act of a control check, and words to the customer."""

    def done(self, wish: ActWish) -> Done:
        """Return how the request ended."""
        return Done(act=wish.number, note=self.words, work=wish)


FORMS: dict[RequestKind, type[PaperForm]] = {
    RequestKind.REPLACEMENT: ReplacedForm,
    RequestKind.VERIFICATION: VerifiedForm,
    RequestKind.CONTROL: PaperForm,
    RequestKind.SEALING: PaperForm,
    RequestKind.CONNECTION: ConnectedForm,
    RequestKind.DISPUTE: PaperForm,
}


def _registers(
    fields: Sequence[StringField], plan: Plan, dial: Dial
) -> Registers | None:
    zones = ZONES[plan]
    texts = [(field.data or "")[:MAX_SERIAL] for field in fields[: len(zones)]]
    try:
        return read_registers(texts, zones, dial).registers
    except NotAReadingError as error:
        for zone, fault in error.faults.items():
            fields[PLACES[zone]].errors = [words_of(fault, zone)]
        return None
