"""The forms of a specialist about requests for work on a meter: planning, crews."""

from collections.abc import Iterable
from datetime import date

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from cabinet.domain.requests import (
    Hours,
    MissReason,
    RefusalReason,
    RequestKind,
    RequestState,
    Shift,
)
from cabinet.forms.history import read_day
from cabinet.forms.once import OnceForm, VersionedForm
from cabinet.forms.requests import MAX_DAY, NO_DAY
from cabinet.forms.typed import plain_lines, whole_number
from cabinet.services.requests.crews import MAX_NAME, MOST_VISITS
from cabinet.services.requests.deciding import Visit
from cabinet.services.requests.finishing import MAX_NOTE
from cabinet.services.requests.queue import Desk
from cabinet.web.request_words import HOURS, KINDS, MISSES, REFUSALS, STATES

MOST_DIGITS = 8
NOTE_TOO_LONG = f"Здесь больше {MAX_NOTE} знаков. Сократите"
NO_CREW = "Выберите бригаду"
_VISITS = f"Введите целое число от 1 до {MOST_VISITS}"


def day_of(field: Field) -> date | None:
    """Return the day that was typed, None with the fault at its field."""
    day = read_day((field.data or "")[:MAX_DAY])
    if day is None:
        field.errors = [NO_DAY]
    return day


class PlanForm(VersionedForm):
    """When who comes."""

    day = StringField("День")
    planned_hours = SelectField(
        "Время",
        choices=[
            SelectChoice(str(each), HOURS[each].capitalize())
            for each in Hours
            if each is not Hours.ANY
        ],
        invalid_choice_message="Выберите время",
    )
    crew = SelectField("Бригада", validate_choice=False)

    def offer(self, desk: Desk) -> None:
        """Offer the crews of the next days; propose the wished day and a crew with room."""
        known = {load.crew_id: load.name for one in desk.days for load in one.loads}
        self.crew.choices = [
            SelectChoice(str(crew_id), name) for crew_id, name in known.items()
        ]

    def propose(self, desk: Desk) -> None:
        """Show the visit there is, else the first wished day on which somebody can come."""
        found = desk.request
        wished = [day for day in (found.first_choice, found.second_choice) if day]
        free = [
            (one.day, load.crew_id)
            for one in desk.days
            for load in one.loads
            if not load.is_full
        ]
        best = next((each for each in free if each[0] in wished), None)
        day, crew = best or (free[0] if free else (None, None))
        hours = found.planned_hours or found.hours
        self.planned_hours.data = str(Hours.MORNING if hours is Hours.ANY else hours)
        day = found.planned_on or day
        self.day.data = "" if day is None else f"{day:%d.%m.%Y}"
        self.crew.data = "" if crew is None else str(crew)

    def take(self) -> Visit | None:
        """Return the visit, None with the faults at their fields."""
        is_fine = self.validate_on_submit()
        day = day_of(self.day)
        crew = whole_number(self.crew.data, MOST_DIGITS)
        if crew is None:
            self.crew.errors = [NO_CREW]
        if not is_fine or day is None or crew is None:
            return None
        return Visit(day=day, hours=Hours(self.planned_hours.data), crew_id=crew)


class RefuseForm(VersionedForm):
    """Why a request is refused, and words to the customer."""

    reason = SelectField(
        "Причина отказа",
        choices=[
            SelectChoice("", "Выберите причину"),
            *(SelectChoice(str(each), text) for each, text in REFUSALS.items()),
        ],
        validators=[InputRequired("Выберите причину")],
        invalid_choice_message="Выберите причину",
    )
    refusal_note = TextAreaField(
        "Что передать клиенту", validators=[Length(max=MAX_NOTE, message=NOTE_TOO_LONG)]
    )

    @property
    def chosen(self) -> tuple[RefusalReason, str]:
        """Return the reason and the words of a form that was understood."""
        return RefusalReason(self.reason.data), plain_lines(self.refusal_note.data)


class MissForm(VersionedForm):
    """Why a crew came in vain, and words to the customer."""

    why = SelectField(
        "Что помешало",
        choices=[SelectChoice(str(each), text) for each, text in MISSES.items()],
        invalid_choice_message="Выберите, что помешало",
    )
    miss_note = TextAreaField(
        "Что передать клиенту", validators=[Length(max=MAX_NOTE, message=NOTE_TOO_LONG)]
    )

    @property
    def chosen(self) -> tuple[MissReason, str]:
        """Return the reason and the words of a form that was understood."""
        return MissReason(self.why.data), plain_lines(self.miss_note.data)


class FilterForm(FlaskForm):
    """What of the queue is shown; what is not understood is no filter."""

    state = SelectField("Состояние", validate_choice=False)
    kind = SelectField(
        "Вид",
        choices=[
            SelectChoice("", "Все"),
            *(SelectChoice(str(kind), name) for kind, name in KINDS.items()),
        ],
        validate_choice=False,
    )

    def offer(self, counts: dict[RequestState, int]) -> None:
        """Offer the states with how many there are in each."""
        self.state.choices = [
            SelectChoice("", "Не завершены"),
            *(
                SelectChoice(str(state), f"{name}: {counts[state]}")
                for state, name in STATES.items()
            ),
        ]

    @property
    def chosen_state(self) -> RequestState | None:
        """Return the state, None for all that are not over."""
        said = self.state.data
        return next((each for each in RequestState if each == said), None)

    @property
    def chosen_kind(self) -> RequestKind | None:
        """Return the kind, None for all."""
        return next((each for each in RequestKind if each == self.kind.data), None)


class DayPlanForm(FlaskForm):
    """Whose day is shown; what is not understood is today of the first branch."""

    branch = SelectField("Отделение", validate_choice=False)
    day = StringField("День")

    def offer_branches(self, branches: Iterable[tuple[str, str]]) -> None:
        """Offer the branches."""
        self.branch.choices = [SelectChoice(*each) for each in branches]


class CrewForm(OnceForm):
    """A new crew."""

    branch = SelectField("Отделение", invalid_choice_message="Выберите отделение")
    name = StringField(
        "Название",
        validators=[
            InputRequired("Введите название"),
            Length(max=MAX_NAME, message=f"Здесь больше {MAX_NAME} знаков"),
        ],
    )
    starts = StringField("Работает с")
    visits = StringField("Выездов в день")

    def offer_branches(self, branches: Iterable[tuple[str, str]]) -> None:
        """Offer the branches."""
        self.branch.choices = [SelectChoice(*each) for each in branches]

    def take(self) -> tuple[str, Shift] | None:
        """Return the name and when the crew works, None with the faults."""
        is_fine = self.validate_on_submit()
        starts = day_of(self.starts)
        visits = whole_number((self.visits.data or "").strip(), 2)
        if visits is None or not 1 <= visits <= MOST_VISITS:
            self.visits.errors = [_VISITS]
            visits = None
        name = " ".join((self.name.data or "").split())
        if not is_fine or starts is None or visits is None:
            return None
        return name, Shift(starts=starts, ends=None, visits=visits)
