"""The form of an announcement."""

from collections.abc import Iterable
from dataclasses import replace

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from cabinet.domain.announcements import AnnouncementKind
from cabinet.forms.once import OnceForm, VersionedForm
from cabinet.forms.spans import SpanForm
from cabinet.forms.typed import plain_lines
from cabinet.services.announcements import MAX_TEXT, MAX_TITLE, Draft, Shown
from cabinet.web.announcement_words import KINDS

MAX_ABOUT = 2_000


def _about(label: str, missing: str) -> TextAreaField:
    too_long = "Здесь больше 2 000 знаков. Сократите"
    return TextAreaField(
        label,
        validators=[DataRequired(missing), Length(max=MAX_ABOUT, message=too_long)],
    )


class AnnouncementForm(SpanForm, OnceForm, VersionedForm):
    """Whom it is for, what it says and when it is shown."""

    kind = SelectField(
        "О чём",
        choices=[
            SelectChoice(str(kind), name)
            for kind, name in KINDS.items()
            if kind is not AnnouncementKind.BENEFIT
        ],
        invalid_choice_message="Выберите, о чём объявление",
    )
    branch = SelectField("Отделение", validate_choice=False)
    title = StringField(
        "Заголовок",
        validators=[
            DataRequired("Введите заголовок"),
            Length(max=MAX_TITLE, message="Здесь больше 160 знаков. Сократите"),
        ],
    )
    text = TextAreaField(
        "Текст",
        validators=[
            DataRequired("Напишите текст"),
            Length(max=MAX_TEXT, message="Здесь больше 10 000 знаков. Сократите"),
        ],
    )
    starts = StringField("Показывать с")
    ends = StringField("по")

    def offer(self, offices: Iterable[tuple[str, str]], *, has_all: bool) -> None:
        """Let the list hold the branches, and all of them for who may."""
        everywhere = [SelectChoice("", "Все")] if has_all else []
        self.branch.choices = [*everywhere, *(SelectChoice(*one) for one in offices)]

    def show(self, known: Shown) -> None:
        """Fill the form with what there is."""
        if self.kind is not None:
            self.kind.data = str(known.kind)
        self.branch.data = known.branch_code
        self.title.data, self.text.data = known.title, known.text
        self.show_span(known.starts, known.ends)
        self.version.data = str(known.version)

    @property
    def draft(self) -> Draft:
        """Return what a form that was understood says."""
        return Draft(
            kind=AnnouncementKind(self.kind.data if self.kind else "benefit"),
            branch=self.branch.data or "",
            title=(self.title.data or "").strip(),
            text=plain_lines(self.text.data),
            starts=self.first,
            ends=self.last,
        )


class BenefitForm(AnnouncementForm):
    """A benefit: whom it is for, what it takes and where the law has it."""

    kind = None
    title = StringField(
        "Льгота",
        validators=[
            DataRequired("Введите название льготы"),
            Length(max=MAX_TITLE, message="Здесь больше 160 знаков. Сократите"),
        ],
    )
    whom = _about("Кому положена", "Напишите, кому положена льгота")
    papers = _about("Что нужно", "Напишите, какие нужны документы")
    law = _about("Основание", "Напишите, какой закон даёт льготу")
    text = TextAreaField(
        "Ещё",
        validators=[
            Length(max=MAX_TEXT, message="Здесь больше 10 000 знаков. Сократите")
        ],
    )

    def show(self, known: Shown) -> None:
        """Fill the form with what there is."""
        super().show(known)
        self.whom.data, self.papers.data = known.whom, known.papers
        self.law.data = known.law

    @property
    def draft(self) -> Draft:
        """Return what a form that was understood says."""
        return replace(
            super().draft,
            whom=plain_lines(self.whom.data),
            papers=plain_lines(self.papers.data),
            law=plain_lines(self.law.data),
        )
