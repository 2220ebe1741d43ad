"""The forms of a specialist about an account: what if, the act of a control check."""

import re
import uuid
from collections.abc import Mapping, Sequence

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField

from cabinet.domain.energy import Energy
from cabinet.domain.readings import Fault, NotARegisterError
from cabinet.domain.tariff import Category, Plan, Zone
from cabinet.domain.volume import Unfit
from cabinet.forms.history import read_day
from cabinet.services.account_card import (
    MAX_NUMBER,
    MAX_REMARK,
    ActWish,
    MeterChoice,
    ReadingUnfit,
    ReadingWish,
    Wish,
)
from cabinet.web.billing_words import CATEGORIES, PLANS
from cabinet.web.filters import plural, short_date
from cabinet.web.zones import of_zone, zone_name

MAX_SHOWN = 40
NO_DAY = "Введите дату, например 22.11.2026"
NO_METER = "Выберите счётчик"
AS_IS = ("", "Как сейчас")
_COUNT = re.compile(r"[0-9]{1,3}")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?")
_WHOLE = 100_00

UNFIT = {
    Unfit.TOO_LATE: "Дата позже {day}: такое показание этот месяц не изменит",
    Unfit.BEFORE_METER: "Счётчик стоит с {day}. Проверьте дату",
    Unfit.AFTER_REMOVAL: "Счётчик снят {day}. Проверьте дату",
    Unfit.UNVERIFIED: "Поверка счётчика кончилась {day}: показания после неё не учитываются",
    Unfit.BILLED_LATER: "Уже выставлена квитанция по более позднему показанию, от {day}",
}


#: Which register a zone has.
PLACES = {
    Zone.SINGLE: 0,
    Zone.DAY: 0,
    Zone.PEAK: 0,
    Zone.NIGHT: 1,
    Zone.HALF_PEAK: 2,
}


class RegistersForm(FlaskForm):
    """A meter of an account, a day, and what its registers showed."""

    meter = SelectField("Счётчик", validate_choice=False)
    day = StringField("Дата")
    t1 = StringField("Показание")
    t2 = StringField("Показание Т2")
    t3 = StringField("Показание Т3")

    def offer_meters(self, meters: Sequence[MeterChoice]) -> None:
        """Offer the meters, the newest first, and name their zones where they agree."""
        self.meter.choices = [
            (one.serial, f"№ {one.serial}") for one in reversed(meters)
        ]
        kinds = {one.zones for one in meters}
        zones = max(kinds, key=len, default=())
        for number, (control, zone) in enumerate(
            zip(self.registers, zones, strict=False), start=1
        ):
            name = zone_name(zone, number) if len(kinds) == 1 else f"Т{number}"
            control.label.text = (
                "Показание" if len(zones) == 1 else f"Показание, {name}"
            )
        self.shown = self.registers[: len(zones)]

    @property
    def registers(self) -> tuple[StringField, ...]:
        """Return the fields of the registers."""
        return self.t1, self.t2, self.t3

    @property
    def typed(self) -> tuple[str, ...]:
        """Return what was typed for the registers, as long as a page shows it."""
        return tuple((one.data or "")[:MAX_SHOWN] for one in self.registers)

    def take_reading(self) -> ReadingWish | None:
        """Return the reading that was typed, None with the faults at their fields."""
        if not self.meter.data:
            self.meter.errors = [NO_METER]
        day = read_day((self.day.data or "")[:MAX_SHOWN])
        if day is None:
            self.day.errors = [NO_DAY]
        if day is None or self.errors:
            return None
        return ReadingWish(serial=self.meter.data, day=day, values=self.typed)

    def blame(self, faults: Mapping[Zone, NotARegisterError]) -> None:
        """Say at each field why what was typed cannot be a register."""
        for zone, error in faults.items():
            self.registers[PLACES[zone]].errors = [words_of(error, zone)]

    def blame_day(self, error: ReadingUnfit) -> None:
        """Say at the day why a reading of it changes nothing."""
        day = "" if error.day is None else short_date(error.day)
        self.day.errors = [UNFIT[error.why].format(day=day)]


