"""The forms of questions to specialists, for both sides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import (
    Field,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from cabinet.domain.questions import Rating, Topic
from cabinet.exchange.attachment import (
    MOST_FILES,
    Attachment,
    AttachmentTooLargeError,
    NotAnAttachmentError,
    clean_attachment,
)
from cabinet.forms.email import email_address
from cabinet.forms.once import OnceForm, VersionedForm
from cabinet.forms.registration import account_number, digits_of
from cabinet.forms.spans import SpanForm
from cabinet.forms.typed import plain_lines
from cabinet.services.questions.asking import MAX_TEXT, MAX_WORDS
from cabinet.services.questions.ready import MAX_TITLE, Draft
from cabinet.web.question_words import RATINGS, TOPICS

TOO_LARGE = "«{name}» больше 10 МБ. Уменьшите файл или пришлите по частям"
NOT_TAKEN = "«{name}» не фото и не PDF. Пришлите фото или PDF"
TOO_MANY = "Не больше пяти файлов за раз"
TOO_LONG = "Здесь больше 4000 знаков. Сократите или напишите двумя сообщениями"
_KINDS = "image/jpeg,image/png,image/webp,application/pdf"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as the browser sent it."""

    name: str
    data: bytes


def _is_chosen(storage: Any) -> bool:
    return bool(storage and getattr(storage, "filename", ""))


class TextForm(OnceForm):
    """Words and files."""

    text = TextAreaField(
        "Сообщение",
        validators=[
            InputRequired("Напишите сообщение"),
            Length(max=MAX_TEXT, message=TOO_LONG),
        ],
    )
    files = MultipleFileField("Файлы", render_kw={"accept": _KINDS})

    def validate_files(self, field: Field) -> None:
        """Refuse more files than a message takes."""
        if sum(_is_chosen(each) for each in field.data or ()) > MOST_FILES:
            raise ValidationError(TOO_MANY)

    def validate_text(self, field: Field) -> None:
        """Refuse blanks."""
        if not (field.data or "").strip():
            raise ValidationError("Напишите сообщение")

    @property
    def words(self) -> str:
        """Return the text with plain ends of lines."""
        return plain_lines(self.text.data)

    def sent(self) -> tuple[Sent, ...]:
        """Return the files that came, as they are."""
        return tuple(
            Sent(each.filename, each.read())
            for each in self.files.data or ()
            if _is_chosen(each)
        )

    def cleaned(self, sent: Iterable[Sent]) -> tuple[Attachment, ...] | None:
        """Return the files made safe, None when one is not taken: it is said which."""
        made = []
        for each in sent:
            words = ""
            try:
                made.append(clean_attachment(each.name, each.data))
            except AttachmentTooLargeError:
                words = TOO_LARGE
            except NotAnAttachmentError:
                words = NOT_TAKEN
            if words:
                self.files.errors = [words.format(name=each.name[:MAX_TITLE])]
                return None
        return tuple(made)


class QuestionForm(TextForm):
    """A question of who has signed in."""

    topic = SelectField(
        "О чём вопрос",
        choices=[
            SelectChoice("", "Выберите"),
            *(SelectChoice(str(topic), name) for topic, name in TOPICS.items()),
        ],
        validators=[InputRequired("Выберите, о чём вопрос")],
        invalid_choice_message="Выберите, о чём вопрос",
    )

    @property
    def chosen(self) -> Topic:
        """Return the topic of a form that was understood."""
        return Topic(self.topic.data)


class OfficeQuestionForm(QuestionForm):
    """The same, where no account tells which branch answers."""

    branch = SelectField(
        "Отделение",
        validators=[InputRequired("Выберите отделение")],
        invalid_choice_message="Выберите отделение",
    )

    def offer_branches(self, branches: Iterable[tuple[str, str]]) -> None:
        """Let the list hold the branches; one alone needs no choice."""
        known = [SelectChoice(*each) for each in branches]
        blank = [] if len(known) == 1 else [SelectChoice("", "Выберите")]
        self.branch.choices = [*blank, *known]


class GuestQuestionForm(OfficeQuestionForm):
    """A question of who has not signed in."""

    account = StringField("Лицевой счёт, если есть")
    email = StringField("Электронная почта, если есть")

    def validate_account(self, field: Field) -> None:
        """Refuse what cannot be the number of an account; it may be left out."""
        if (field.data or "").strip():
            account_number(self, field)

    def validate_email(self, field: Field) -> None:
        """Refuse what is no address; it may be left out."""
        if (field.data or "").strip():
            email_address(self, field)


class CodeForm(FlaskForm):
    """The number and the code of a question."""

    number = StringField(
        "Номер обращения", validators=[InputRequired("Введите номер обращения")]
    )
    code = StringField(
        "Код обращения", validators=[InputRequired("Введите код обращения")]
    )

    @property
    def digits(self) -> tuple[str, str]:
        """Return the number and the code without what stands between digits."""
        return digits_of(self.number.data)[:24], digits_of(self.code.data)[:24]


class RatingForm(FlaskForm):
    """How convenient it was."""

    rating = RadioField(
        "Насколько вам удобно?",
        choices=[
            SelectChoice(str(int(rating)), name) for rating, name in RATINGS.items()
        ],
        validators=[InputRequired("Выберите оценку")],
    )
    words = TextAreaField(
        "Что улучшить, если хотите сказать",
        validators=[
            Length(max=MAX_WORDS, message="Здесь больше 500 знаков. Сократите")
        ],
    )

    @property
    def chosen(self) -> Rating:
        """Return the rating of a form that was understood."""
        return Rating(int(self.rating.data))


class AnswerForm(TextForm, VersionedForm):
    """A specialist's answer; `version` is the dialogue it was written to."""


class ReadyForm(SpanForm, OnceForm):
    """A ready answer and the days between which it is offered."""

    branch = SelectField("Отделение", validate_choice=False)
    title = StringField(
        "Название",
        validators=[
            InputRequired("Введите название"),
            Length(max=MAX_TITLE, message="Здесь больше 120 знаков. Сократите"),
        ],
    )
    text = TextAreaField(
        "Текст",
        validators=[
            InputRequired("Напишите текст"),
            Length(max=MAX_TEXT, message=TOO_LONG),
        ],
    )

    starts = StringField("Предлагать с")
    ends = StringField("по")

    @property
    def draft(self) -> Draft:
        """Return what a form that was understood says."""
        return Draft(
            branch=self.branch.data or "",
            title=(self.title.data or "").strip(),
            text=plain_lines(self.text.data),
            starts=self.first,
            ends=self.last,
        )
