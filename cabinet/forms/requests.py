"""The forms of requests for work on a meter: what a customer asks for."""

import re
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from cabinet.domain.requests import WITHOUT_METER, Hours, RequestKind
from cabinet.exchange.photo import (
    NotAPhotoError,
    Photo,
    PhotoTooLargeError,
    clean_photo,
)
from cabinet.forms.history import read_day
from cabinet.forms.once import OnceForm
from cabinet.forms.typed import plain_lines
from cabinet.services.requests.asking import MAX_WORDS, Days, DayUnfitError, Wish
from cabinet.services.requests.looking import MeterChoice
from cabinet.web.request_words import ABOUT, DAY_FAULTS, HOURS, KINDS

MAX_DAY = 40
NO_DAY = "Введите дату, например 25.11.2026"
NO_METER = "Выберите счётчик"
NONE_HERE = "По этому адресу счётчика нет. Выберите подключение"
TOO_LONG = "Здесь больше 1000 знаков. Сократите"
NOT_A_PHOTO = "Это не фото. Пришлите снимок JPEG, PNG или WebP"
PHOTO_TOO_LARGE = "Фото больше 10 МБ. Пришлите поменьше"
NO_PHONE = "Введите телефон из 10 или 11 цифр, например 8 900 000-00-00"
_PHONE = re.compile(r"[0-9+() -]{10,24}")
_PHONE_DIGITS = (10, 11)


class DaysForm(FlaskForm):
    """When it suits the customer; a day may be left out."""

    first = StringField("Удобный день")
    second = StringField("Или другой день")
    hours = SelectField(
        "Удобное время",
        choices=[SelectChoice(str(each), HOURS[each].capitalize()) for each in HOURS],
        default=str(Hours.ANY),
        invalid_choice_message="Выберите время",
    )

    def validate_first(self, field: Field) -> None:
        """Refuse what is no day."""
        _day(field)

    def validate_second(self, field: Field) -> None:
        """Refuse what is no day."""
        _day(field)

    @property
    def days(self) -> Days:
        """Return the days of a form that was understood."""
        return Days(
            first=_day(self.first),
            second=_day(self.second),
            hours=Hours(self.hours.data),
        )

    def blame(self, error: DayUnfitError) -> None:
        """Say at its field why nobody can come on a day."""
        field = self.first if error.place == "first" else self.second
        field.errors = [DAY_FAULTS[error.fault]]

    def fill(self, first: date | None, second: date | None, hours: Hours) -> None:
        """Show the days there are."""
        self.first.data = "" if first is None else f"{first:%d.%m.%Y}"
        self.second.data = "" if second is None else f"{second:%d.%m.%Y}"
        self.hours.data = str(hours)


class RequestForm(DaysForm, OnceForm):
    """A new request; `account` is the short name of the account it is for."""

    account = HiddenField()
    kind = RadioField(
        "Что нужно",
        choices=[
            SelectChoice(str(kind), f"{name}: {ABOUT[kind]}")
            for kind, name in KINDS.items()
        ],
        validators=[InputRequired("Выберите, что нужно")],
    )
    meter = SelectField("Счётчик", validate_choice=False)
    phone = StringField("Телефон")
    words = TextAreaField(
        "Что ещё нам знать", validators=[Length(max=MAX_WORDS, message=TOO_LONG)]
    )
    photo = FileField("Фото", render_kw={"accept": "image/jpeg,image/png,image/webp"})

    def validate_phone(self, field: Field) -> None:
        """Refuse what cannot be called."""
        said = " ".join((field.data or "").split())
        digits = sum(each.isdigit() for each in said)
        if not _PHONE.fullmatch(said) or digits not in _PHONE_DIGITS:
            raise ValidationError(NO_PHONE)

    def offer_meters(self, meters: Sequence[MeterChoice]) -> None:
        """Let the list hold the meters; one alone needs no choice."""
        known = [(str(one.public_id), f"№ {one.serial}") for one in meters]
        blank = [] if len(known) == 1 else [("", "Выберите")]
        self.meter.choices = [SelectChoice(*each) for each in (*blank, *known)]
        self.has_meters = bool(meters)

    @property
    def chosen(self) -> RequestKind:
        """Return the kind of a form that was understood."""
        return RequestKind(self.kind.data)

    def blame_meter(self) -> None:
        """Say that the meter is none of the account's."""
        if self.has_meters:
            self.meter.errors = [NO_METER]
        else:
            self.kind.errors = [NONE_HERE]

    def cleaned(self) -> tuple[bool, Photo | None]:
        """Return whether the photo is fine, and it made safe; else it is said why."""
        sent = self.photo.data
        data = sent.read() if sent else b""
        if not data:
            return True, None
        try:
            return True, clean_photo(data)
        except PhotoTooLargeError:
            self.photo.errors = [PHOTO_TOO_LARGE]
        except NotAPhotoError:
            self.photo.errors = [NOT_A_PHOTO]
        return False, None

    def wish(self, photo: Photo | None) -> Wish:
        """Return the request of a form that was understood."""
        return Wish(
            key=self.once,
            kind=self.chosen,
            meter=None if self.chosen in WITHOUT_METER else _uuid(self.meter.data),
            days=self.days,
            phone=" ".join((self.phone.data or "").split()),
            words=plain_lines(self.words.data),
            photo=photo,
        )


def _day(field: Field) -> date | None:
    """Return the day that was typed, None for none; raises ValidationError."""
    said = (field.data or "").strip()
    if not said:
        return None
    day = read_day(said[:MAX_DAY])
    if day is None:
        raise ValidationError(NO_DAY)
    return day


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
