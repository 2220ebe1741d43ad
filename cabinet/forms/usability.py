"""The scale of how convenient it is, and what a page shows of it."""

from dataclasses import dataclass
from functools import cache

from flask import get_template_attribute, request
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from cabinet.domain.questions import Rating
from cabinet.forms.typed import plain_lines
from cabinet.services.usability import MAX_WORDS, Standing
from cabinet.web.question_words import RATINGS


class UsabilityForm(FlaskForm):
    """How convenient it is; or not now."""

    class Meta:
        """The token is looked for before any view: see web.security."""

        csrf = False

    rating = RadioField(
        "Насколько вам удобно?",
        choices=[
            SelectChoice(str(int(rating)), name) for rating, name in RATINGS.items()
        ],
        validators=[InputRequired("Выберите оценку или нажмите «Не сейчас»")],
    )
    words = TextAreaField(
        "Что улучшить, если хотите сказать",
        validators=[
            Length(max=MAX_WORDS, message="Здесь больше 500 знаков. Сократите")
        ],
    )

    @property
    def is_aside(self) -> bool:
        """Tell whether it was set aside."""
        return "aside" in request.form

    @property
    def chosen(self) -> Rating:
        """Return the rating of a form that was understood."""
        return Rating(int(self.rating.data))

    @property
    def said(self) -> str:
        """Return the words with plain ends of lines."""
        return plain_lines(self.words.data)


@cache
def _blank() -> UsabilityForm:
    """Return the empty form, which is the same for everybody and only shown."""
    return UsabilityForm(formdata=None)


@cache
def blank_fields() -> Markup:
    """Return the fields of the empty form, drawn once in a process.

    Whoever has sent a reading is shown them: a fifth of the time it takes.
    """
    return _fields(_blank())


def _fields(form: UsabilityForm) -> Markup:
    drawn: Markup = get_template_attribute("macros/usability.html", "scale_fields")(
        form
    )
    return drawn


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """The scale as a page shows it; `standing` is what was said in this quarter."""

    url: str
    form: UsabilityForm
    standing: Standing | None
    is_fresh: bool = False
    is_late: bool = False

    @classmethod
    def asking(cls, url: str, standing: Standing | None) -> "Scale":
        """Return the scale that asks, before anything was sent."""
        return cls(url=url, form=_blank(), standing=standing)

    @property
    def fields(self) -> Markup:
        """Return the fields as a page shows them."""
        return blank_fields() if self.form is _blank() else _fields(self.form)
