"""A first day and a last one, as people type them."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from cabinet.forms.history import read_day
from cabinet.web.filters import short_date

NO_DAY = "Введите дату, например 22.11.2026"


class SpanForm(FlaskForm):
    """A form with the fields `starts` and `ends`; the last day may be left out."""

    starts: StringField
    ends: StringField

    def validate_starts(self, field: Field) -> None:
        """Refuse what is no day."""
        if read_day(field.data or "") is None:
            raise ValidationError(NO_DAY)

    def validate_ends(self, field: Field) -> None:
        """Refuse what is no day, or one before the first; it may be left out."""
        if not (field.data or "").strip():
            return
        last, first = read_day(field.data), read_day(self.starts.data or "")
        if last is None:
            raise ValidationError(NO_DAY)
        if first is not None and last < first:
            raise ValidationError("Эта дата раньше первой")

    def show_span(self, starts: date, ends: date | None) -> None:
        """Fill both fields with what there is."""
        self.starts.data = short_date(starts)
        self.ends.data = short_date(ends) if ends else ""

    @property
    def first(self) -> date:
        """Return the first day of a form that was understood."""
        return read_day(self.starts.data or "") or date.min

    @property
    def last(self) -> date | None:
        """Return the last day of a form that was understood, None without one."""
        return read_day(self.ends.data or "")
