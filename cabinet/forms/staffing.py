"""The forms of who works here: an invitation, a role and branches."""

from collections.abc import Iterable

from wtforms import Field, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from cabinet.domain.people import Role
from cabinet.forms.email import email_address
from cabinet.forms.once import VersionedForm
from cabinet.services.staffing import Invited, Person
from cabinet.web.setting_words import ROLES

NO_BRANCH = "Отметьте хотя бы один филиал"


class RoleForm(VersionedForm):
    """What somebody may do, and where."""

    role = SelectField(
        "Роль",
        choices=[SelectChoice(str(role), name) for role, name in ROLES.items()],
        invalid_choice_message="Выберите роль",
    )
    branches = SelectMultipleField(
        "Филиалы",
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )

    def offer(self, offices: Iterable[tuple[str, str]]) -> None:
        """Let the list hold all branches."""
        self.branches.choices = [SelectChoice(*one) for one in offices]

    def validate_branches(self, field: Field) -> None:
        """Refuse nobody's branches; an admin works in all of them."""
        known = {choice.value for choice in field.choices}
        field.data = [code for code in field.data or () if code in known]
        if not field.data and self.role.data != Role.ADMIN:
            raise ValidationError(NO_BRANCH)

    def show(self, known: Person) -> None:
        """Fill the form with what is so."""
        self.role.data = str(known.role)
        self.branches.data = list(known.branches)
        self.version.data = str(known.version)


class InviteForm(RoleForm):
    """Whom the letter goes to."""

    email = StringField(
        "Рабочая почта",
        validators=[
            InputRequired("Введите рабочую почту"),
            Length(max=254, message="Здесь больше 254 знаков. Проверьте"),
            email_address,
        ],
    )
    name = StringField(
        "Имя и фамилия",
        validators=[
            DataRequired("Введите имя и фамилию"),
            Length(max=160, message="Здесь больше 160 знаков. Сократите"),
        ],
    )

    @property
    def who(self) -> Invited:
        """Return what a form that was understood says."""
        return Invited(
            email=(self.email.data or "").strip(),
            name=" ".join((self.name.data or "").split()),
            role=Role(self.role.data),
            branches=tuple(self.branches.data or ()),
        )
