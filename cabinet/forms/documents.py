"""The form of a new version of a public document."""

import re
from datetime import date

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from cabinet.forms.history import read_day
from cabinet.forms.spans import NO_DAY
from cabinet.forms.typed import plain_lines
from cabinet.services.documents import DocumentText
from cabinet.web.filters import short_date

MAX_TITLE = 160
MAX_TEXT = 100_000

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")


class EditionForm(FlaskForm):
    """What a document says from a day on; it can begin today, never before."""

    title = StringField(
        "Название",
        validators=[
            DataRequired("Введите название"),
            Length(max=MAX_TITLE, message="Здесь больше 160 знаков. Сократите"),
        ],
    )
    version = StringField("Номер редакции")
    starts = StringField("Действует с")
    text = TextAreaField(
        "Текст",
        validators=[
            DataRequired("Напишите текст"),
            Length(max=MAX_TEXT, message="Здесь больше 100 000 знаков. Сократите"),
        ],
    )

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_version(self, field: Field) -> None:
        """Refuse what cannot stand in an address."""
        if not _VERSION.fullmatch((field.data or "").strip()):
            raise ValidationError("Введите номер, например 2026-12")

    def validate_starts(self, field: Field) -> None:
        """Refuse what is no day, or one that is over: nobody has agreed to it then."""
        day = read_day(field.data or "")
        if day is None:
            raise ValidationError(NO_DAY)
        if day < self.today:
            raise ValidationError("Этот день прошёл. Введите сегодняшний или позже")

    def show(self, known: DocumentText, starts: date) -> None:
        """Fill the form with the words there are, to be changed."""
        self.title.data, self.text.data = known.title, known.text
        self.version.data, self.starts.data = "", short_date(starts)

    def edition(self, code: str) -> DocumentText:
        """Return what a form that was understood says."""
        return DocumentText.of(
            code,
            (self.version.data or "").strip(),
            title=(self.title.data or "").strip(),
            text=plain_lines(self.text.data),
            starts=read_day(self.starts.data or "") or date.max,
        )
