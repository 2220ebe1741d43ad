"""The form of an office: where it is, when it is open, and on which days it is not."""

from collections.abc import Iterable
from datetime import date

from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from cabinet.domain.offices import DAYS_OF_WEEK, Hours, HoursError, Week, read_hours
from cabinet.forms.history import read_day
from cabinet.forms.once import OnceForm, VersionedForm
from cabinet.forms.spans import SpanForm
from cabinet.forms.typed import whole_number
from cabinet.services.office_changes import (
    MAX_ADDRESS,
    MAX_NAME,
    MAX_NOTE,
    MAX_PHONE,
    Draft,
)
from cabinet.services.offices import Place
from cabinet.web.filters import short_date
from cabinet.web.office_words import FULL_WEEK, hours

NO_HOURS = "Введите часы, например 9:00–18:00, обед 13:00–14:00"
NO_LINE = "Введите дату и часы, например 31.12.2026 9:00–13:00"
USUAL = "9:00–18:00, обед 13:00–14:00"
WORKED = 5
MOST_OTHERS = 60
MOST_DIGITS = 2


def _hours_typed(_form: object, field: Field) -> None:
    try:
        read_hours(field.data or "")
    except HoursError as error:
        raise ValidationError(NO_HOURS) from error


def _day_of_week(at: int) -> StringField:
    usual = USUAL if at < WORKED else "выходной"
    return StringField(FULL_WEEK[at], default=usual, validators=[_hours_typed])


class OfficeForm(SpanForm, OnceForm, VersionedForm):
    """An office of a branch, from a first day to a last one."""

    branch = SelectField("Отделение", validate_choice=False)
    name = StringField(
        "Название",
        validators=[
            DataRequired("Введите название, например Офис на Ленина"),
            Length(max=MAX_NAME, message="Здесь больше 120 знаков. Сократите"),
        ],
    )
    address = StringField(
        "Адрес",
        validators=[
            DataRequired("Введите адрес"),
            Length(max=MAX_ADDRESS, message="Здесь больше 240 знаков. Сократите"),
        ],
    )
    phone = StringField(
        "Телефон",
        validators=[Length(max=MAX_PHONE, message="Здесь больше 40 знаков. Сократите")],
    )
    note = StringField(
        "Как найти",
        validators=[Length(max=MAX_NOTE, message="Здесь больше 240 знаков. Сократите")],
    )
    position = StringField("Место в списке", default="1")
    d0, d1, d2, d3, d4, d5, d6 = (_day_of_week(at) for at in range(DAYS_OF_WEEK))
    others = TextAreaField("Особые дни")
    starts = StringField("Действует с")
    ends = StringField("по")

    def validate_phone(self, field: Field) -> None:
        """Refuse what cannot be rung up."""
        said = field.data or ""
        if said.strip() and not any(sign.isdecimal() for sign in said):
            raise ValidationError("Введите телефон, например 8 4712 00-00-00")

    def validate_position(self, field: Field) -> None:
        """Refuse what is no small number."""
        if not whole_number((field.data or "").strip(), MOST_DIGITS):
            raise ValidationError("Введите число от 1 до 99")

    def validate_others(self, field: Field) -> None:
        """Refuse a line that is no day with its hours, and a day told twice."""
        lines = _lines(field.data)
        days = [read_day(line.partition(" ")[0]) for line in lines]
        if len(lines) > MOST_OTHERS:
            raise ValidationError("Здесь больше 60 дней. Уберите прошедшие")
        for line, day in zip(lines, days, strict=True):
            if day is None or not _is_hours(line.partition(" ")[2]):
                raise ValidationError(f"{NO_LINE}. Не понятно: «{line[:40]}»")
        if len(set(days)) < len(days):
            raise ValidationError("Один день записан два раза")

    def offer(self, offices: Iterable[tuple[str, str]]) -> None:
        """Let the list hold the branches."""
        self.branch.choices = [SelectChoice(*one) for one in offices]

    def show(self, known: Place) -> None:
        """Fill the form with what there is."""
        self.branch.data, self.name.data = known.branch_code, known.name
        self.address.data, self.phone.data = known.address, known.phone
        self.note.data, self.position.data = known.note, str(known.position)
        for field, usual in zip(self.days, known.week.days, strict=True):
            field.data = hours(usual)
        self.others.data = "\n".join(
            f"{short_date(day)} {hours(known.week.others[day])}"
            for day in sorted(known.week.others)
        )
        self.show_span(known.starts, known.ends)
        self.version.data = str(known.version)

    @property
    def days(self) -> list[Field]:
        """Return the fields of the week, Monday first."""
        return [self[f"d{at}"] for at in range(DAYS_OF_WEEK)]

    @property
    def draft(self) -> Draft:
        """Return what a form that was understood says."""
        return Draft(
            branch=self.branch.data or "",
            name=_said(self.name),
            address=_said(self.address),
            phone=_said(self.phone),
            note=_said(self.note),
            position=int(_said(self.position)),
            week=Week(
                tuple(read_hours(field.data or "") for field in self.days),
                dict(_day_and_hours(line) for line in _lines(self.others.data)),
            ),
            starts=self.first,
            ends=self.last,
        )


def _said(field: Field) -> str:
    return " ".join((field.data or "").split())


def _lines(text: str | None) -> list[str]:
    return [
        " ".join(line.split()) for line in (text or "").splitlines() if line.strip()
    ]


def _is_hours(text: str) -> bool:
    try:
        read_hours(text)
    except HoursError:
        return False
    return True


def _day_and_hours(line: str) -> tuple[date, Hours | None]:
    day, _, said = line.partition(" ")
    return read_day(day) or date.min, read_hours(said)
