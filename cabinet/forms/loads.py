"""The forms of a specialist about files that come in."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.layout import LAST_LINE
from cabinet.exchange.profiles import Column
from cabinet.exchange.recognise import Recognised, Shape
from cabinet.forms.once import OnceForm
from cabinet.web.load_words import DELIMITERS, ENCODINGS, FORMATS, KINDS

BY_KIND = {profile.kind: profile for profile in PROFILES}
NO_COLUMN = "нет в файле"
NO_LINE = f"Введите номер строки от 1 до {LAST_LINE} или оставьте пустым"
MOST_NAME = 80
#: The field of a column in the form, before the name of the field in the row.
PREFIX = "column-"


class ReceiveForm(OnceForm):
    """A file, whose it is, and how it is read if that is known."""

    file = FileField("Файл", id="file")
    branch = SelectField("Филиал", id="branch", validate_choice=False)
    profile = SelectField("Профиль", id="profile", validate_choice=False)

    def offer(
        self,
        branches: Iterable[tuple[str, str]],
        profiles: Iterable[tuple[str, str]],
        *,
        with_all: bool,
    ) -> None:
        """Let the lists hold what there is."""
        self.key.data = self.once
        every = [SelectChoice("", "Все филиалы")] if with_all else []
        self.branch.choices = [*every, *(SelectChoice(*each) for each in branches)]
        self.profile.choices = [
            SelectChoice("", "Без профиля"),
            *(SelectChoice(*each) for each in profiles),
        ]

    @property
    def profile_id(self) -> UUID | None:
        """Return the chosen profile, None without one."""
        try:
            return UUID(self.profile.data or "")
        except ValueError:
            return None

    def check(self) -> bool:
        """Refuse a form without a file."""
        if self.file.data and self.file.data.filename:
            return True
        self.file.errors = ["Выберите файл"]
        return False


class ProfileFileForm(FlaskForm):
    """A saved profile of another installation as a file."""

    file = FileField("Файл профиля", id="profile-file")


class ColumnsForm(FlaskForm):
    """What a file is, how it is written, and which column is which field."""

    kind = SelectField("Что в файле", id="kind", validate_choice=False)
    shape_format = SelectField("Формат", id="format", validate_choice=False)
    encoding = SelectField("Кодировка", id="encoding", validate_choice=False)
    delimiter = SelectField("Разделитель", id="delimiter", validate_choice=False)
    sheet = StringField("Лист книги", id="sheet")
    has_header = BooleanField("В файле есть строка с названиями столбцов", id="header")
    header_line = StringField("Номер строки с названиями", id="header-line")
    name = StringField("Сохранить как профиль", id="name")
    shown_kind = HiddenField()

    @property
    def shape(self) -> Shape:
        """Return how the file is written, as far as it is said."""
        return Shape(
            format=_known(self.shape_format.data, FORMATS),
            encoding=_known(self.encoding.data, ENCODINGS),
            delimiter=_known(self.delimiter.data, DELIMITERS),
            sheet=(self.sheet.data or "").strip()[:60],
            has_header=bool(self.has_header.data),
            header_line=self._line or 0,
        )

    @property
    def _line(self) -> int | None:
        """Return the line of the header, 0 if it is to be found, None for no number."""
        text = (self.header_line.data or "").strip()
        if not text:
            return 0
        # No more digits than the last line has: anything may have been sent.
        is_number = (
            text.isascii() and text.isdigit() and len(text) <= len(str(LAST_LINE))
        )
        return int(text) if is_number and 0 < int(text) <= LAST_LINE else None

    def check_shape(self) -> bool:
        """Say at its field what is no line of a file."""
        if self._line is not None:
            return True
        self.header_line.errors = [NO_LINE]
        return False

    @property
    def profile_name(self) -> str:
        """Return the name to save the columns under, empty without one."""
        return " ".join((self.name.data or "").split())[:MOST_NAME]

    @property
    def column_fields(self) -> list[SelectField]:
        """Return the fields of columns in the order of the kind."""
        return [field for field in self if field.name.startswith(PREFIX)]

    @property
    def columns(self) -> dict[str, str]:
        """Return which header is which field; what has none is left out."""
        return {
            field.name.removeprefix(PREFIX): field.data
            for field in self.column_fields
            if field.data
        }

    def show(self, shape: Shape, kind: str, columns: Mapping[str, str]) -> None:
        """Let the fields say what is known of a file."""
        self.kind.data = kind
        self.shape_format.data = shape.format
        self.encoding.data = shape.encoding
        self.delimiter.data = shape.delimiter
        self.sheet.data = shape.sheet
        self.has_header.data = shape.has_header
        self.header_line.data = str(shape.header_line or "")
        self.set_columns(columns)

    def set_columns(self, columns: Mapping[str, str]) -> None:
        """Choose a column for each field."""
        for field in self.column_fields:
            field.data = columns.get(field.name.removeprefix(PREFIX), "")

    def offer(self, kinds: Iterable[str], header: Iterable[str]) -> None:
        """Let the lists hold what there is."""
        self.kind.choices = [
            SelectChoice("", "Выберите"),
            *(SelectChoice(kind, KINDS[kind]) for kind in kinds),
        ]
        self.shape_format.choices = _choices(FORMATS)
        self.encoding.choices = _choices(ENCODINGS)
        self.delimiter.choices = _choices(DELIMITERS)
        names = [SelectChoice(name, name) for name in dict.fromkeys(header) if name]
        for field in self.column_fields:
            field.choices = [SelectChoice("", NO_COLUMN), *names]
        self.shown_kind.data = self.kind.data

    def check(self, kinds: Iterable[str], header: Iterable[str]) -> bool:
        """Say at each field what is wrong with it."""
        kind = self.kind.data or ""
        if kind not in kinds:
            self.kind.errors = ["Выберите, что в файле"]
            return False
        needed = {one.field for one in BY_KIND[kind].columns if one.needed}
        known, taken = set(header), set()
        for field in self.column_fields:
            name = field.name.removeprefix(PREFIX)
            if not field.data:
                field.errors = ["Выберите столбец"] if name in needed else []
            elif field.data not in known:
                field.errors = ["Такого столбца в файле нет"]
            elif field.data in taken:
                field.errors = ["Этот столбец уже выбран выше"]
            taken.add(field.data)
        return not self.errors


def columns_form(kind: str, *, formdata: Any = None, is_sent: bool) -> ColumnsForm:
    """Return the form with a field for each column of the kind."""
    profile = BY_KIND.get(kind)
    fields = {
        f"{PREFIX}{column.field}": SelectField(
            label_of(column), id=f"{PREFIX}{column.field}", validate_choice=False
        )
        for column in (profile.columns if profile else ())
    }
    made: type[ColumnsForm] = type("KindColumnsForm", (ColumnsForm,), fields)
    return made() if is_sent else made(formdata=formdata)


def label_of(column: Column) -> str:
    """Return what a column is called on the page."""
    words = next((name for name in column.names if not name.isascii()), column.names[0])
    return words if column.needed else f"{words} (не обязательно)"


def recognised_as(found: Recognised, kind: str, kinds: Iterable[str]) -> str:
    """Return the kind a file is shown as: the chosen one, or the one it looks like."""
    return next((one for one in (kind, found.kind) if one and one in kinds), "")


def _choices(words: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(*each) for each in words.items()]


def _known(word: str | None, words: Mapping[str, str]) -> str:
    return word if word and word in words else ""
