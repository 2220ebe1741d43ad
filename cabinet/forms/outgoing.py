"""The forms of a specialist about files for other systems."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from cabinet.domain.outgoing import ENCODINGS as KNOWN
from cabinet.domain.outgoing import (
    FIELDS,
    FORMATS,
    BadShape,
    Encoding,
    OutFormat,
    OutKind,
    Shape,
    read_columns,
    write_columns,
)
from cabinet.domain.period import Month
from cabinet.forms.history import read_day
from cabinet.forms.once import OnceForm

KINDS = {
    OutKind.READINGS: "Показания для расчётной системы",
    OutKind.DEBTS: "Долги для Сбербанка",
    OutKind.PAYMENTS: "Платежи",
    OutKind.SILENT: "Кто не передал показания",
}
FORMAT_WORDS = {
    OutFormat.CSV: "CSV",
    OutFormat.XLSX: "таблица Excel",
    OutFormat.SBERBANK: "реестр",
    OutFormat.SBERBANK_14: "реестр 14-1, с показаниями",
    OutFormat.CLIENT_BANK: "для 1С",
}
ENCODINGS = {
    Encoding.UTF8: "UTF-8",
    Encoding.CP1251: "Windows-1251",
    Encoding.CP866: "DOS (866)",
    Encoding.KOI8R: "KOI8-R",
}
DELIMITERS = {";": "точка с запятой", ",": "запятая", "\t": "табуляция"}
DECIMAL_WORDS = {",": "запятая", ".": "точка"}
MOST_COLUMNS = 4000


class OutForm(OnceForm):
    """What file is wanted: of which branch, of what, for which month or days."""

    branch = SelectField("Филиал", id="branch", validate_choice=False)
    what = SelectField("Что выгрузить", id="what", validate_choice=False)
    month = SelectField("Месяц", id="month", validate_choice=False)
    first = StringField("Платежи с", id="first")
    last = StringField("по", id="last")

    def offer(
        self, branches: Iterable[tuple[str, str]], months: Iterable[tuple[str, str]]
    ) -> None:
        """Let the lists hold what there is."""
        self.key.data = self.once
        self.branch.choices = [SelectChoice(*each) for each in branches]
        self.month.choices = [SelectChoice(*each) for each in months]
        self.what.choices = [
            SelectChoice(f"{kind}:{each}", f"{KINDS[kind]}: {FORMAT_WORDS[each]}")
            for kind, formats in FORMATS.items()
            for each in formats
        ]

    @property
    def chosen(self) -> tuple[OutKind, OutFormat] | None:
        """Return the kind and the format, None for a pair that is not offered."""
        kind, _, format_ = (self.what.data or "").partition(":")
        for known, formats in FORMATS.items():
            if known == kind and format_ in formats:
                return known, OutFormat(format_)
        return None

    @property
    def wished(self) -> Month | None:
        """Return the month, None for what is none."""
        try:
            return Month.parse(self.month.data or "")
        except ValueError:
            return None

    @property
    def days(self) -> tuple[date | None, date | None]:
        """Return the days, None for what is empty."""
        return read_day(self.first.data or ""), read_day(self.last.data or "")

    def check(self) -> bool:
        """Understand the fields; say at each what was not."""
        errors: dict[str, str] = {}
        if self.chosen is None:
            errors["what"] = "Выберите, что выгрузить"
        if self.wished is None:
            errors["month"] = "Выберите месяц"
        first, last = self.days
        for name, day in (("first", first), ("last", last)):
            if day is None and (self[name].data or "").strip():
                errors[name] = "Введите день, например 01.11.2026, или оставьте пустым"
        if first and last and last < first:
            errors["last"] = "Этот день раньше первого"
        for field in self:
            field.errors = [errors[field.name]] if field.name in errors else []
        return not errors


class TextForm(FlaskForm):
    """How a text is written whose columns are not to be chosen."""

    encoding = SelectField("Кодировка", id="encoding", validate_choice=False)
    decimal = SelectField(
        "Копейки и доли отделяет",
        id="decimal",
        validate_choice=False,
        choices=[SelectChoice(*each) for each in DECIMAL_WORDS.items()],
    )

    def offer(self, kind: OutKind) -> None:
        """Let the list hold the alphabets of the kind."""
        self.encoding.choices = [
            SelectChoice(str(each), ENCODINGS[each]) for each in KNOWN[kind]
        ]

    def show(self, shape: Shape) -> None:
        """Let the fields say what a shape is."""
        self.encoding.data = str(shape.encoding)
        self.decimal.data = shape.decimal

    def read(self, kind: OutKind) -> Shape | None:
        """Return the shape; None, and what is wrong at its field, where it is none."""
        for field in self:
            field.errors = []
        if self.encoding.data not in KNOWN[kind]:
            self.encoding.errors = ["Выберите кодировку"]
        if self.decimal.data not in DECIMAL_WORDS:
            self.decimal.errors = ["Выберите запятую или точку"]
        if self.errors:
            return None
        return replace(
            Shape.usual(kind),
            encoding=Encoding(self.encoding.data),
            decimal=self.decimal.data,
        )


class ShapeForm(TextForm):
    """The shape of a table: its columns, its alphabet, its delimiter."""

    columns = TextAreaField("Столбцы по порядку", id="columns")
    delimiter = SelectField(
        "Разделитель",
        id="delimiter",
        validate_choice=False,
        choices=[SelectChoice(*each) for each in DELIMITERS.items()],
    )
    has_header = BooleanField("Первая строка: названия столбцов", id="has-header")

    def show(self, shape: Shape) -> None:
        """Let the fields say what a shape is."""
        super().show(shape)
        self.columns.data = write_columns(shape.columns)
        self.delimiter.data = shape.delimiter
        self.has_header.data = shape.has_header

    def read(self, kind: OutKind) -> Shape | None:
        """Return the shape; None, and what is wrong at its field, where it is none."""
        shape = super().read(kind)
        text = (self.columns.data or "")[:MOST_COLUMNS]
        columns: tuple[tuple[str, str], ...] = ()
        try:
            columns = read_columns(kind, text)
        except BadShape as error:
            line = f"«{error.line[:60]}»: " if error.line else ""
            self.columns.errors = [f"{line}{error.reason}"]
        if self.delimiter.data not in DELIMITERS:
            self.delimiter.errors = ["Выберите разделитель"]
        if shape is None or self.errors:
            return None
        return replace(
            shape,
            columns=columns,
            delimiter=self.delimiter.data,
            has_header=bool(self.has_header.data),
        )


def shape_form(kind: OutKind, *, is_sent: bool) -> TextForm:
    """Return the form of what may be chosen for the kind."""
    made = ShapeForm if kind in FIELDS else TextForm
    form = made() if is_sent else made(formdata=None)
    form.offer(kind)
    return form