class ActForm(RegistersForm):
    """The act of a control check; `seen` is what the recalculation was shown for."""

    key = HiddenField()
    seen = HiddenField()
    act = StringField("Номер акта")
    remark = TextAreaField("Примечание")

    def renew_key(self) -> None:
        """Make another act of what is sent next; it is to be seen first."""
        self.key.data = str(uuid.uuid4())
        self.seen.data = ""

    @property
    def sure_key(self) -> uuid.UUID:
        """Return the key, a new one where it is none of ours."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return uuid.uuid4()

    def take_act(self) -> ActWish | None:
        """Return the act that was typed, None with the faults at their fields."""
        number = " ".join((self.act.data or "").split())
        if not number:
            self.act.errors = ["Введите номер акта"]
        if len(number) > MAX_NUMBER:
            self.act.errors = [f"Номер длиннее {MAX_NUMBER} знаков"]
        remark = (self.remark.data or "").strip()
        if len(remark) > MAX_REMARK:
            self.remark.errors = [f"Здесь больше {MAX_REMARK} знаков. Напишите короче"]
        reading = self.take_reading()
        if reading is None:
            return None
        return ActWish(number=number, reading=reading, remark=remark)

    def is_confirmed(self, wish: ActWish) -> bool:
        """Tell whether the recalculation of this very act was shown."""
        return bool(self.seen.data == shape_of(wish))

    def blame_day(self, error: ReadingUnfit) -> None:
        """Say at the day why an act of it changes nothing."""
        super().blame_day(error)
        if error.why is Unfit.TOO_LATE:
            self.day.errors = ["Эта дата ещё не наступила"]


def shape_of(wish: ActWish) -> str:
    """Return what of an act changes its recalculation, as one text."""
    one = wish.reading
    return " | ".join([one.serial, one.day.isoformat(), *one.values, wish.number])


class WhatIfForm(RegistersForm):
    """What is supposed of an account; an empty field leaves it as it is."""

    plan = SelectField("Тарифный план", validate_choice=False)
    category = SelectField("Категория", validate_choice=False)
    residents = StringField("Проживает")
    norm = StringField("Норматив, кВт·ч на человека")
    percent = StringField("Льгота, %")
    people = StringField("На сколько человек льгота")

    def offer_meters(self, meters: Sequence[MeterChoice]) -> None:
        """Offer the meters, and the plans and categories as well."""
        super().offer_meters(meters)
        self.plan.choices = [AS_IS, *PLANS.items()]
        self.category.choices = [
            AS_IS,
            *((key, name) for key, name in CATEGORIES.items() if key != "organisation"),
        ]

    def take_wish(self) -> Wish | None:
        """Return what is supposed, None with the faults at their fields."""
        reading = None
        if any(self.typed) or self.day.data:
            reading = self.take_reading()
        wish = Wish(
            reading=reading,
            plan=Plan(self.plan.data) if self.plan.data in PLANS else None,
            category=self._category,
            residents=self._count(self.residents, least=0),
            norm=self._norm,
            percent=self._percent,
            people=self._count(self.people, least=1) or 1,
        )
        return None if self.errors else wish

    @property
    def _category(self) -> Category | None:
        said = self.category.data
        return Category(said) if said in CATEGORIES and said != "organisation" else None

    @staticmethod
    def _count(control: StringField, *, least: int) -> int | None:
        text = (control.data or "").strip()
        if not text:
            return None
        if not _COUNT.fullmatch(text) or int(text) < least:
            control.errors = [f"Введите целое число от {least} до 999"]
            return None
        return int(text)

    @property
    def _norm(self) -> Energy | None:
        text = (self.norm.data or "").strip()
        if not text:
            return None
        try:
            norm = Energy.from_kwh(text)
        except ValueError:
            norm = Energy(-1)
        if not Energy(0) <= norm < Energy.from_kwh(10_000):
            self.norm.errors = ["Введите норматив в кВт·ч, например 75"]
            return None
        return norm

    @property
    def _percent(self) -> int | None:
        """Return the percent in hundredths."""
        text = (self.percent.data or "").strip().removesuffix("%").strip()
        if not text:
            return None
        found = _PERCENT.fullmatch(text)
        hundredths = (
            int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
        )
        if not 0 <= hundredths <= _WHOLE:
            self.percent.errors = ["Введите проценты от 0 до 100, например 50"]
            return None
        return hundredths


def words_of(error: NotARegisterError, zone: Zone) -> str:
    """Return why a register was not understood, in words."""
    if error.fault is Fault.EMPTY:
        return f"Введите показание{of_zone(zone)}"
    if error.fault is Fault.NOT_DIGITS:
        return f"Показание{of_zone(zone)}: нужны только цифры"
    word = plural(error.digits, "цифра", "цифры", "цифр")
    return f"До запятой {error.digits} {word}, у счётчика меньше"
